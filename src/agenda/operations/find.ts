/**
 * `GET|POST /fhir/Appointment/$find` (IHE ITI-115): times that a professional and a room and a device all have, the
 * nearest in time first,
 * of one time the nearest in space. The answers are proposals: stored nowhere, held by `$hold` or booked by `$book`.
 */
import type { Context } from '../../fhir/interaction.ts';
import { FRANCE } from '../../fhir/date.ts';
import { FhirError, issue, toOperationOutcome } from '../../fhir/issue.ts';
import type { CodeableConcept, Json, Resource } from '../../fhir/resource.ts';
import { parseDate } from '../../fhir/search/value.ts';
import type { Operation } from '../../rest/backend.ts';
import { OperationInput } from '../../rest/operations/operation-input.ts';
import type { Interval } from '../../scheduling/interval.ts';
import { DAY } from '../../scheduling/zone.ts';
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
  'patient-reference',
  '_count',
];
const DEFAULT_DAYS = 30;
const DEFAULT_COUNT = 20;

export function findOperation(services: RuleServices): Operation {
  return {
    name: 'find',
    on: ['Appointment'],
    level: 'type',
    safe: true,
    description: `Horaires communs à un professionnel, un lieu et un matériel (IHE ITI-115). Paramètres : ${KNOWN.join(', ')}.`,
    run: async (context, call) => ({ resource: await find(services, context, new OperationInput(call, context.base)) }),
  };
}

async function find(services: RuleServices, context: Context, input: OperationInput): Promise<Resource> {
  const window = windowOf(input, context.now, services.settings.windowDays);
  const most = input.whole('_count', 0, services.settings.maxPage) ?? DEFAULT_COUNT;
  const minutes = input.whole('duration', 1, 1440);
  const types = input.tokens('visit-type', 'service-type');
  const patients = input.references('patient-reference', ['Patient']).literal;
  const leads = await leadsOf(services, input);
  const entry: Json[] = [];
  const typeOf = (offered: readonly CodeableConcept[]): CodeableConcept | undefined =>
    offered.find((one) => types.some((type) => isToken(one, type)));
  const wanted = {
    window,
    durationMs: minutes === undefined ? undefined : minutes * 60_000,
    fits: (slot: { serviceTypes: readonly CodeableConcept[] }) =>
      types.length === 0 || typeOf(slot.serviceTypes) !== undefined,
  };
  for await (const { time, agendas, serviceTypes } of commonSlots(services.slots.states, context.now, leads, wanted)) {
    if (entry.length >= most) break;
    const resource = proposal(time, agendas, { serviceType: typeOf(serviceTypes), patients });
    entry.push({ fullUrl: `${context.base}/Appointment/${resource.id}`, resource, search: { mode: 'match' } });
  }
  const ignored = input.unknown(KNOWN).map((name) =>
    issue('warning', 'not-supported', `${name.slice(0, 64)} is ignored`, {
      expression: name.slice(0, 64),
      text: `Paramètre « ${name.slice(0, 64)} » ignoré.`,
    }),
  );
  if (ignored.length > 0) entry.push({ resource: toOperationOutcome(ignored), search: { mode: 'outcome' } });
  return { resourceType: 'Bundle', type: 'searchset', ...(entry.length > 0 ? { entry } : {}) };
}

function windowOf(input: OperationInput, now: number, maxDays: number): Interval {
  const instant = (name: string): { start: number; end: number } | undefined => {
    const text = input.text(name);
    return text === undefined ? undefined : parseDate(text, FRANCE);
  };
  const start = Math.max(now, instant('start')?.start ?? now);
  const asked = instant('end');
  // A date means its whole day, an instant itself.
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

function isToken(concept: CodeableConcept, token: string): boolean {
  const [system, code] = token.includes('|') ? (token.split('|') as [string, string]) : [undefined, token];
  return (
    concept.coding?.some(
      (coding) => coding.code === code && (system === undefined || (coding.system ?? '') === system),
    ) ?? false
  );
}
