/** The rules that a Schedule must keep so that slots can be computed from it. */
import { parseDateRange } from '../fhir/date.ts';
import { availabilityFault } from '../fhir/french/availability-time.ts';
import { checkHolidays } from '../fhir/french/holiday-rule.ts';
import { checkRequestSettings } from '../fhir/french/request-settings.ts';
import { checkReplacements } from '../fhir/french/replacement.ts';
import { type AvailabilityTime, checkServiceTypeDurations, checkSlotOffers } from '../fhir/french/fr-extensions.ts';
import { checkTeam } from '../fhir/french/team.ts';
import { checkVisitKinds } from '../fhir/french/visit-kind-check.ts';
import { FhirError, type Issue, issue } from '../fhir/issue.ts';
import type { Schedule } from '../fhir/resources.ts';
import { type Agenda, type AgendaContext, compileAgenda } from './agenda.ts';
import { agendaSteps, MAX_AGENDA_STEPS } from './expansion-cost.ts';
import { MAX_COUNT, MAX_PER_DAY, MAX_STEP_MS, perDay, stepOf, yieldsAnything } from './recurrence.ts';
import { type StepBudget, TooManySteps } from './rule-starts.ts';

/** The issues for which a Schedule is refused when it is written. */
export function checkAgenda(schedule: Schedule, context: AgendaContext): Issue[] {
  let agenda: Agenda;
  try {
    agenda = compileAgenda(schedule, context);
  } catch (error) {
    if (error instanceof FhirError) return error.issues;
    throw error;
  }
  const issues = checkRecurrences(agenda);
  if (agenda.horizon.start >= agenda.horizon.end) {
    issues.push(
      issue('error', 'business-rule', 'planningHorizon ends before it starts', {
        expression: 'Schedule.planningHorizon',
        text: 'La période de validité finit avant de commencer.',
      }),
    );
  }
  return [
    ...issues,
    ...checkServiceTypeDurations(schedule),
    ...checkSlotOffers(schedule),
    ...checkTeam(schedule),
    ...checkRequestSettings(schedule),
    ...checkVisitKinds(schedule),
    ...checkHolidays(schedule),
    ...checkReplacements(schedule),
  ];
}

/** Each rule by itself, then the work of all of them: a search expands them together. */
function checkRecurrences(agenda: Agenda): Issue[] {
  const budget = { left: MAX_AGENDA_STEPS };
  try {
    const issues = agenda.rules.flatMap(({ availability }) => checkRecurrence(availability, agenda.zone, budget));
    return issues.length > 0 || agendaSteps(agenda) <= MAX_AGENDA_STEPS ? issues : [tooMuchWork()];
  } catch (error) {
    if (error instanceof TooManySteps) return [tooMuchWork()];
    throw error;
  }
}

function tooMuchWork(): Issue {
  return issue('error', 'too-costly', 'The recurrences of this agenda give too many times, or too rare ones', {
    expression: 'Schedule.extension',
    text:
      'Les répétitions de cet agenda demandent trop de calcul : ' +
      'moins de répétitions, ou de plus simples (sans « count » élevé, moins d’occurrences par jour).',
  });
}

function checkRecurrence(availability: AvailabilityTime, zone: string, budget: StepBudget): Issue[] {
  const { rrule, start } = availability;
  if (rrule === undefined) return [];
  const refuse = (english: string, french: string): Issue[] => [availabilityFault(rrule.path, english, french)];
  if (perDay(rrule) > MAX_PER_DAY)
    return refuse(
      `the recurrence gives more than ${MAX_PER_DAY} occurrences a day`,
      `la répétition donne plus de ${MAX_PER_DAY} occurrences par jour`,
    );
  if (stepOf(rrule) > MAX_STEP_MS)
    return refuse('the recurrence waits more than a century', 'la répétition attend plus d’un siècle');
  if ((rrule.count ?? 0) > MAX_COUNT)
    return refuse(
      `count is over ${MAX_COUNT}: leave it out for "without end"`,
      `« count » dépasse ${MAX_COUNT} : omettez-le pour « sans fin »`,
    );
  const first = parseDateRange(start, zone)!.start;
  if (yieldsAnything(rrule, first, zone, first, Number.POSITIVE_INFINITY, budget)) return [];
  return refuse('the recurrence never gives an occurrence', 'la répétition ne donne jamais aucune date');
}
