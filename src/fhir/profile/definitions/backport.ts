/**
 * The profile of Subscriptions that follow a topic, from the Subscriptions Backport: its rules for the elements. The
 * feature itself says which topics and filters there are.
 * https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/StructureDefinition-backport-subscription.html
 */
import type { ProfileDefinition } from '../definition.ts';
import { profile } from './write.ts';

const BACKPORT = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition';

const CONTENT = `payload.extension('${BACKPORT}/backport-payload-content')`;

export const BACKPORT_PROFILES: readonly ProfileDefinition[] = [
  profile(`${BACKPORT}/backport-subscription`, 'Subscription', undefined, {
    channel: {
      constraints: [
        {
          key: 'backport-payload',
          severity: 'error',
          human: 'Le contenu des notifications est dit une fois (backport-payload-content).',
          expression: `${CONTENT}.count() = 1`,
        },
      ],
    },
    'channel.payload': '1..1',
  }),
];
