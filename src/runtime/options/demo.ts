/** Options: the fictional territory and the simulated editor. */
import type { OptionTable } from './option.ts';
import { oneOf, whole } from './values.ts';

/** How a simulated partner behaves. */
export const MOODS = ['good', 'slow', 'drip', 'dead', '500', 'rubbish', 'huge', 'duplicate', 'wrong-tls'] as const;
export type Mood = (typeof MOODS)[number];

export const demoOptions = {
  seed: {
    flag: 'seed',
    variable: 'CRENEAU_SEED',
    value: 'N',
    fallback: '1',
    read: whole(0, 2 ** 31),
    french: 'demo : graine du territoire fictif',
    english: 'demo: seed of the fictional territory',
  },
  platformPort: {
    flag: 'platform-port',
    variable: 'CRENEAU_PLATFORM_PORT',
    value: 'N',
    fallback: '8081',
    read: whole(0, 65535),
    french: 'demo : port de la plateforme SAS',
    english: 'demo: port of the SAS platform',
  },
  mood: {
    flag: 'mood',
    variable: 'CRENEAU_MOOD',
    value: MOODS.join('|'),
    fallback: 'good',
    read: oneOf(...MOODS),
    french: 'partner : comment se comporte l’éditeur simulé',
    english: 'partner: how the simulated editor behaves',
  },
} as const satisfies OptionTable;
