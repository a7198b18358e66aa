/**
 * Limits of the public pages, counted in the database so that all servers count together. A contact has three bookings
 * to come in a practice, a patient one with an agenda; the commit of a booking depends on that, so that two bookings at
 * once never pass it. Nobody from the practice is ever counted. ADR 0039
 */
import type { Context } from '../../fhir/interaction.ts';
import { brokenRule, FhirError } from '../../fhir/issue.ts';
import { list } from '../../fhir/resources.ts';
import type { AppointmentFollower } from '../../server/feature.ts';
import type { CountedLimit, LimitCounters } from '../../store/records/limit-counters.ts';
import {
  type ActiveBooking,
  FORM_SYSTEM,
  type PublicVisit,
  type PublicVisits,
} from '../../store/records/public-visits.ts';
import type { ResourceReader } from '../../store/resources/resource-reader.ts';
import { type Change, sidesOf } from '../../store/write/write-rules.ts';
import type { Unit } from '../../store/write/unit.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
export const MAX_BOOKINGS_IN_PRACTICE = 3;

export const VIEWS: CountedLimit = { name: 'views', most: 30, windowMs: MINUTE_MS };
export const HOLDS: CountedLimit = { name: 'holds', most: 5, windowMs: 10 * MINUTE_MS };
export const CODES: CountedLimit = { name: 'codes', most: 5, windowMs: HOUR_MS };
export const SENDS: CountedLimit = { name: 'sends', most: 3, windowMs: HOUR_MS };

/** Somebody asks too often. The page says when to come back, and the telephone number of the practice. */
export class TooOften extends Error {
  readonly limit: CountedLimit;
  readonly waitMs: number;

  constructor(limit: CountedLimit, waitMs: number) {
    super(`more ${limit.name} than ${limit.most} in ${limit.windowMs} ms`);
    this.limit = limit;
    this.waitMs = waitMs;
  }
}

/** Counts one more. Throws `TooOften`. */
export async function spend(counters: LimitCounters, limit: CountedLimit, who: string, now: number): Promise<void> {
  const waitMs = await counters.spend(limit, who, now);
  if (waitMs !== undefined) throw new TooOften(limit, waitMs);
}

/** Why a visit may not book, beside the rules of the agenda. */
export type BookingLimit = { is: 'already'; booking: ActiveBooking } | { is: 'many' };

/** `undefined`: it may. */
export async function bookingLimit(
  visits: PublicVisits,
  { contact, person, schedule, practice }: Pick<PublicVisit, 'contact' | 'person' | 'schedule' | 'practice'>,
  now: number,
): Promise<BookingLimit | undefined> {
  if (contact === undefined) return undefined;
  const active = await visits.activeOf(contact, now);
  const booking = active.find((other) => other.person === person && other.schedule === schedule);
  if (booking !== undefined) return { is: 'already', booking };
  const inPractice = active.filter((other) => other.practice === practice);
  return inPractice.length >= MAX_BOOKINGS_IN_PRACTICE ? { is: 'many' } : undefined;
}

/** Judges each booking of the public pages inside its own commit. */
export class BookingFollower implements AppointmentFollower {
  private readonly visits: PublicVisits;

  constructor(visits: PublicVisits) {
    this.visits = visits;
  }

  async follow(context: Context, change: Change, unit: Unit, { reader }: { reader: ResourceReader }): Promise<void> {
    const { before, after } = sidesOf(change, 'Appointment');
    if (context.visitor?.as !== 'everyone' || before !== undefined) return;
    const form = list(after?.identifier).find(({ system }) => system === FORM_SYSTEM)?.value;
    if (form === undefined) return;
    const visit = await this.visits.byForm(form, context.now);
    // Somebody has typed another contact, or let the time go, in another window.
    if (visit?.contact === undefined || visit.contact !== context.contact)
      throw new FhirError('conflict', 'The visit has changed while it was booked', {
        text: "Votre visite a changé dans une autre fenêtre : rechargez la page, rien n'est réservé.",
      });
    const criterion = `bookings of ${visit.contact}`;
    unit.dependOn(criterion, await reader.conditionWrites(criterion));
    const limit = await bookingLimit(this.visits, visit, context.now);
    if (limit === undefined) return;
    throw brokenRule(
      limit.is === 'already'
        ? 'The patient has an appointment on this agenda already'
        : `The contact has ${MAX_BOOKINGS_IN_PRACTICE} bookings to come in this practice`,
      'Ce rendez-vous ne peut pas être pris en plus de ceux que vous avez déjà.',
    );
  }
}
