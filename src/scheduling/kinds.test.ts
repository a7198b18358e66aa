/** Kinds of visit: the times that are listed for each visitor are those that may be booked, and no others. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Extension } from '../fhir/resource.ts';
import type { Schedule } from '../fhir/resources.ts';
import { AUDIENCES, readVisitKinds, type Visitor } from '../fhir/french/visit-kind.ts';
import { checkVisitKinds } from '../fhir/french/visit-kind-check.ts';
import { type Agenda, compileAgenda } from './agenda.ts';
import { deskReasons, kindReason, kindSlots, kindsFor, weeksAround } from './kind-limits.ts';
import { availabilityTime, MINUTE } from './random-agenda.test-data.ts';
import { type BusyTime, freeSlots } from './slots.ts';
import { DAY, HOUR } from './zone.ts';

const SYSTEM = 'urn:test:motif';
const ZONE = 'Europe/Paris';
/** A Wednesday, 07:00 in Paris. */
const NOW = Date.parse('2027-01-06T07:00:00+01:00');
const WEEK = { start: Date.parse('2027-01-04T00:00:00+01:00'), end: Date.parse('2027-01-11T00:00:00+01:00') };
/** Openings of a day, with some time around them. */
const HOURS = { first: 7.5 * HOUR, last: 12.5 * HOUR };

type Parts = Record<string, unknown>;

/** `{ buffer: 5, audience: ['everyone'], limit: [{ notice: 120 }] }` as an extension. */
function kind(code: string, minutes: number, parts: Parts = {}): Extension[] {
  const coding = { system: SYSTEM, code, display: code };
  return [
    {
      url: 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-service-type-duration',
      extension: [
        { url: 'serviceType', valueCodeableConcept: { coding: [coding] } },
        { url: 'duration', valueDuration: { value: minutes, code: 'min' } },
      ],
    },
    { url: 'urn:creneau:fhir:visit-kind', extension: [{ url: 'kind', valueCoding: coding }, ...partsOf(parts)] },
  ];
}

function partsOf(parts: Parts): Extension[] {
  return Object.entries(parts).flatMap(([url, value]) =>
    [value].flat().map((single): Extension => {
      if (typeof single === 'object') return { url, extension: partsOf(single as Parts) };
      if (typeof single === 'boolean') return { url, valueBoolean: single };
      return typeof single === 'number' ? { url, valuePositiveInt: single } : { url, valueCode: String(single) };
    }),
  );
}

function opening(availability: string, codes: readonly string[], more: Parts = {}): Extension {
  return {
    url: 'urn:creneau:fhir:opening',
    extension: [
      { url: 'availability', valueString: availability },
      ...codes.map((code) => ({ url: 'kind', valueCoding: { system: SYSTEM, code } })),
      ...partsOf(more),
    ],
  };
}

/** Open from 08:00 to 11:00 (`morning`) and from 11:00 to 12:00 (`noon`), every day. */
function schedule(extension: readonly Extension[]): Schedule {
  const day = (id: string, from: string, to: string): Extension =>
    availabilityTime({ id, type: 'free', start: `2026-12-01T${from}`, end: `2026-12-01T${to}`, rrule: 'DAILY' });
  return {
    resourceType: 'Schedule',
    id: 's',
    actor: [],
    extension: [...extension, day('morning', '08:00', '11:00'), day('noon', '11:00', '12:00')],
  };
}

const agendaOf = (...extension: Extension[]): Agenda =>
  compileAgenda(schedule(extension), { placeZone: ZONE, defaultDurationMs: 15 * MINUTE });

const at = (text: string): number => Date.parse(`2027-01-${text}:00+01:00`);
const busyAt = (from: string, to: string, more: Partial<BusyTime> = {}): BusyTime => ({
  ...{ start: at(from), end: at(to), lane: 0, own: true },
  ...more,
});

/** Starts that are listed for a visitor on a day of January: `08:00`. */
function listed(agenda: Agenda, code: string, as: Visitor, day: string, busy: BusyTime[] = [], now = NOW): string[] {
  const found = agenda.kinds.find(({ key }) => key === `${SYSTEM}|${code}`)!;
  const window = { start: at(`${day}T00:00`), end: at(`${day}T00:00`) + DAY };
  const slots = freeSlots(agenda, weeksAround(window, ZONE), busy, []);
  return kindSlots(agenda, found, as, { slots, busy }, window, now).map(({ start }) =>
    new Date(start + HOUR).toISOString().slice(11, 16),
  );
}

const EVERYONE: Visitor = { as: 'everyone' };
const DESK: Visitor = { as: 'desk' };
const REGULATOR: Visitor = { as: 'regulators' };

describe('a kind of visit', () => {
  it('that nobody has opened is booked by the desk alone', () => {
    const agenda = agendaOf(...kind('visit', 15));
    for (const as of AUDIENCES) expect(kindsFor(agenda, { as })).toEqual([]);
    expect(kindsFor(agenda, DESK)).toHaveLength(1);
    expect(listed(agenda, 'visit', DESK, '06')).toHaveLength(16);
  });

  it('is given in the openings that take it, and an opening that names kinds takes no others', () => {
    const agenda = agendaOf(
      ...kind('visit', 15, { audience: ['everyone'] }),
      ...kind('urgent', 15, { audience: ['regulators'] }),
      opening('noon', ['urgent']),
      opening('morning', ['visit']),
    );
    expect(listed(agenda, 'visit', EVERYONE, '07')).not.toContain('11:00');
    expect(listed(agenda, 'visit', EVERYONE, '07')).toHaveLength(12);
    expect(listed(agenda, 'urgent', EVERYONE, '07')).toEqual([]);
    expect(listed(agenda, 'urgent', REGULATOR, '07')).toEqual(['11:00', '11:15', '11:30', '11:45']);
    expect(listed(agenda, 'urgent', DESK, '07')).toEqual(['11:00', '11:15', '11:30', '11:45']);
  });

  it('is given in openings of its modes', () => {
    const agenda = agendaOf(
      ...kind('call', 60, { audience: ['everyone'], mode: ['VR'] }),
      ...kind('visit', 60, { audience: ['everyone'], mode: ['AMB', 'HH'] }),
      ...kind('any', 60, { audience: ['everyone'] }),
      opening('noon', [], { mode: ['VR'] }),
    );
    expect(listed(agenda, 'call', EVERYONE, '07')).toEqual(['08:00', '09:00', '10:00', '11:00']);
    expect(listed(agenda, 'visit', EVERYONE, '07')).toEqual(['08:00', '09:00', '10:00']);
    expect(listed(agenda, 'any', EVERYONE, '07')).toHaveLength(4);
    const [, visit] = agenda.kinds;
    const noon = { start: at('07T11:00'), end: at('07T12:00') };
    expect(deskReasons(agenda, visit!, DESK, noon, [])).toEqual(['range']);
  });

  it('is not given to those for whom an opening is not', () => {
    const agenda = agendaOf(
      ...kind('visit', 60, { audience: ['everyone', 'regulators'] }),
      opening('morning', [], { audience: ['regulators'] }),
      opening('noon', [], { audience: ['desk'] }),
    );
    expect(listed(agenda, 'visit', EVERYONE, '07')).toEqual([]);
    expect(listed(agenda, 'visit', REGULATOR, '07')).toEqual(['08:00', '09:00', '10:00']);
    expect(listed(agenda, 'visit', DESK, '07')).toEqual(['08:00', '09:00', '10:00', '11:00']);
  });

  it('keeps the time after it free, before what comes next too', () => {
    const agenda = agendaOf(...kind('visit', 15, { audience: ['everyone'], buffer: 5, step: 5 }));
    const found = listed(agenda, 'visit', EVERYONE, '07', [busyAt('07T09:00', '07T09:15', { bufferMs: 5 * MINUTE })]);
    expect(found).toContain('09:20');
    expect(found).not.toContain('09:15');
    expect(found).toContain('08:40');
    expect(found).not.toContain('08:45');
    // After the last one the practice may well be closed.
    expect(found.at(-1)).toBe('11:45');
  });

  it('without a step of its own starts after the time that is kept free', () => {
    const agenda = agendaOf(...kind('visit', 15, { audience: ['everyone'], buffer: 5 }));
    expect(listed(agenda, 'visit', EVERYONE, '07').slice(0, 3)).toEqual(['08:00', '08:20', '08:40']);
  });

  it('with places fills up, and lets nobody join a visit of another kind', () => {
    const agenda = agendaOf(
      ...kind('shot', 10, { audience: ['everyone'], places: 3 }),
      ...kind('visit', 10, { audience: ['everyone'] }),
    );
    const shot = (lane: number): BusyTime =>
      busyAt('07T09:00', '07T09:10', { lane, kind: `${SYSTEM}|shot`, places: 3 });
    const visit = busyAt('07T09:00', '07T09:10', { kind: `${SYSTEM}|visit`, places: 1 });
    expect(listed(agenda, 'shot', EVERYONE, '07', [shot(0), shot(1)])).toContain('09:00');
    expect(listed(agenda, 'visit', EVERYONE, '07', [shot(0)])).not.toContain('09:00');
    expect(listed(agenda, 'shot', EVERYONE, '07', [shot(0), shot(1), shot(2)])).not.toContain('09:00');
    expect(listed(agenda, 'shot', EVERYONE, '07', [visit])).not.toContain('09:00');
  });
});

describe('a limit', () => {
  const limited = (...limit: Parts[]): Agenda =>
    agendaOf(...kind('visit', 30, { audience: ['everyone', 'regulators'], limit }));

  it.each<[string, Parts, string, string, number]>([
    ['two hours before', { notice: 120 }, '06', '09:00', 6],
    ['not on the same day', { notSameDay: true }, '06', 'none', 0],
    ['not on the same day leaves the next morning', { notSameDay: true }, '07', '08:00', 8],
    ['one day ahead', { horizonDays: 1 }, '07', '08:00', 8],
    ['not two days ahead', { horizonDays: 1 }, '08', 'none', 0],
  ])('%s', (_name, limit, day, first, count) => {
    const found = listed(limited(limit), 'visit', EVERYONE, day);
    expect([found[0] ?? 'none', found.length]).toEqual([first, count]);
  });

  it('of a release opens some weeks at once, on its day and hour', () => {
    const agenda = limited({ release: { day: 'thu', at: '08:00', weeks: 1 } });
    const before = at('07T07:59');
    expect(listed(agenda, 'visit', EVERYONE, '07', [], before)).toEqual([]);
    expect(listed(agenda, 'visit', EVERYONE, '13', [], at('07T08:00'))).toHaveLength(8);
    expect(listed(agenda, 'visit', EVERYONE, '14', [], at('07T08:00'))).toEqual([]);
  });

  it('counts a week from Monday, whoever has booked, and leaves other audiences alone', () => {
    const agenda = limited({ audience: ['everyone'], perWeek: 2 });
    const own = { kind: `${SYSTEM}|visit` };
    const busy = [busyAt('06T08:00', '06T08:30', own), busyAt('08T08:00', '08T08:30', own)];
    expect(listed(agenda, 'visit', EVERYONE, '09', busy)).toEqual([]);
    expect(listed(agenda, 'visit', EVERYONE, '11', busy)).toHaveLength(8);
    expect(listed(agenda, 'visit', REGULATOR, '09', busy)).toHaveLength(8);
    expect(listed(agenda, 'visit', EVERYONE, '09', busy.slice(1))).toHaveLength(8);
  });

  it('of one audience takes the place of that for all', () => {
    const agenda = limited({ notSameDay: true }, { audience: ['regulators'], notice: 0 });
    expect(listed(agenda, 'visit', EVERYONE, '06')).toEqual([]);
    expect(listed(agenda, 'visit', REGULATOR, '06')).toHaveLength(8);
  });
});

describe('a visitor', () => {
  it('without a record gets no kind for known patients; a patient of the practice does', () => {
    const agenda = agendaOf(...kind('follow-up', 30, { audience: ['everyone'], newPatients: false }));
    expect(kindsFor(agenda, EVERYONE)).toEqual([]);
    expect(kindsFor(agenda, { as: 'everyone', isKnown: true })).toHaveLength(1);
    expect(kindsFor(agenda, { as: 'patients' })).toHaveLength(1);
  });

  it('is of the age of the kind on the day of the visit', () => {
    const agenda = agendaOf(...kind('child', 30, { audience: ['everyone'], ageMax: 15 }));
    const born = (birthDate: string): string[] => listed(agenda, 'child', { as: 'everyone', birthDate }, '08');
    expect(born('2011-01-09')).toHaveLength(8);
    expect(born('2011-01-08')).toEqual([]);
  });

  it('from a regulation books nothing that the practice must approve', () => {
    const agenda = agendaOf(...kind('visit', 30, { audience: ['everyone', 'regulators'], approval: true }));
    expect(kindsFor(agenda, REGULATOR)).toEqual([]);
    expect(kindsFor(agenda, EVERYONE)).toHaveLength(1);
  });
});

it('the desk is told what it does, and never stopped', () => {
  const agenda = agendaOf(
    ...kind('visit', 15, { buffer: 5, ageMin: 18, limit: [{ perDay: 1 }] }),
    ...kind('urgent', 15),
    opening('noon', ['urgent']),
  );
  const [visit] = agenda.kinds;
  const busy = [busyAt('07T09:00', '07T09:15', { kind: visit!.key, bufferMs: 5 * MINUTE })];
  const told = (from: string, birthDate?: string): string[] =>
    deskReasons(agenda, visit!, { as: 'desk', birthDate }, { start: at(from), end: at(from) + 15 * MINUTE }, busy);
  expect(told('08T10:00')).toEqual([]);
  expect(told('07T09:15')).toEqual(['buffer', 'day-full']);
  expect(told('07T08:45')).toEqual(['buffer', 'day-full']);
  expect(told('08T11:00', '2020-01-01')).toEqual(['range', 'age']);
});

it.each<[string, string, string | undefined]>([
  ['free', '08:00', undefined],
  ['taken', '09:00', 'taken'],
  ['only kept free after another one', '09:15', 'buffer'],
  ['too near to the next one', '08:45', 'buffer'],
  ['no start of the grid', '08:05', 'range'],
])('a time that is %s', (_name, clock, reason) => {
  const agenda = agendaOf(...kind('visit', 15, { audience: ['everyone'], buffer: 5, step: 15 }));
  const busy = [busyAt('07T09:00', '07T09:15', { bufferMs: 5 * MINUTE })];
  const slots = freeSlots(agenda, WEEK, busy, []);
  const time = { start: at(`07T${clock}`), end: at(`07T${clock}`) + 15 * MINUTE };
  expect(kindReason(agenda, agenda.kinds[0]!, EVERYONE, time, { slots, busy }, NOW)).toBe(reason);
});

it('the practice, the practitioner and the agenda lay their rules over each other', () => {
  const [, ofPractice] = kind('visit', 15, { audience: ['everyone'], buffer: 5 });
  const [, ofRole] = kind('visit', 15, { buffer: 10 });
  const own = kind('visit', 20, { places: 2 });
  const entries = readVisitKinds({ resourceType: 'Organization', extension: [ofPractice!, ofRole!] });
  const context = { placeZone: ZONE, defaultDurationMs: 15 * MINUTE, kinds: entries };
  expect(compileAgenda(schedule(own), context).kinds[0]).toMatchObject({
    ...{ durationMs: 20 * MINUTE, bufferMs: 10 * MINUTE, places: 2, audiences: ['everyone'] },
  });
});

it.each<[string, Parts]>([
  ['an unknown audience', { audience: ['world'] }],
  ['a notice as long as the horizon', { limit: [{ notice: 1440, horizonDays: 1 }] }],
  ['an age that nobody has', { ageMin: 12, ageMax: 10 }],
  ['a release at no hour', { limit: [{ release: { day: 'mon', at: '25:00', weeks: 1 } }] }],
  ['a duration of two days', { duration: 2880 }],
])('%s is refused', (_name, parts) => {
  expect(checkVisitKinds(schedule(kind('visit', 15, parts)))).toHaveLength(1);
});

it('more kinds than a practice can name are refused', () => {
  const kinds = (count: number): Extension[] => Array.from({ length: count }, (_, i) => kind(`k${i}`, 15)[1]!);
  expect(checkVisitKinds({ resourceType: 'Organization', extension: kinds(200) })).toEqual([]);
  expect(checkVisitKinds({ resourceType: 'Organization', extension: kinds(201) })).toHaveLength(1);
});

const audiences = fc.subarray([...AUDIENCES]);
const limits = fc.record(
  {
    audience: fc.subarray(['everyone', 'regulators'], { minLength: 1 }),
    notice: fc.constantFrom(0, 60, 1440),
    notSameDay: fc.boolean(),
    horizonDays: fc.integer({ min: 2, max: 12 }),
    perDay: fc.integer({ min: 1, max: 2 }),
    perWeek: fc.integer({ min: 2, max: 3 }),
  },
  { requiredKeys: [] },
);
const kindParts = fc.record(
  {
    audience: audiences,
    newPatients: fc.boolean(),
    buffer: fc.constantFrom(0, 5, 20),
    places: fc.constantFrom(1, 2),
    limit: fc.array(limits, { maxLength: 2 }),
  },
  { requiredKeys: [] },
);

it('a time is listed for a visitor if and only if it may be booked', () => {
  fc.assert(
    fc.property(
      fc.tuple(kindParts, kindParts),
      fc.subarray(['a', 'b']),
      fc.array(fc.tuple(fc.nat(6), fc.nat(15), fc.constantFrom('a', 'b', null), fc.nat(1)), { maxLength: 12 }),
      fc.constantFrom<Visitor>(...[...AUDIENCES, 'desk' as const].map((as) => ({ as })), {
        as: 'everyone',
        isKnown: true,
      }),
      ([a, b], atNoon, taken, visitor) => {
        const agenda = agendaOf(...kind('a', 15, a), ...kind('b', 30, b), opening('noon', atNoon));
        const busy = taken.map(([day, quarter, code, lane]): BusyTime => {
          const start = WEEK.start + day * DAY + 8 * HOUR + quarter * 15 * MINUTE;
          const own = { kind: code && `${SYSTEM}|${code}`, places: code === null ? null : 2, bufferMs: 5 * MINUTE };
          return { start, end: start + 15 * MINUTE, lane, own: true, ...own };
        });
        const slots = freeSlots(agenda, WEEK, busy, []);
        for (const known of agenda.kinds) {
          const shown = kindSlots(agenda, known, visitor, { slots, busy }, WEEK, NOW).map(({ start }) => start);
          const bookable: number[] = [];
          for (let start = WEEK.start; start < WEEK.end; start += 5 * MINUTE) {
            const clock = (start - WEEK.start) % DAY;
            if (clock < HOURS.first || clock > HOURS.last) continue;
            const time = { start, end: start + known.durationMs };
            if (kindReason(agenda, known, visitor, time, { slots, busy }, NOW) === undefined) bookable.push(start);
          }
          expect(shown).toEqual(bookable);
        }
      },
    ),
    { numRuns: 40 },
  );
});
