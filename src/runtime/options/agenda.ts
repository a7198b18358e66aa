/** Options: what the booking rules leave to the operator. */
import type { OptionTable } from './option.ts';
import { baseUrl, oneOf, whole, yesNo } from './values.ts';

export const agendaOptions = {
  slotMinutes: {
    flag: 'slot-minutes',
    variable: 'CRENEAU_SLOT_MINUTES',
    value: 'MINUTES',
    fallback: '15',
    read: whole(1, 1440),
    french: "durée d'un créneau quand rien ne la donne",
    english: 'length of a slot when nothing says',
  },
  pastToleranceMinutes: {
    flag: 'past-tolerance',
    variable: 'CRENEAU_PAST_TOLERANCE',
    value: 'MINUTES',
    fallback: '15',
    read: whole(0, 100_000),
    french: 'retard admis pour réserver un horaire déjà commencé',
    english: 'how late a booking may be for a time that has begun',
  },
  requestsTakeTime: {
    flag: 'requests-take-time',
    variable: 'CRENEAU_REQUESTS_TAKE_TIME',
    value: 'true|false',
    fallback: 'true',
    read: yesNo,
    french: 'une demande (proposed, pending) retient son horaire',
    english: 'a request (proposed, pending) keeps its time',
  },
  declaringRoles: {
    flag: 'declaring-role',
    variable: 'CRENEAU_DECLARING_ROLES',
    value: 'ROLE',
    repeatable: true,
    read: oneOf('manager', 'practitioner', 'secretary'),
    french: 'rôle qui peut déclarer des rendez-vous passés, hors ouverture ou de durée libre ; répétable',
    english: 'role that may declare appointments in the past, outside the openings or of any length; repeatable',
  },
  holdSeconds: {
    flag: 'hold-seconds',
    variable: 'CRENEAU_HOLD_SECONDS',
    value: 'SECONDS',
    fallback: '300',
    read: whole(1, 3600),
    french: "durée pendant laquelle un horaire est retenu ($hold) quand rien n'est demandé",
    english: 'how long a time is held ($hold) when nothing is asked',
  },
  insi: {
    flag: 'insi',
    variable: 'CRENEAU_INSI',
    value: 'URL',
    read: baseUrl,
    french: 'connecteur vers le téléservice INSi (docs/identite.md) ; absent : pas de recherche d’INS',
    english: 'connector to the teleservice INSi (docs/identite.md); absent: no search of INS',
  },
} as const satisfies OptionTable;
