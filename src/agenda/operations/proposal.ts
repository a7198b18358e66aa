/**
 * A time that `$find` proposes, as an Appointment that is stored nowhere: its id tells the agendas, the start and the
 * length, so
 * `$hold` and `$book` make it again from the id alone: `f.tkmo0.p0.2kq1xw0f8a3zd.1abc...`. IHE ITI Scheduling, ITI-115.
 */
import { FhirError } from '../../fhir/issue.ts';
import type { CodeableConcept, Json, Reference, Resource } from '../../fhir/resource.ts';
import type { Interval } from '../../scheduling/interval.ts';
import { slotId } from '../../scheduling/slot-id.ts';
import { formatInstant } from '../../scheduling/zone.ts';
import type { Agendas, LoadedAgenda } from '../agendas.ts';

/** Three agendas: a person, a room, a device. An id has 64 characters. */
const FORM = /^f\.([0-9a-z]{1,9})\.([0-9a-z]{1,8})((?:\.[0-9a-z]{1,13}){1,3})$/;

function proposalId({ start, end }: Interval, agendas: readonly LoadedAgenda[]): string {
  return `f.${Math.floor(start / 1000).toString(36)}.${Math.round((end - start) / 1000).toString(36)}.${agendas.map((agenda) => agenda.code).join('.')}`;
}

export function isProposalId(id: string): boolean {
  return FORM.test(id);
}

/** The first agenda is the one whose slots lead. */
export function proposal(
  time: Interval,
  agendas: readonly LoadedAgenda[],
  extra: { serviceType?: CodeableConcept | undefined; patients?: readonly string[] } = {},
): Resource {
  const [first] = agendas;
  const { zone } = first!.agenda;
  const { specialty, serviceCategory } = first!.resource;
  const actors = [...new Set(agendas.flatMap((agenda) => agenda.actors))];
  const serviceType =
    extra.serviceType ??
    only(
      first!.agenda.series.filter((one) => one.durationMs === time.end - time.start).flatMap((one) => one.serviceTypes),
    );
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

export function participant(reference: string, status = 'needs-action'): Json {
  return { actor: { reference }, required: 'required', status };
}

/** One slot, or those in a row that make up the time. */
function slotsOf(loaded: LoadedAgenda, time: Interval): Reference[] {
  const length = time.end - time.start;
  const lengths = loaded.agenda.series.map((one) => one.durationMs);
  const step = lengths.includes(length) ? length : (lengths.filter((one) => length % one === 0).at(-1) ?? length);
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

/** The same Appointment again, from its id. Throws 404 when one of its agendas is gone. */
export async function proposalOf(agendas: Agendas, id: string): Promise<Resource> {
  const [, start = '', length = '', codes = ''] = FORM.exec(id) ?? [];
  const rows = await Promise.all(
    codes
      .split('.')
      .filter(Boolean)
      .map((code) => agendas.stored.byCode(code)),
  );
  const loaded = rows.includes(undefined) ? [] : await agendas.load(rows.filter((row) => row !== undefined));
  if (loaded.length === 0 || loaded.length < rows.length) {
    throw new FhirError('not-found', 'This proposal is about an agenda that is no more', {
      text: "Cette proposition porte sur un agenda qui n'existe plus.",
    });
  }
  const begin = Number.parseInt(start, 36) * 1000;
  return proposal({ start: begin, end: begin + Number.parseInt(length, 36) * 1000 }, loaded);
}
