/** No calendar, however it is made, takes more work than the fullest one that is read whole. */
import { expect, it } from 'vitest';
import { readCalendarJob } from './follow/calendar-job.ts';
import { FULL, HOSTILE, NOW } from './hostile-calendars.test-data.ts';

const SCHEDULE = JSON.stringify({ resourceType: 'Schedule', id: 'a', actor: [{ reference: 'Location/l' }] });

/** Milliseconds of the processor, whatever else it does meanwhile. */
function costOf(lines: readonly string[]): { ms: number; remarks: number; times: number } {
  const octets = Buffer.from(['BEGIN:VCALENDAR', 'VERSION:2.0', ...lines, 'END:VCALENDAR', ''].join('\r\n'));
  const before = process.cpuUsage();
  const { remarks, imported } = readCalendarJob({
    ...{ file: { octets }, url: 'https://calendar.example/a.ics', schedule: SCHEDULE },
    ...{ context: { defaultDurationMs: 900_000 }, zone: 'Europe/Paris', now: NOW },
  });
  const { user, system } = process.cpuUsage(before);
  return { ms: (user + system) / 1000, remarks: remarks.length, times: imported.times.length };
}

// The first call also compiles the code.
costOf(HOSTILE[0]![1]);
const full = costOf(FULL);

it('fifty thousand events are read', () => expect(full.times).toBeGreaterThan(1000));

it.each(HOSTILE)('%s', (_title, lines) => {
  const { ms, remarks, times } = costOf(lines);
  expect(ms).toBeLessThan(full.ms);
  // Nothing is left out without a word.
  expect(times + remarks).toBeGreaterThan(0);
});
