/** Public holidays in an agenda: what is closed, what is open, and that nothing else moves. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HolidaySettings } from '../fhir/french/holiday-rule.ts';
import { publicHolidays, TERRITORIES } from '../fhir/french/public-holidays.ts';
import type { Extension } from '../fhir/resource.ts';
import type { Schedule } from '../fhir/resources.ts';
import { type AgendaContext, compileAgenda } from './agenda.ts';
import { checkAgenda } from './agenda-check.ts';
import { closures, isOpen } from './availability.ts';
import { availabilityTime, MINUTE } from './random-agenda.test-data.ts';
import { freeSlots } from './slots.ts';
import { DAY, formatInstant, localDate } from './zone.ts';

const WEEK = availabilityTime({
  id: 'week',
  type: 'free',
  start: '2026-11-02T08:00',
  end: '2026-11-02T18:00',
  rrule: 'WEEKLY byDay=MO,TU,WE,TH,FR',
});

const day = (parts: Record<string, string>): Extension => ({
  url: 'day',
  extension: Object.entries(parts).map(([url, value]) =>
    url === 'date' ? { url, valueDate: value } : url.length < 5 ? { url, valueTime: value } : { url, valueCode: value },
  ),
});

const holidays = (state: string, ...days: Extension[]): Extension => ({
  url: 'urn:creneau:fhir:holidays',
  extension: [...(state === '' ? [] : [{ url: 'state', valueCode: state }]), ...days],
});

const schedule = (...extension: Extension[]): Schedule => ({
  resourceType: 'Schedule',
  id: 'x',
  actor: [{ reference: 'Practitioner/x' }],
  extension: [WEEK, ...extension],
});

const CONTEXT: AgendaContext = { placeZone: 'Europe/Paris', defaultDurationMs: 60 * MINUTE };

function startsOn(date: string, extension: Extension[], context: Partial<AgendaContext> = {}): string[] {
  const agenda = compileAgenda(schedule(...extension), { ...CONTEXT, ...context });
  const start = Date.parse(`${date}T00:00:00Z`) - DAY;
  return freeSlots(agenda, { start, end: start + 3 * DAY }, [], [])
    .filter((slot) => localDate(slot.start, agenda.zone) === date)
    .map((slot) => formatInstant(slot.start, agenda.zone).slice(11, 16));
}

describe('a public holiday', () => {
  it('is a day like any other where nobody says anything', () => {
    expect(startsOn('2026-12-25', [])).toHaveLength(10);
  });

  it('has no slot where holidays are closed, and the day after is as always', () => {
    expect(startsOn('2026-12-25', [holidays('closed')])).toEqual([]);
    expect(startsOn('2026-12-24', [holidays('closed')])).toHaveLength(10);
    expect(startsOn('2026-12-28', [holidays('closed')])).toHaveLength(10);
  });

  it('is said by its name where it is closed', () => {
    const agenda = compileAgenda(schedule(holidays('closed')), CONTEXT);
    const noon = Date.parse('2026-12-25T12:00:00+01:00');
    const [closure] = closures(agenda, { start: noon, end: noon + 1 });
    expect(closure).toMatchObject({ availabilityIds: [], reason: { text: 'Noël' } });
    expect(closure!.end - closure!.start).toBe(DAY);
  });

  it('is worked on by whoever chooses so, every year or on one date', () => {
    const every = day({ holiday: 'noel', state: 'open' });
    expect(startsOn('2026-12-25', [holidays('closed', every)])).toHaveLength(10);
    const once = day({ date: '2026-12-25', state: 'open' });
    expect(startsOn('2026-12-25', [holidays('closed', once)])).toHaveLength(10);
    expect(startsOn('2028-12-25', [holidays('closed', once)])).toEqual([]);
  });

  it('has hours of its own, inside of the week and outside of it', () => {
    const hours = day({ holiday: 'noel', state: 'hours', from: '09:00:00', to: '12:00:00' });
    expect(startsOn('2026-12-25', [holidays('closed', hours)])).toEqual(['09:00', '10:00', '11:00']);
    // A Saturday: the week is closed, the holiday is open.
    const victory = day({ holiday: 'victoire', state: 'hours', from: '09:00:00', to: '11:00:00' });
    expect(startsOn('2027-05-08', [holidays('closed', victory)])).toEqual(['09:00', '10:00']);
    const evening = day({ holiday: 'noel', state: 'hours', from: '17:00:00', to: '20:00:00' });
    expect(startsOn('2026-12-25', [holidays('closed', evening)])).toEqual(['17:00', '18:00', '19:00']);
  });

  it('follows the territory: Strasbourg rests on 26 March 2027, Rennes does not; Réunion on 20 December', () => {
    const closed = [holidays('closed')];
    expect(startsOn('2027-03-26', closed, { territory: 'alsace-moselle' })).toEqual([]);
    expect(startsOn('2027-03-26', closed, { territory: 'metropole' })).toHaveLength(10);
    const reunion = { placeZone: 'Indian/Reunion' };
    expect(startsOn('2027-12-20', closed, { ...reunion, territory: 'la-reunion' })).toEqual([]);
    expect(startsOn('2027-12-20', closed, { ...reunion, territory: 'metropole' })).toHaveLength(10);
  });

  it('is what the most special setting says', () => {
    const practice: HolidaySettings = { state: 'closed', entries: [{ holiday: 'noel', state: 'open' }] };
    const context = { holidays: [practice] };
    expect(startsOn('2026-12-25', [], context)).toHaveLength(10);
    expect(startsOn('2027-01-01', [], context)).toEqual([]);
    expect(startsOn('2026-12-25', [holidays('closed')], context)).toEqual([]);
    expect(startsOn('2027-01-01', [holidays('', day({ holiday: 'nouvel-an', state: 'open' }))], context)).toHaveLength(
      10,
    );
  });

  it('that cannot be understood is refused, each fault with its place', () => {
    const faults = (extension: Extension): number => checkAgenda(schedule(extension), CONTEXT).length;
    expect(faults(holidays('closed', day({ holiday: 'noel', state: 'open' })))).toBe(0);
    expect(faults(holidays('perhaps'))).toBe(1);
    expect(faults(holidays('closed', day({ holiday: 'easter', state: 'open' })))).toBe(1);
    expect(faults(holidays('closed', day({ date: 'tomorrow', state: 'open' })))).toBe(1);
    expect(faults(holidays('closed', day({ holiday: 'noel', state: 'hours', from: '12:00:00', to: '09:00:00' })))).toBe(
      1,
    );
    expect(faults(holidays('closed', day({ state: 'maybe' })))).toBe(2);
  });
});

describe('any territory with any choices', () => {
  it('slots never lie on a closed holiday, and a day that is none keeps all of its own', () => {
    const choice = fc.constantFrom('closed', 'open');
    fc.assert(
      fc.property(
        fc.constantFrom(...TERRITORIES),
        choice,
        fc.array(fc.record({ at: fc.nat(30), state: choice }), { maxLength: 4 }),
        fc.integer({ min: 2026, max: 2060 }),
        fc.integer({ min: 0, max: 364 }),
        (territory, state, entries, year, offset) => {
          const all = publicHolidays(territory, year);
          const days = entries.map((entry) => day({ holiday: all[entry.at % all.length]!.code, state: entry.state }));
          const agenda = compileAgenda(schedule(holidays(state, ...days)), { ...CONTEXT, territory });
          const plain = compileAgenda(schedule(), CONTEXT);
          const start = Date.UTC(year, 0, 1) + offset * DAY;
          const window = { start, end: start + 9 * DAY };
          const closed = new Set(
            [...all, ...publicHolidays(territory, year + 1)]
              .filter(({ code }) => {
                const chosen = entries.find((entry) => all[entry.at % all.length]!.code === code);
                return (chosen?.state ?? state) === 'closed';
              })
              .map(({ date }) => date),
          );
          const expected = freeSlots(plain, window, [], []).filter(
            (slot) => !closed.has(localDate(slot.start, 'Europe/Paris')),
          );
          const found = freeSlots(agenda, window, [], []);
          expect(found.map((slot) => slot.start)).toEqual(expected.map((slot) => slot.start));
          for (const slot of found) expect(isOpen(agenda, slot)).toBe(true);
        },
      ),
    );
  });
});
