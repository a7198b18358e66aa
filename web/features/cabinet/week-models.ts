/** Typical weeks to begin with. */
import { DAY_CODES, type DayCode } from '../../schedule/availability.ts';
import { emptyWeek, NEW_RANGE, type TypicalWeek } from './week.ts';

const OFFICE: readonly DayCode[] = ['MO', 'TU', 'WE', 'TH', 'FR'];

const DAYS_OF = {
  general: [OFFICE, ['08:30', '12:00'], ['14:00', '18:30']],
  mornings: [OFFICE, ['08:00', '12:30']],
  physio: [OFFICE, ['08:00', '12:00'], ['13:30', '19:30']],
  nurse: [DAY_CODES, ['07:00', '12:00'], ['16:30', '19:30']],
} as const satisfies Record<string, readonly [readonly DayCode[], ...(readonly [string, string])[]]>;

export type ModelName = keyof typeof DAYS_OF;
export const MODELS: readonly ModelName[] = ['general', 'mornings', 'physio', 'nurse'];

export function weekOfModel(name: ModelName): TypicalWeek {
  const week = emptyWeek();
  const [days, ...hours] = DAYS_OF[name] ?? [[]];
  for (const day of days) week[day] = hours.map(([from, to]) => ({ ...NEW_RANGE, from, to }));
  return week;
}
