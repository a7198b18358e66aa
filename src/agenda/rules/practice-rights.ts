/**
 * The rights in a practice, object by object and role by role, as data: `person-rules.ts` decides by it,
 * `docs/access.md` shows it, and `test/practice-rights.test.ts` tries each cell over HTTP.
 */

/**
 * `practice`: create and change, but not delete, in the practice that the person runs; `own`: everything, on the
 * agendas that the person manages; `keep`: create and change, but not delete.
 */
export type PracticeLevel = 'practice' | 'own' | 'keep' | 'read' | 'none';

export const PRACTICE_ROLES = ['practice-manager', 'practitioner', 'secretary', 'operator'] as const;

interface PracticeRight {
  /** In French, as the documentation names it. */
  object: string;
  /** The resource types that it is made of. */
  types: readonly string[];
  levels: Readonly<Record<(typeof PRACTICE_ROLES)[number], PracticeLevel>>;
  /** A condition beside the table, in French. */
  note: string;
}

const levels = (
  manager: PracticeLevel,
  practitioner: PracticeLevel,
  secretary: PracticeLevel,
): PracticeRight['levels'] => ({ 'practice-manager': manager, practitioner, secretary, operator: 'none' });

export const PRACTICE_RIGHTS = {
  hours: {
    object: 'agendas, horaires, absences, motifs',
    types: ['Schedule', 'Slot'],
    levels: levels('own', 'own', 'own'),
    note: 'une secrétaire invitée, seulement avec « peut modifier les horaires »',
  },
  appointments: {
    object: 'rendez-vous',
    types: ['Appointment', 'AppointmentResponse', 'DocumentReference', 'Binary'],
    levels: levels('own', 'own', 'own'),
    note: '',
  },
  patients: {
    object: 'patients et leurs proches',
    types: ['Patient', 'RelatedPerson'],
    levels: levels('keep', 'keep', 'keep'),
    note: '',
  },
  structure: {
    object: 'cabinet, lieux, salles, appareils, services',
    types: ['Organization', 'Location', 'Device', 'HealthcareService'],
    levels: levels('practice', 'read', 'read'),
    note: '',
  },
  professionals: {
    object: 'praticiens et leurs exercices',
    types: ['Practitioner', 'PractitionerRole'],
    levels: levels('practice', 'read', 'read'),
    note: '',
  },
  offer: {
    object: 'ce que voit le SAS',
    types: [],
    levels: levels('read', 'own', 'read'),
    note: 'une secrétaire du fichier `--people` le change aussi, comme avant',
  },
  people: { object: 'personnes, droits, invitations', types: [], levels: levels('practice', 'none', 'none'), note: '' },
} as const satisfies Record<string, PracticeRight>;

/** The levels at which somebody writes a resource. */
export type WriteLevel = Exclude<PracticeLevel, 'read' | 'none'>;

/** The level of each role that writes this type. */
export function practiceWrites(type: string): Partial<Record<(typeof PRACTICE_ROLES)[number], WriteLevel>> {
  const right = Object.values<PracticeRight>(PRACTICE_RIGHTS).find(({ types }) => types.includes(type));
  const writes = Object.entries(right?.levels ?? {}).filter(([, level]) => level !== 'read' && level !== 'none');
  return Object.fromEntries(writes);
}

/** Every type of the table. */
export const PRACTICE_TYPES: readonly string[] = Object.values<PracticeRight>(PRACTICE_RIGHTS).flatMap(
  ({ types }) => types,
);
