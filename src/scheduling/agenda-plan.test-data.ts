/** Agendas of tests, written in lines of words. */
import { compileAgenda } from './agenda.ts';
import { type AgendaPlan, MINUTE, scheduleOf } from './random-agenda.test-data.ts';
import { formatInstant } from './zone.ts';

const PARIS = 'Europe/Paris';

/**
 * `free 2026-03-27T08:00 2026-03-27T10:00 p1 WEEKLY byDay=FR`: type, start, end, then priority and rule where there are
 * any.
 */
export function plan(lines: string[], more: Partial<AgendaPlan> = {}): AgendaPlan {
  const availabilities = lines.map((line, i) => {
    const [type, start, end, ...rest] = line.split(' ');
    const priority = rest.find((word) => /^p\d$/.test(word))?.slice(1);
    const rrule = rest.filter((word) => !/^p\d$/.test(word)).join(' ');
    return {
      ...{
        id: `d${i}`,
        type: type === 'free' ? ('free' as const) : ('busy-unavailable' as const),
        start: start!,
        end: end!,
      },
      ...(rrule ? { rrule } : {}),
      ...(priority ? { priority: Number(priority) } : {}),
    };
  });
  return { zone: PARIS, services: [30], availabilities, ...more };
}

export const compiled = (agendaPlan: AgendaPlan) =>
  compileAgenda(scheduleOf(agendaPlan), { defaultDurationMs: 20 * MINUTE });

export const shown = (instant: number, zone = PARIS): string =>
  formatInstant(instant, zone)
    .slice(8)
    .replace('T', ' ')
    .replace(/:00(?=[+-])/, '');
export const time = (from: string, to: string): { start: number; end: number } => ({
  start: Date.parse(from),
  end: Date.parse(to),
});
