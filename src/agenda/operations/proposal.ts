/**
 * A time that `$find` proposes, as an Appointment that is not stored. Its id encodes the start, the length and the
 * agendas (`f.tkmo0.p0.2kq1xw0f8a3zd.1abc...`), so `$hold` and `$book` can rebuild it from the id alone. IHE ITI
 * Scheduling, ITI-115
 */
import { FhirError } from '../../fhir/issue.ts';
import type { CodeableConcept, Reference } from '../../fhir/resource.ts';
import type { Appointment, Participant } from '../../fhir/resources.ts';
import type { Interval } from '../../scheduling/interval.ts';
import { slotId } from '../../scheduling/slot-id.ts';
import { formatInstant } from '../../scheduling/zone.ts';
import type { Agendas, LoadedAgenda } from '../agendas.ts';

/** Up to three agendas: a professional, a room, a device. An id has at most 64 characters. */
const FORM = /^f\.([0-9a-z]{1,9})\.([0-9a-z]{1,8})((?:\.[0-9a-z]{1,13}){1,3})$/;

function proposalId({ start, end }: Interval, agendas: readonly LoadedAgenda[]): string {
  const seconds = [Math.floor(start / 1000), Math.round((end - start) / 1000)].map((number) => number.toString(36));
  return ['f', ...seconds, ...agendas.map(({ code }) => code)].join('.');
}

export function isProposalId(id: string): boolean {
  return FORM.test(id);
}

/** The slots of the first agenda lead. */
export function proposal(
  time: Interval,
  agendas: readonly LoadedAgenda[],
  extra: { serviceType?: CodeableConcept | undefined; patients?: readonly string[] } = {},
): Appointment {
  const [first] = agendas;
  const { zone } = first!.agenda;
  const { specialty, serviceCategory } = first!.resource;
  const actors = [...new Set(agendas.flatMap((agenda) => agenda.actors))];
  const ofLength = first!.agenda.series.filter(({ durationMs }) => durationMs === time.end - time.start);
  const serviceType = extra.serviceType ?? only(ofLength.flatMap(({ serviceTypes }) => serviceTypes));
  return {
    resourceType: 'Appointment',
    id: proposalId(time, agendas),
    status: 'proposed',
    ...(serviceCategory ? { serviceCategory } : {}),
    ...(serviceType ? { serviceType: [serviceType] } : {}),
    ...(specialty ? { specialty } : {}),
    start: formatInstant(time.start, zone),
    end: formatInstant(time.end, zone),
    minutesDuration: Math.round((time.end - time.start) / 60_000),
    slot: [...slotsOf(first!, time), ...agendas.slice(1).map((agenda) => slotReference(agenda, time))],
    participant: [...actors, ...(extra.patients ?? [])].map((reference) => participant(reference)),
  };
}

export function participant(reference: string, status = 'needs-action'): Participant {
  return { actor: { reference }, required: 'required', status };
}

/** The slot of this length, or the slots in a row that make up the time. */
function slotsOf(loaded: LoadedAgenda, time: Interval): Reference[] {
  const length = time.end - time.start;
  const durations = loaded.agenda.series.map(({ durationMs }) => durationMs);
  const divisor = durations.filter((duration) => length % duration === 0).at(-1);
  const step = durations.includes(length) ? length : (divisor ?? length);
  return Array.from({ length: length / step }, (_, i) =>
    slotReference(loaded, { start: time.start + i * step, end: time.start + (i + 1) * step }),
  );
}

function slotReference(loaded: LoadedAgenda, { start, end }: Interval): Reference {
  return { reference: `Slot/${slotId({ agenda: loaded.code, start, durationMs: end - start })}` };
}

function only<T>(list: readonly T[]): T | undefined {
  return list.length === 1 ? list[0] : undefined;
}

/** Rebuilds the Appointment from its id. Throws `not-found` (404) if one of its agendas is gone. */
export async function proposalOf(agendas: Agendas, id: string): Promise<Appointment> {
  const [, start = '', length = '', codes = ''] = FORM.exec(id) ?? [];
  const rows = await Promise.all(
    codes
      .split('.')
      .filter(Boolean)
      .map((code) => agendas.stored.byCode(code)),
  );
  const loaded = rows.includes(undefined) ? [] : await agendas.load(rows.filter((row) => row !== undefined));
  if (loaded.length === 0 || loaded.length < rows.length) {
    throw new FhirError('not-found', 'This proposal is about an agenda that no longer exists', {
      text: "Cette proposition porte sur un agenda qui n'existe plus.",
    });
  }
  const begin = Number.parseInt(start, 36) * 1000;
  return proposal({ start: begin, end: begin + Number.parseInt(length, 36) * 1000 }, loaded);
}
