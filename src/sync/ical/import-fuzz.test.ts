/** Calendars with octets that nobody meant: they are read, or refused as a whole, and nothing else happens. */
import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkAgenda } from '../../scheduling/agenda-check.ts';
import { closedIn, importFiles, NOW, openIn } from './imported.test-data.ts';

const FOLDER = join(import.meta.dirname, 'cases');
const CONTEXT = { defaultDurationMs: 900_000, placeZone: 'Europe/Paris' };
const DAY = 86_400_000;

/** The calendars of the cases, as real programs write them. */
const CALENDARS = readdirSync(FOLDER)
  .flatMap((file) => readFileSync(join(FOLDER, file), 'utf8').split(/^## /m).slice(1))
  .map((text) => text.split('\n').slice(2))
  .map((lines) => lines.filter((line) => !/^(=>|!!) /.test(line) && line !== '---'))
  .map((lines) => ['BEGIN:VCALENDAR', 'VERSION:2.0', ...lines, 'END:VCALENDAR', ''].join('\r\n'));

/** The result is an agenda that the server would store, and that can be searched. */
async function expectReadable(octets: Buffer): Promise<void> {
  const { schedule } = await importFiles([octets], 'Europe/Paris');
  const issues = checkAgenda(schedule, CONTEXT).map(({ diagnostics }) => diagnostics);
  expect(issues, octets.toString('latin1')).toEqual([]);
  const window = { start: NOW, end: NOW + 60 * DAY };
  closedIn(schedule, 'Europe/Paris', window);
  openIn(schedule, 'Europe/Paris', window);
}

describe('any octets', () => {
  it('instead of some of a calendar', async () => {
    const change = fc.record({
      at: fc.nat(),
      length: fc.integer({ min: 0, max: 30 }),
      by: fc.oneof(
        fc.uint8Array({ maxLength: 8 }).map((octets) => Buffer.from(octets)),
        fc
          .constantFrom(
            '\r\n',
            ';',
            ':',
            '=',
            '"',
            ',',
            '-',
            '99999999',
            'P',
            'T',
            'Z',
            'RRULE:',
            'COUNT=',
            '\u0000',
            '/',
          )
          .map((text) => Buffer.from(text)),
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.array(change, { minLength: 1, maxLength: 6 }), async (which, changes) => {
        let octets = Buffer.from(CALENDARS[which % CALENDARS.length]!);
        for (const { at, length, by } of changes) {
          const start = at % octets.length;
          octets = Buffer.concat([octets.subarray(0, start), by, octets.subarray(start + length)]);
        }
        await expectReadable(octets);
      }),
      { numRuns: 600 },
    );
  });

  it('lines of calendars in any order', async () => {
    const lines = [...new Set(CALENDARS.flatMap((text) => text.split('\r\n')))];
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...lines), { maxLength: 60 }), async (chosen) => {
        await expectReadable(Buffer.from(['BEGIN:VCALENDAR', ...chosen, 'END:VCALENDAR', ''].join('\r\n')));
      }),
      { numRuns: 300 },
    );
  });

  it('without a calendar in them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (octets) => expectReadable(Buffer.from(octets))),
      { numRuns: 300 },
    );
  });
});
