/**
 * Which resources a person who logged in may read, type by type. A type that is missing here is read by no person:
 * adding a type to the agenda server without a line here does not compile, and searches, reads and includes answer as
 * if it were empty. `docs/access.md` holds the same table; a test compares the two with what the server serves.
 */

/**
 * `all`: every resource of the type; `own`: those of the person's agendas, as `scope-sql.ts` defines them for the type;
 * `none`: programs only.
 */
export type PersonReads = 'all' | 'own' | 'none';

export const PERSON_READS = {
  Patient: 'own',
  Practitioner: 'all',
  PractitionerRole: 'all',
  RelatedPerson: 'own',
  Location: 'all',
  Device: 'all',
  HealthcareService: 'all',
  Organization: 'all',
  Schedule: 'all',
  Slot: 'all',
  Appointment: 'own',
  AppointmentResponse: 'own',
  DocumentReference: 'own',
  Binary: 'own',
  AuditEvent: 'none',
  Subscription: 'none',
} as const satisfies Record<string, PersonReads>;

/** A type whose readers are decided. Only these can be served with stored resources. */
export type ReadableType = keyof typeof PERSON_READS;

/** Types of which a person reads a part. */
export type OwnType = {
  [T in ReadableType]: (typeof PERSON_READS)[T] extends 'own' ? T : never;
}[ReadableType];

const BY_TYPE: ReadonlyMap<string, PersonReads> = new Map(Object.entries(PERSON_READS));

export function personReads(type: string): PersonReads {
  return BY_TYPE.get(type) ?? 'none';
}
