/**
 * `GET|POST /fhir/Appointment/$find` (IHE ITI-115): the common free times of a professional, a room and a device, the
 * earliest first, and for one time the nearest place first. The answers are proposals, which are not stored: `$hold`
 * holds one, `$book` books one.
 */
import type { Context } from '../../fhir/interaction.ts';
import { FRANCE } from '../../fhir/date.ts';
import { FhirError, issue, toOperationOutcome } from '../../fhir/issue.ts';
import type { CodeableConcept, Resource } from '../../fhir/resource.ts';
import { parseDate } from '../../fhir/search/value.ts';
import type { BundleEntry } from '../../fhir/foundation.ts';
import type { Operation } from '../../rest/backend.ts';
import { OperationInput } from '../../rest/operations/operation-input.ts';
import type { Interval } from '../../scheduling/interval.ts';
import type { FreeSlot } from '../../scheduling/slots.ts';
import { DAY, toLocal } from '../../scheduling/zone.ts';
import type { LoadedAgenda } from '../agendas.ts';
import { commonSlots } from './common-slots.ts';
import { leadsOf } from './find-agendas.ts';
import { proposal } from './proposal.ts';
import type { RuleServices } from '../rules/services.ts';

const KNOWN = [
  'start',
  'end',
  'duration',
  'specialty',
  'visit-type',
  'service-type',
  'practitioner',
  'organization',
  'location',
  'location-reference',
  'location-string',
  'device',
  'near',
  'schedule',
  'half-day',
  'patient-reference',
  '_count',
];
/** Noon on the clocks of the agenda parts its day. */
const HALF_DAYS = ['AM', 'PM'] as const;
type HalfDay = (typeof HALF_DAYS)[number];
const DEFAULT_DAYS = 30;
const DEFAULT_COUNT = 20;

export function findOperation(services: RuleServices): Operation {
  return {
    name: 'find',
    on: ['Appointment'],
    level: 'type',
    safe: true,
    description:
      'Horaires communs à un professionnel, un lieu et un matériel (IHE ITI-115). ' +
      `Paramètres : ${KNOWN.join(', ')}.`,
    run: async (context, call) => ({ resource: await find(services, context, new OperationInput(call, context.base)) }),
  };
}

async function find(services: RuleServices, context: Context, input: OperationInput): Promise<Resource> {
  const windowIn = (zone: string): Interval => windowOf(input, context.now, services.settings.windowDays, zone);
  // A wrong period is refused, whether there are agendas or not.
  windowIn(FRANCE);
  const maxTimes = input.whole('_count', 0, services.settings.maxPage) ?? DEFAULT_COUNT;
  const minutes = input.whole('duration', 1, 1440);
  const types = input.tokens('visit-type', 'service-type');
  const halfDays = halfDaysOf(input);
  const patients = input.references('patient-reference', ['Patient']).literal;
  const leads = await leadsOf(services, input);
  const entry: BundleEntry[] = [];
  const typeOf = (offered: readonly CodeableConcept[]): CodeableConcept | undefined =>
    offered.find((concept) => types.some((type) => isToken(concept, type)));
  const query = {
    // A date that names no zone is that of the clocks of the agenda.
    windowOf: ({ agenda }: LoadedAgenda) => windowIn(agenda.zone),
    durationMs: minutes === undefined ? undefined : minutes * 60_000,
    fits: (slot: FreeSlot, { agenda }: LoadedAgenda) =>
      (types.length === 0 || typeOf(slot.serviceTypes) !== undefined) &&
      (halfDays.length === 0 || halfDays.includes(halfDayOf(slot.start, agenda.zone))),
  };
  for await (const { time, agendas, serviceTypes } of commonSlots(services.slots.states, context.now, leads, query)) {
    if (entry.length >= maxTimes) break;
    const resource = proposal(time, agendas, { serviceType: typeOf(serviceTypes), patients });
    entry.push({ fullUrl: `${context.base}/Appointment/${resource.id}`, resource, search: { mode: 'match' } });
  }
  const ignored = input.unknown(KNOWN).map((name) =>
    issue('warning', 'not-supported', `${name.slice(0, 64)} is ignored`, {
      expression: name.slice(0, 64),
      text: `Paramètre « ${name.slice(0, 64)} » ignoré.`,
    }),
  );
  if (ignored.length > 0)
    entry.push({
      fullUrl: 'urn:creneau:find:outcome',
      resource: toOperationOutcome(ignored),
      search: { mode: 'outcome' },
    });
  return { resourceType: 'Bundle', type: 'searchset', ...(entry.length > 0 ? { entry } : {}) };
}

function windowOf(input: OperationInput, now: number, maxDays: number, zone: string): Interval {
  const instant = (name: string): { start: number; end: number } | undefined => {
    const text = input.text(name);
    return text === undefined ? undefined : parseDate(text, zone);
  };
  const start = Math.max(now, instant('start')?.start ?? now);
  const asked = instant('end');
  // The end may be a date, which includes its whole day, or an instant.
  const end =
    asked === undefined ? start + DEFAULT_DAYS * DAY : input.text('end')!.includes('T') ? asked.start : asked.end;
  if (asked !== undefined && end <= start) {
    if (asked.end <= now) return { start: now, end: now };
    throw new FhirError('value', 'end is not after start', {
      expression: 'end',
      text: 'La fin de la période doit suivre son début.',
    });
  }
  if (end - start > (maxDays + 1) * DAY) {
    throw new FhirError(
      'too-costly',
      `The period spans ${Math.ceil((end - start) / DAY)} days; the limit is ${maxDays}`,
      { expression: 'end', text: `Période trop longue : limite ${maxDays} jours.` },
    );
  }
  return { start, end };
}

function halfDaysOf(input: OperationInput): readonly HalfDay[] {
  return input.tokens('half-day').map((token) => {
    // A Coding comes as `|AM`.
    const found = HALF_DAYS.find((halfDay) => halfDay === token.replace(/^\|/, '').toUpperCase());
    if (found !== undefined) return found;
    throw new FhirError('value', `half-day is one of ${HALF_DAYS.join(', ')}`, {
      expression: 'half-day',
      text: 'Une demi-journée vaut AM (avant midi) ou PM.',
    });
  });
}

function halfDayOf(instant: number, zone: string): HalfDay {
  return toLocal(zone, instant) % DAY < DAY / 2 ? 'AM' : 'PM';
}

/** A concept without codes is named by its text. */
function isToken({ coding = [], text }: CodeableConcept, token: string): boolean {
  if (coding.length === 0) return text === token;
  const [system, code] = token.includes('|') ? (token.split('|') as [string, string]) : [undefined, token];
  return coding.some((found) => found.code === code && (system === undefined || (found.system ?? '') === system));
}
