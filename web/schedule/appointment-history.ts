/** The deeds on an appointment and their authors: its versions beside the audit trail of its agenda. */
import type { AuditEvent } from '../../src/fhir/foundation.ts';
import { isType, list, type Appointment } from '../../src/fhir/resources.ts';
import { accessesTo } from '../fhir/accesses.ts';
import { ask } from '../fhir/client.ts';

/** `status`: it became what `appointment.status` says. */
export type Deed = 'created' | 'held' | 'moved' | 'status' | 'changed';

export interface HistoryEntry {
  deed: Deed;
  /** As it was then. */
  appointment: Appointment;
  /** The version before; absent for the first. */
  before: Appointment | undefined;
  /** Absent: a program of the time before the audit trail, or the server itself. */
  who: string | undefined;
  /** Code of the role in which it was done. */
  role: string | undefined;
}

/** The latest first. `agenda`: id of the Schedule. */
export async function historyOf(id: string, agenda: string, signal: AbortSignal): Promise<HistoryEntry[]> {
  const [{ json }, { events }] = await Promise.all([
    ask(`/fhir/Appointment/${id}/_history?_count=50`, { signal }),
    accessesTo(`Schedule/${agenda}`, { entity: `Appointment/${id}`, action: 'C,U', _count: '100' }, signal),
  ]);
  const versions = list<{ resource?: Appointment }>(json.entry).flatMap(({ resource }) =>
    resource !== undefined && isType(resource, 'Appointment') ? [resource] : [],
  );
  return versions.map((appointment, i) => {
    const before = versions[i + 1];
    const event = events.find((candidate) => isAbout(candidate, appointment));
    const agent = list(event?.agent).find(({ requestor }) => requestor);
    return {
      deed: deedOf(appointment, before),
      appointment,
      before,
      who: agent?.who?.display,
      role: list(agent?.role)[0]?.text,
    };
  });
}

function isAbout({ entity }: AuditEvent, { id, meta }: Appointment): boolean {
  return list(entity).some(({ what }) => what?.reference === `Appointment/${id}/_history/${meta?.versionId}`);
}

function deedOf(now: Appointment, before: Appointment | undefined): Deed {
  if (before === undefined) return now.status === 'pending' ? 'held' : 'created';
  // A time that was held and is booked begins its life as an appointment.
  if (before.status === 'pending' && now.status === 'booked') return 'created';
  if (before.status !== now.status) return 'status';
  return before.start !== now.start || before.end !== now.end ? 'moved' : 'changed';
}
