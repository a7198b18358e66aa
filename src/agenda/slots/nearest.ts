/** The refusal of a time that is taken, with the nearest free times. */
import type { Context } from '../../fhir/interaction.ts';
import { FhirError, type Issue, issue } from '../../fhir/issue.ts';
import { frenchTime } from '../../scheduling/french-time.ts';
import { type Interval, overlaps } from '../../scheduling/interval.ts';
import { slotId } from '../../scheduling/slot-id.ts';
import type { FreeSlot } from '../../scheduling/slots.ts';
import { DAY, formatInstant } from '../../scheduling/zone.ts';
import type { Take } from '../../store/write/unit-parts.ts';
import { agendaName } from '../agenda-name.ts';
import type { LoadedAgenda } from '../agendas.ts';
import { nearestCommon } from '../operations/common-slots.ts';
import { freeTimesOfKind, kindsOffered } from '../kinds/kind-times.ts';
import { visitorOf } from '../kinds/visitor.ts';
import type { RuleServices } from '../rules/services.ts';

const MAX_PROPOSED = 3;

/** A time that may be proposed: a slot, or a common time of several agendas. */
type FreeTime = Interval & Pick<Partial<FreeSlot>, 'explicitId'>;

/**
 * `agendas`: those of the appointment; when there are several, the proposed times are free on all of them. `avoid`:
 * times that must not be proposed. `members`: those of a team (`Practitioner/x`) whom somebody else has.
 */
export async function explainTaken(
  services: RuleServices,
  context: Context,
  take: Take,
  agendas: readonly LoadedAgenda[] = [],
  avoid: readonly Interval[] = [],
  members: readonly string[] = [],
): Promise<FhirError> {
  if (members.length > 0) avoid = [...avoid, ...(await takenOf(services, context, members, take))];
  const [loaded] = await services.agendas.load(await services.agendas.stored.rows([take.schedule]));
  if (loaded === undefined) {
    return new FhirError('conflict', 'This time is already taken', {
      expression: 'Appointment.start',
      text: 'Cet horaire est déjà pris.',
    });
  }
  const fits = await listedFor(services, context, agendas.length > 1 ? agendas : [loaded], take);
  const nearest =
    agendas.length > 1
      ? (await nearestCommon(services.slots.states, context.now, agendas, take, MAX_PROPOSED, avoid, fits)).map(
          ({ time }) => time,
        )
      : await nearestSlots(services, context, loaded, take, (slot) => isApart(slot, avoid) && fits(slot, loaded));
  const name = await agendaName(services.reader, members.length > 0 ? { actors: members } : loaded);
  return refusal(loaded, name, take, nearest);
}

/** The times around a wish at which somebody else has one of these people. */
function takenOf(
  { agendas }: RuleServices,
  { now }: Context,
  members: readonly string[],
  take: Take,
): Promise<readonly Interval[]> {
  return agendas.stored.taken(members, windowAround(take, now), now);
}

function windowAround(take: Take, now: number): Interval {
  return { start: Math.max(now, take.start - DAY), end: Math.max(now, take.start) + 7 * DAY };
}

function isApart(slot: Interval, avoid: readonly Interval[]): boolean {
  return !avoid.some((time) => overlaps(time, slot));
}

/** A visitor is told of no other times than those that are listed on agendas with kinds of visit. ADR 0035 */
async function listedFor(
  services: RuleServices,
  context: Context,
  agendas: readonly LoadedAgenda[],
  take: Take,
): Promise<(slot: FreeSlot, agenda: LoadedAgenda) => boolean> {
  const visitor = visitorOf(context);
  const listed = new Map<string, Set<number>>();
  for (const loaded of visitor.as === 'desk' ? [] : agendas.filter(({ agenda }) => agenda.kinds.length > 0)) {
    const starts = new Set<number>();
    for (const kind of kindsOffered(loaded, visitor)) {
      if (kind.durationMs !== take.end - take.start || (take.kind !== undefined && take.kind !== kind.key)) continue;
      const window = windowAround(take, context.now);
      for (const { start } of await freeTimesOfKind(services, loaded, kind, visitor, window, context.now))
        starts.add(start);
    }
    listed.set(loaded.schedule, starts);
  }
  return ({ start }, { schedule }) => listed.get(schedule)?.has(start) ?? true;
}

/** The nearest free slots of one agenda, in the order of time. */
async function nearestSlots(
  { slots: { states } }: RuleServices,
  { now }: Context,
  loaded: LoadedAgenda,
  take: Take,
  fits: (slot: FreeSlot) => boolean,
): Promise<FreeTime[]> {
  const window = windowAround(take, now);
  const { slots } = (await states.of([loaded], window, now)).get(loaded.schedule)!;
  const free = slots.filter(fits);
  const length = shortestEnough(slots, take.end - take.start);
  return free
    .filter((slot) => slot.start >= now && slot.start !== take.start && slot.end - slot.start === length)
    .sort((a, b) => Math.abs(a.start - take.start) - Math.abs(b.start - take.start))
    .slice(0, MAX_PROPOSED)
    .sort((a, b) => a.start - b.start);
}

/** The shortest length of a slot that is at least as long as requested. */
function shortestEnough(slots: readonly Interval[], requested: number): number {
  return Math.min(...slots.map((slot) => slot.end - slot.start).filter((length) => length >= requested));
}

function refusal(
  { code, agenda: { zone } }: LoadedAgenda,
  name: string,
  take: Take,
  nearest: readonly FreeTime[],
): FhirError {
  const referenceOf = ({ start, end, explicitId }: FreeTime): string =>
    `Slot/${explicitId ?? slotId({ agenda: code, start, durationMs: end - start })}`;
  const more: Issue[] = nearest.map((time) => {
    const [start, end] = [formatInstant(time.start, zone), formatInstant(time.end, zone)];
    return issue('information', 'informational', `Free: ${referenceOf(time)} from ${start} to ${end}`, {
      text: `Libre : ${frenchTime(time.start, zone)} (${referenceOf(time)}).`,
    });
  });
  const taken = `${referenceOf({ start: take.start, end: take.end })} (${formatInstant(take.start, zone)})`;
  const english = nearest.map(({ start }) => formatInstant(start, zone)).join(', ');
  const french = nearest.map(({ start }) => frenchTime(start, zone)).join(' ; ');
  const proposals = french && ` Horaires libres les plus proches : ${french}.`;
  return new FhirError(
    'conflict',
    `${taken} is already taken on Schedule/${take.schedule}${english && `; nearest free: ${english}`}`,
    {
      expression: 'Appointment.start',
      text: `L'horaire du ${frenchTime(take.start, zone)} est déjà pris dans ${name}.${proposals}`,
      more,
    },
  );
}
