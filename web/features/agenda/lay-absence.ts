/** An absence with what was decided for its patients, and the way back from all of it. */
import type { Appointment } from '../../../src/fhir/resources.ts';
import type { AgendaAppointment } from '../../schedule/agenda-content.ts';
import { move, restore, setStatus } from '../../schedule/appointments.ts';
import { type ScheduleWrite, undoWrite } from '../../schedule/availability.ts';
import { CANCEL, type Decision, LEAVE } from './absence-hits.tsx';

/** The server waits ten minutes before it tells the patients of such a cancellation. */
const ABSENCE = { system: 'urn:creneau:fhir:cancelation', code: 'absence' };

export interface LaidAbsence {
  /** Appointments that nobody could change: they stay, and « À traiter » lists them. */
  left: readonly AgendaAppointment[];
  /** Patients who hear of a change. */
  changed: number;
  undo: () => Promise<void>;
}

/** `text`: the reason that the patients read. */
export async function layAbsence(
  agenda: string,
  hits: readonly AgendaAppointment[],
  decisions: ReadonlyMap<string, Decision>,
  text: string,
  lay: () => Promise<ScheduleWrite>,
): Promise<LaidAbsence> {
  const write = await lay();
  const changed: { before: Appointment; after: Appointment }[] = [];
  const left: AgendaAppointment[] = [];
  for (const hit of hits) {
    const decision = decisions.get(hit.id) ?? LEAVE;
    if (decision === LEAVE) continue;
    const before = hit.resource;
    try {
      const after =
        decision === CANCEL
          ? await setStatus(before, 'cancelled', { coding: [ABSENCE], text })
          : await move(before, agenda, { agenda: decision, start: hit.start, end: hit.end });
      changed.push({ before, after });
    } catch {
      left.push(hit);
    }
  }
  return {
    left,
    changed: changed.length,
    undo: async () => {
      await undoWrite(write);
      for (const { before, after } of changed) await restore(before, after);
    },
  };
}
