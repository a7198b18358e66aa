/** A time that is taken: which, and the nearest that are free on the same agenda. */
import type { Context } from '../../fhir/interaction.ts';
import { FhirError, type Issue, issue } from '../../fhir/issue.ts';
import { frenchTime } from '../../scheduling/french-time.ts';
import { formatInstant, DAY } from '../../scheduling/zone.ts';
import { type Interval, overlaps } from '../../scheduling/interval.ts';
import type { FreeSlot } from '../../scheduling/slots.ts';
import { slotId } from '../../scheduling/slot-id.ts';
import type { Take } from '../../store/write/unit.ts';
import type { LoadedAgenda } from '../agendas.ts';
import { nearestCommon } from '../operations/common-slots.ts';
import type { RuleServices } from '../rules/services.ts';

const PROPOSED = 3;

/** As long as what was asked for; where no slot is, the shortest that is long enough. */
function lengthOf(slots: readonly Interval[], take: Interval): number {
  const asked = take.end - take.start;
  const enough = slots.map((slot) => slot.end - slot.start).filter((one) => one >= asked);
  return Math.min(...enough);
}

/**
 * `agendas`: all of the appointment, when there are several; what is proposed is free on all of them. `others`: times
 * that are not to be proposed.
 */
export async function explainTaken(
  services: RuleServices,
  context: Context,
  take: Take,
  agendas: readonly LoadedAgenda[] = [],
  others: readonly Interval[] = [],
): Promise<FhirError> {
  const [loaded] = await services.agendas.load(await services.agendas.stored.rows([take.schedule]));
  if (loaded === undefined) {
    return new FhirError('conflict', 'This time is already taken', {
      expression: 'Appointment.start',
      text: 'Cet horaire est déjà pris.',
    });
  }
  const { zone } = loaded.agenda;
  const window = { start: Math.max(context.now, take.start - DAY), end: Math.max(context.now, take.start) + 7 * DAY };
  const { slots } = (await services.slots.states.of([loaded], window, context.now)).get(loaded.schedule)!;
  const nearest =
    agendas.length > 1
      ? (await nearestCommon(services.slots.states, context.now, agendas, take, PROPOSED, others)).map(
          (one) => one.time as FreeSlot,
        )
      : slots
          .filter((slot) => !others.some((other) => overlaps(other, slot)))
          .filter(
            (slot) =>
              slot.start >= context.now && slot.start !== take.start && slot.end - slot.start === lengthOf(slots, take),
          )
          .sort((a, b) => Math.abs(a.start - take.start) - Math.abs(b.start - take.start))
          .slice(0, PROPOSED)
          .sort((a, b) => a.start - b.start);
  const idOf = (one: { start: number; end: number; explicitId?: string }): string =>
    `Slot/${one.explicitId ?? slotId({ agenda: loaded.code, start: one.start, durationMs: one.end - one.start })}`;
  const more: Issue[] = nearest.map((one) =>
    issue(
      'information',
      'informational',
      `Free: ${idOf(one)} from ${formatInstant(one.start, zone)} to ${formatInstant(one.end, zone)}`,
      {
        text: `Libre : ${frenchTime(one.start, zone)} (${idOf(one)}).`,
      },
    ),
  );
  const taken = idOf({ start: take.start, end: take.end });
  const at = formatInstant(take.start, zone);
  const list = nearest.map((one) => formatInstant(one.start, zone)).join(', ');
  return new FhirError(
    'conflict',
    `${taken} (${at}) is already taken on Schedule/${take.schedule}${list ? `; nearest free: ${list}` : ''}`,
    {
      expression: 'Appointment.start',
      text: `L'horaire du ${frenchTime(take.start, zone)} est déjà pris.${list ? ` Horaires libres les plus proches : ${nearest.map((one) => frenchTime(one.start, zone)).join(' ; ')}.` : ''}`,
      more,
    },
  );
}
