/** Options: the pages of practices for the public. A practice sets in its own pages what it says and allows. */
import type { OptionTable } from './option.ts';
import { text, yesNo } from './values.ts';

export const publicOptions = {
  publicPages: {
    flag: 'public',
    variable: 'CRENEAU_PUBLIC',
    value: 'true|false',
    fallback: 'false',
    read: yesNo,
    french: 'pages publiques des cabinets (/p, /trouver) ; sans ce réglage aucune de ces adresses n’existe',
    english: 'pages of practices for the public (/p, /trouver); without this setting none of these addresses exists',
  },
  publicName: {
    flag: 'public-name',
    variable: 'CRENEAU_PUBLIC_NAME',
    value: 'NAME',
    fallback: 'Créneau',
    read: text,
    french: 'nom de ce service sur les pages publiques',
    english: 'name of this service on the pages for the public',
  },
} as const satisfies OptionTable;
