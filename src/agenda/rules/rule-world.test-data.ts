/**
 * A few agendas in memory for the booking rule, and a unit that writes down in words what the rule asks of it. Times
 * are those of one Friday in Paris, as `09:30`.
 */
import type { AuditFact } from '../../fhir/audit/fact.ts';
import type { Context } from '../../fhir/interaction.ts';
import { FhirError, type Issue } from '../../fhir/issue.ts';
import { parseAnyResource, parseResource } from '../../fhir/json.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { Appointment, Schedule } from '../../fhir/resources.ts';
import { compileAgenda } from '../../scheduling/agenda.ts';
import { agendaCode, slotId } from '../../scheduling/slot-id.ts';
import { type Interval, overlaps } from '../../scheduling/interval.ts';
import { formatInstant } from '../../scheduling/zone.ts';
import type { TakenTime } from '../../store/resources/agenda-reader.ts';
import { Unit } from '../../store/write/unit.ts';
import type { OutboxMessage, Present, Take } from '../../store/write/unit-parts.ts';
import type { LoadedAgenda } from '../agendas.ts';
import { occupied } from '../occupied.ts';
import type { AgendaSettings } from '../settings.ts';
import { writeAppointment } from './appointment-rules.ts';
import type { RuleServices } from './services.ts';

const DAY = '2026-11-27';
const MINUTE = 60_000;
const AVAILABILITY = 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-schedule-availability-time';
const DURATION = 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-service-type-duration';

export const at = (time: string): string => `${DAY}T${time}:00+01:00`;
export const ms = (time: string): number => Date.parse(at(time));

/** An agenda, as a test describes it. */
interface Plan {
  actors: string[];
  /** `08:00-12:00`; `!10:00-11:00` is closed. */
  open?: string[];
  /** Minutes, by the text of a service type, or of several: `visite+suivi`. */
  lengths?: Record<string, number>;
  active?: boolean;
  team?: number;
  places?: number;
  zone?: string;
  delegate?: string;
}

function scheduleOf(id: string, plan: Plan): Schedule {
  const { actors, open = ['08:00-12:00'], lengths = { visite: 30 }, active, team, places, zone, delegate } = plan;
  const text = JSON.stringify({
    resourceType: 'Schedule',
    id,
    active,
    actor: actors.map((reference) => ({ reference })),
    extension: [
      ...Object.entries(lengths).map(([types, value]) =>
        types.split('+').map((name) => ({
          url: DURATION,
          extension: [
            { url: 'serviceType', valueCodeableConcept: { text: name } },
            { url: 'duration', valueDuration: { value, unit: 'min' } },
          ],
        })),
      ),
      ...open.map((part, i) => ({
        url: AVAILABILITY,
        extension: [
          { url: 'identifier', valueIdentifier: { value: `part${i}` } },
          { url: 'type', valueCode: part.startsWith('!') ? 'busy-unavailable' : 'free' },
          { url: 'start', valueDateTime: at(part.slice(-11, -6)) },
          { url: 'end', valueDateTime: at(part.slice(-5)) },
        ],
      })),
      team === undefined ? [] : { url: 'urn:creneau:fhir:team', valuePositiveInt: team },
      places === undefined
        ? []
        : { url: 'urn:creneau:fhir:slot-offer', extension: [{ url: 'capacity', valuePositiveInt: places }] },
      zone === undefined ? [] : { url: 'http://hl7.org/fhir/StructureDefinition/timezone', valueCode: zone },
      delegate === undefined
        ? []
        : {
            url: 'urn:creneau:fhir:delegation',
            extension: [
              { url: 'caller', valueString: delegate },
              { url: 'scope', valueCode: 'whole' },
            ],
          },
    ].flat(),
  });
  return parseResource('Schedule', text);
}

/** Version 3, so that it is not taken for a counter. */
function load(id: string, plan: Plan): LoadedAgenda {
  const resource = scheduleOf(id, plan);
  const actors = plan.actors.map((reference) => asActor(reference));
  return {
    ...{ schedule: id, code: agendaCode(id), version: 3, context: '{}', changes: 0 },
    ...{ keys: occupied(resource, actors), actors: plan.actors, resource, body: '', members: undefined },
    agenda: compileAgenda(resource, { defaultDurationMs: 30 * MINUTE }),
  };
}

/** `PractitionerRole/p-paris` is a role of `Practitioner/p`; a Location is a room. */
function asActor(reference: string): Resource {
  const [resourceType = '', id = ''] = reference.split('/');
  const text = JSON.stringify({
    ...{ resourceType, id, name: resourceType === 'Location' ? id : [{ family: id }] },
    ...(resourceType === 'PractitionerRole' ? { practitioner: { reference: `Practitioner/${id.split('-')[0]}` } } : {}),
    ...(resourceType === 'Location' ? { physicalType: { coding: [{ code: 'ro' }] } } : {}),
  });
  return parseAnyResource(text);
}

const IDENTIFIED = new Map([
  ['p', ['Practitioner/p']],
  ['urn:x|p', ['Practitioner/p']],
  ['urn:x|two', ['Practitioner/p', 'Practitioner/q']],
]);

export interface Case {
  agendas: Record<string, Plan>;
  /** `s free 09:00-09:30`: a Slot resource, whose id is `x0`, `x1`... */
  slots?: string[];
  /** `s 09:00-09:30`, with `beside`, `tentative`, `until 09:10`: the time that the appointment has before. */
  held?: string[];
  /** Absent: it is new. */
  before?: object;
  /** `null`: deleted. */
  after: object | null;
  as?: Partial<Context>;
  settings?: Partial<AgendaSettings>;
}

const CONTEXT: Context = {
  ...{ now: ms('07:00'), requestId: 'r', caller: 'x', roles: [], strict: false, base: '' },
};

/** `09:00-09:30` */
function span(text: string): Interval {
  return { start: ms(text.slice(0, 5)), end: ms(text.slice(-5)) };
}

function clock(instant: number): string {
  return formatInstant(instant, 'Europe/Paris').slice(11, 16);
}

/** `09:00+01:00` */
const wall = (time: string | undefined): string | undefined => time?.replace(`${DAY}T`, '').replace(':00+', '+');

function heldTime(text: string): TakenTime {
  const [schedule = '', time = '', ...words] = text.split(' ');
  return {
    ...{ id: 1, appointment: 'a', schedule, ...span(time), lane: words.includes('beside') ? null : 0 },
    tentative: words.includes('tentative'),
    expires: words.includes('until') ? ms(words.at(-1)!) : null,
    ...{ bufferMs: 0, kind: null, places: null },
  };
}

/** The id of a computed slot. */
export function slotOf(schedule: string, time: string): string {
  const { start, end } = span(time);
  return slotId({ agenda: agendaCode(schedule), start, durationMs: end - start });
}

/** Writes down what it is asked, in words. */
class Notes extends Unit {
  readonly lines: string[] = [];
  override lock(schedule: string, version?: number): void {
    this.lines.push(`lock ${schedule}${version === undefined ? '' : `@${version}`}`);
  }
  override concern(schedule: string): void {
    this.lines.push(`concern ${schedule}`);
  }
  override freeTime(appointment: string): void {
    this.lines.push(appointment === 'a' ? 'free' : `free ${appointment}`);
  }
  override takeTime({ schedule, start, end, capacity, overbook, tentative, expires }: Take): void {
    const lock = this.lines.pop() ?? '';
    if (!lock.startsWith(`lock ${schedule}@`)) throw new Error('Time is taken under the lock of its agenda');
    const words = [lock.replace('lock', 'take'), `${clock(start)}-${clock(end)}`, capacity > 1 && `of ${capacity}`];
    const how = [overbook && 'beside', tentative && 'tentative', expires && `until ${clock(expires)}`];
    this.lines.push([...words, ...how].filter(Boolean).join(' '));
  }
  override bring({ schedule, patients, overbook }: Present): void {
    this.lines.push(['bring', schedule, ...patients, ...(overbook ? ['beside'] : [])].join(' '));
  }
  override send({ destination, orderingKey, payload, notBefore }: OutboxMessage): void {
    const key = orderingKey.replace(String(notBefore), 'then');
    this.lines.push(`send ${destination} "${key}" "${payload}" at ${clock(notBefore ?? 0)}`);
  }
  override audit({ codes, action, entities: [appointment = '', ...schedules] }: AuditFact): void {
    this.lines.push(`audit ${[...codes, action, ...schedules].join(' ')}`.replaceAll('Schedule/', ''));
    if (appointment !== 'Appointment/a') throw new Error('Not a fact about the appointment');
  }
  override warn(reference: string, { severity, code, expression }: Issue, beside?: string): void {
    if (reference !== 'Appointment/a' || severity !== 'warning') throw new Error('Not a hint about the appointment');
    const element = expression?.[0]?.replace('Appointment.', '');
    if (beside === undefined) this.lines.push(`warn ${code === 'business-rule' ? '' : `${code} `}${element}`);
    else this.lines.push(`warn ${element === 'participant' ? code : element} if beside ${beside}`);
  }
}

/** The rule on a world of its own: what it asks of the unit, the time that it fills in and the agendas; or why not. */
export async function decide({ agendas, slots = [], held: taken, before, after, as, settings }: Case): Promise<string> {
  const loaded = Object.entries(agendas).map(([id, plan]) => load(id, plan));
  const explicit = slots.map((text, i) => {
    const [schedule = '', status = '', time = ''] = text.split(' ');
    return { id: `x${i}`, schedule, status, ...span(time) };
  });
  const stored = {
    heldBy: async () => {
      if (before === undefined) throw new Error('A new appointment has no time');
      return (taken ?? []).map(heldTime);
    },
    byCode: async (code: string) => loaded.find((agenda) => agenda.code === code),
    rows: async (ids: string[]) => loaded.filter(({ schedule }) => ids.includes(schedule)),
    ofActors: async (actors: string[]) => loaded.filter((agenda) => actors.some((actor) => isOf(agenda, actor))),
  };
  const reader = {
    read: async (_type: string, id: string) => {
      const slot = explicit.find((candidate) => candidate.id === id);
      if (slot === undefined) return undefined;
      const { schedule, status, start, end } = slot;
      const body = { resourceType: 'Slot', id, status, schedule: { reference: `Schedule/${schedule}` } };
      return { body: JSON.stringify({ ...body, start: new Date(start), end: new Date(end) }) };
    },
    readReferences: async (references: Iterable<string>) =>
      [...references].flatMap((reference) => {
        if (reference.endsWith('-gone')) return [];
        const [type = '', id = ''] = reference.split('/');
        return { type, id, body: JSON.stringify(asActor(reference)) };
      }),
    byIdentifier: async (types: string[], tokens: string[], most: number) =>
      [...new Set(tokens.flatMap((token) => IDENTIFIED.get(token) ?? []))]
        .filter((reference) => types.includes(reference.split('/')[0]!))
        .slice(0, most),
  };
  const services = {
    agendas: {
      stored,
      load: async (rows: LoadedAgenda[]) => rows.filter(({ schedule }) => agendas[schedule] !== undefined),
      explicit: async (of: LoadedAgenda[], time: Interval) =>
        new Map(
          of.flatMap(({ schedule }) => {
            const met = explicit.filter((slot) => slot.schedule === schedule && overlaps(slot, time));
            return met.length === 0 ? [] : [[schedule, met] as const];
          }),
        ),
    },
    reader,
    settings: { pastToleranceMs: 5 * MINUTE, requestsTakeTime: true, declaringRoles: [], ...settings },
    occupations: new WeakMap(),
  } as unknown as RuleServices;
  const unit = new Notes();
  const change = {
    ...({ method: 'PUT', type: 'Appointment', id: 'a', version: 2 } as const),
    before: before && appointmentOf(before),
    after: after === null ? undefined : appointmentOf(after),
  };
  try {
    const occupiedAgendas = await writeAppointment(services, { ...CONTEXT, ...as }, change, unit);
    const { start, end } = after === null ? {} : parseResource('Appointment', JSON.stringify(change.after));
    const isFilled = after !== null && (start !== Reflect.get(after, 'start') || end !== Reflect.get(after, 'end'));
    const held = (resource: object | null | undefined): number => JSON.stringify(resource).split('fhir:hold').length;
    const changes = [
      ...(isFilled ? [`times ${wall(start)} ${wall(end)}`] : []),
      ...(held(after) === held(change.after ?? null) ? [] : ['no longer a hold']),
    ];
    const agendaList = occupiedAgendas.map(({ schedule }) => String(schedule)).join(' ');
    return [...unit.lines, ...changes, `on ${agendaList || 'none'}`].join('; ');
  } catch (error) {
    if (!(error instanceof FhirError)) throw error;
    return error.issues
      .map(
        ({ code, diagnostics, expression, text }) =>
          `${error.status} ${code} ${expression?.[0]}: ${diagnostics.slice(0, 48)}${text ? '' : ' (without French)'}`,
      )
      .join('; ');
  }
}

function isOf({ actors, keys }: LoadedAgenda, actor: string): boolean {
  return actors.includes(actor) || keys.includes(actor);
}

function appointmentOf(more: object): Appointment {
  return parseResource('Appointment', JSON.stringify({ resourceType: 'Appointment', id: 'a', ...more }));
}

/** Participants, as references. */
export function withActors(...references: string[]): object[] {
  return references.map((reference) => ({ actor: { reference }, status: 'accepted' }));
}
