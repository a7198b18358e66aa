/** The types that the agenda server serves by its own rules, and the interactions with them. */
import type { Interaction } from '../rest/backend.ts';
import type { ReadableType } from '../store/resources/read-rights.ts';

export const WHOLE: readonly Interaction[] = [
  'read',
  'vread',
  'search-type',
  'create',
  'update',
  'patch',
  'delete',
  'history-instance',
  'history-type',
];

/** A file is read by its address. Its versions hold no content, so there are none to read. ADR 0031 */
export const BY_ADDRESS: readonly Interaction[] = ['read', 'create', 'update', 'delete'];

export const STORED: readonly ReadableType[] = [
  'Patient',
  'Practitioner',
  'PractitionerRole',
  'RelatedPerson',
  'Location',
  'Device',
  'HealthcareService',
  'Organization',
  'Schedule',
  'Slot',
  'Appointment',
  'AppointmentResponse',
  'DocumentReference',
];

/** The types of which a scope with criteria is kept to: every read and write of them is judged one by one. */
export const RESTRICTABLE: ReadonlySet<string> = new Set(STORED);
