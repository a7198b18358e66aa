/** Puts somebody on the waiting list: for an earlier time than the one that is booked. ADR 0041 */
import type { RuleServices } from '../../agenda/rules/services.ts';
import { NEW_WAITING, readWaiting, withWaiting } from '../../fhir/french/waiting.ts';
import type { Context } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import { parseResource } from '../../fhir/json.ts';
import { type Appointment, list } from '../../fhir/resources.ts';
import { parseSearch } from '../../fhir/search/parse.ts';
import { DAY, HOUR } from '../../scheduling/zone.ts';
import type { Visit } from '../links/visit.ts';
import type { WaitingWriter } from './offer-acts.ts';

/** Of one person, so that somebody else has a chance. */
const MAX_ENTRIES = 3;
const MAX_FOUND = 50;

/** The times to which the patient can come. */
export interface Wish {
  /** 0: Monday; none: any day. */
  days: number[];
  half: 'am' | 'pm' | undefined;
}

export function readWish(form: URLSearchParams): Wish {
  const days = form.getAll('jour').map(Number);
  const half = form.get('moment');
  return {
    days: [...new Set(days.filter((day) => Number.isInteger(day) && day >= 0 && day <= 6))].sort(),
    half: half === 'am' || half === 'pm' ? half : undefined,
  };
}

/** An entry for something earlier than the appointment. `person`: `Patient/1`. Twice is once. */
export async function waitForEarlier(
  services: RuleServices,
  backend: WaitingWriter,
  context: Context,
  { appointment, start }: Visit,
  person: string,
  wish: Wish,
): Promise<Appointment> {
  const entries = await entriesOf(services, person);
  const known = entries.find((entry) => readWaiting(entry)?.instead === appointment.id);
  if (known !== undefined) return known;
  if (entries.length >= MAX_ENTRIES)
    throw new FhirError('business-rule', `This person has ${MAX_ENTRIES} entries on the waiting list`, {
      text: `Vous êtes déjà ${MAX_ENTRIES} fois sur la liste d’attente.`,
    });
  const entry: Appointment = {
    resourceType: 'Appointment',
    status: 'waitlist',
    ...(appointment.serviceType === undefined ? {} : { serviceType: appointment.serviceType }),
    created: new Date(context.now).toISOString(),
    requestedPeriod: [{ start: instant(context.now), end: instant(start) }],
    participant: appointment.participant.map(({ actor, required }) => ({
      ...(actor === undefined ? {} : { actor }),
      ...(required === undefined ? {} : { required }),
      status: 'needs-action',
    })),
  };
  const whole = withWaiting(entry, { ...NEW_WAITING, ...wish, instead: appointment.id });
  const { stored } = await backend.create({ ...context, visitor: { as: 'everyone', isKnown: true } }, whole);
  return parseResource('Appointment', stored.body!);
}

/** Those that are not over. */
export async function entriesOf({ reader }: Pick<RuleServices, 'reader'>, person: string): Promise<Appointment[]> {
  const { criteria } = parseSearch('Appointment', `actor=${person}&status=waitlist,pending`);
  const { rows } = await reader.search('Appointment', criteria, { count: MAX_FOUND, total: 'none' });
  return list(rows)
    .map(({ body }) => parseResource('Appointment', body!))
    .filter((entry) => readWaiting(entry) !== undefined);
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}

/** How far ahead the list looks for time that has been opened, and how often. */
export const SWEEP = { aheadMs: 90 * DAY, everyMs: HOUR / 4 };
