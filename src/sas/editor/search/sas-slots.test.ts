/**
 * No search of the SAS ever shows a slot that no offer gives to it, and slots carry only the visibility codes of that
 * kind of search. Random agendas and offers.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LoadedAgenda } from '../../../agenda/agendas.ts';
import type { AgendaState } from '../../../agenda/slots/slot-state.ts';
import type { Json } from '../../../fhir/resource.ts';
import type { Schedule } from '../../../fhir/resources.ts';
import { compileAgenda } from '../../../scheduling/agenda.ts';
import { slotId } from '../../../scheduling/slot-id.ts';
import { freeSlots } from '../../../scheduling/slots.ts';
import { DAY } from '../../../scheduling/zone.ts';
import { CURRENT, SEARCH_KINDS, type SearchKind } from '../../contract/contract.ts';
import { decidingWindow, sasVisibility } from './sas-slots.ts';

const HOUR = 3_600_000;
const TODAY = Date.parse('2026-11-24T00:00:00Z');
const WINDOW = { start: TODAY, end: TODAY + 3 * DAY };
const TODAYS_WINDOW = { kind: 'PS' as const, window: WINDOW, now: TODAY };
const COMPLETE = { isComplete: true, services: new Set(['HealthcareService/h']) };
const CODES = ['PUBLIC', 'PRO', 'SNP', 'CPTS'];
/** The codes that the guide lets each kind of search show, written here again as an oracle. */
const ALLOWED: Record<SearchKind, string[]> = {
  PS: ['PUBLIC', 'PRO', 'SNP'],
  CPTS: ['PUBLIC', 'PRO', 'SNP', 'CPTS'],
  SOS: ['PUBLIC', 'SNP'],
};

interface DrawnOffer {
  blocks: number[];
  visibility: string[];
  cpts: boolean;
  quota: number | undefined;
}

const offers: fc.Arbitrary<DrawnOffer[]> = fc.array(
  fc.record({
    blocks: fc.uniqueArray(fc.integer({ min: 0, max: 3 })),
    visibility: fc.uniqueArray(fc.constantFrom(...CODES)),
    cpts: fc.boolean(),
    quota: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined, freq: 5 }),
  }),
  { maxLength: 4 },
);

/** Block k is open every day from 8 + 2k to 9 + 2k, UTC. */
function scheduleOf(list: readonly DrawnOffer[], paused: boolean): Schedule {
  const two = (n: number): string => String(n).padStart(2, '0');
  const part = (url: string, value: Json): Json => ({ url, ...value });
  return {
    resourceType: 'Schedule',
    id: 's',
    actor: [],
    extension: [
      { url: 'http://hl7.org/fhir/StructureDefinition/timezone', valueCode: 'UTC' },
      { url: 'urn:creneau:fhir:sas-paused', valueBoolean: paused },
      ...[0, 1, 2, 3].map((block) => ({
        url: 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-schedule-availability-time',
        extension: [
          part('identifier', { valueIdentifier: { value: `b${block}` } }),
          part('type', { valueCode: 'free' }),
          part('start', { valueDateTime: `2026-11-01T${two(8 + 2 * block)}:00:00Z` }),
          part('end', { valueDateTime: `2026-11-01T${two(9 + 2 * block)}:00:00Z` }),
          part('rrule', { extension: [part('freq', { valueCode: 'DAILY' })] }),
        ],
      })),
      ...list.map(({ blocks, visibility, cpts, quota }) => ({
        url: 'urn:creneau:fhir:slot-offer',
        extension: [
          ...blocks.map((block) => part('availability', { valueString: `b${block}` })),
          ...visibility.map((code) => part('visibility', { valueCode: code })),
          ...(cpts ? [part('cpts', { valueReference: { reference: 'HealthcareService/h' } })] : []),
          ...(quota === undefined ? [] : [part('dailyQuota', { valuePositiveInt: quota })]),
        ],
      })),
    ],
  };
}

function stateOf(resource: Schedule): { loaded: LoadedAgenda; state: AgendaState } {
  const agenda = compileAgenda(resource, { defaultDurationMs: HOUR / 4 });
  const loaded = {
    schedule: 's',
    code: 'x',
    version: 1,
    keys: [],
    context: '{}',
    members: undefined,
    changes: 0,
    agenda,
    resource: { ...resource, resourceType: 'Schedule', actor: [] },
    body: '',
    actors: ['Practitioner/a', 'PractitionerRole/a', 'Location/a'],
  } as LoadedAgenda;
  return {
    loaded,
    state: {
      slots: freeSlots(agenda, WINDOW, [], []),
      busy: [],
      explicit: [],
      free: [],
      until: Number.POSITIVE_INFINITY,
    },
  };
}

/** The codes that a kind of search shows of a slot in this block, from the offers as they were drawn. */
function expected(list: readonly DrawnOffer[], block: number, kind: SearchKind): string[] {
  const own = list.filter(({ blocks }) => blocks.length === 0 || blocks.includes(block));
  const codes = new Set(own.flatMap(({ visibility }) => visibility));
  return CODES.filter(
    (code) => codes.has(code) && ALLOWED[kind].includes(code) && (code !== 'CPTS' || own.some(({ cpts }) => cpts)),
  ).sort();
}

describe('a search of the SAS', () => {
  test('shows what offers give, with its own codes, within a common quota, for any part of a day', () => {
    fc.assert(
      fc.property(
        offers,
        fc.boolean(),
        fc.integer({ min: 0, max: 2 * DAY }),
        fc.integer({ min: 0, max: 3 * DAY }),
        (list, paused, late, from) => {
          const { loaded, state } = stateOf(scheduleOf(list, paused));
          const now = TODAY + late;
          const quota = Math.min(...list.map((offer) => offer.quota ?? Number.POSITIVE_INFINITY));
          const perDay = new Map<number, Set<string>>();
          for (const kind of SEARCH_KINDS) {
            const { visible, withheld } = sasVisibility(
              CURRENT,
              loaded,
              state,
              { kind, window: WINDOW, now },
              COMPLETE,
            );
            expect(visible.length + withheld.length).toBe(state.slots.length);
            for (const slot of visible) {
              const block = (new Date(slot.start).getUTCHours() - 8) / 2;
              expect(paused).toBe(false);
              expect(slot.start).toBeGreaterThanOrEqual(now);
              expect([...slot.visibility].sort()).toEqual(expected(list, block, kind));
              expect(slot.visibility.length).toBeGreaterThan(0);
              expect(slot.visibility.includes('CPTS')).toBe(JSON.stringify(slot.serviceType).includes('604'));
              const day = Math.floor(slot.start / DAY);
              perDay.set(day, (perDay.get(day) ?? new Set()).add(slot.id));
            }
            // No slot that is given is withheld without a reason.
            for (const { start, reason } of withheld) {
              const block = (new Date(start).getUTCHours() - 8) / 2;
              if (reason === 'quota') expect(quota).toBeLessThan(Number.POSITIVE_INFINITY);
              else expect(paused || start < now || expected(list, block, kind).length === 0).toBe(true);
            }
            const part = { start: TODAY + from, end: TODAY + from + DAY };
            const inPart = visible.filter(({ start }) => start >= part.start && start < part.end);
            const ofPart = sasVisibility(CURRENT, loaded, state, { kind, window: part, now }, COMPLETE);
            expect(ofPart.visible).toEqual(inPart);
          }
          for (const ids of perDay.values()) expect(ids.size).toBeLessThanOrEqual(quota);
        },
      ),
      { numRuns: 150 },
    );
  });

  test('shows a written slot as it says itself, and by its kind of visit where it names one', () => {
    const coding = (code: string): Json => ({ system: 'urn:test:motif', code });
    const kind = (code: string, ...audiences: string[]): Json[] => [
      {
        url: 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-service-type-duration',
        extension: [
          { url: 'serviceType', valueCodeableConcept: { coding: [coding(code)] } },
          { url: 'duration', valueDuration: { value: 15, code: 'min' } },
        ],
      },
      {
        url: 'urn:creneau:fhir:visit-kind',
        extension: [
          { url: 'kind', valueCoding: coding(code) },
          ...audiences.map((audience) => ({ url: 'audience', valueCode: audience })),
        ],
      },
    ];
    const resource = scheduleOf([], false);
    resource.extension!.push(...kind('desk'), ...kind('open', 'regulators'));
    const { loaded, state } = stateOf(resource);
    const explicit = [undefined, 'desk', 'open'].map((code, i) => {
      const start = TODAY + 20 * HOUR + (i * HOUR) / 4;
      const time = { start, end: start + HOUR / 4 };
      const slot = {
        ...{ resourceType: 'Slot', id: code ?? 'none', status: 'free', schedule: { reference: 'Schedule/s' } },
        meta: { security: [{ system: CURRENT.systems.visibility, code: 'SNP' }] },
        ...(code && { serviceType: [{ coding: [coding(code)] }] }),
        ...{ start: new Date(time.start).toISOString(), end: new Date(time.end).toISOString() },
      };
      const types = code === undefined ? [] : [`urn:test:motif|${code}`];
      return { ...time, id: slot.id, status: 'free', types, body: JSON.stringify(slot) };
    });
    const own = { ...state, explicit, slots: freeSlots(loaded.agenda, WINDOW, [], explicit) };
    const { visible, withheld } = sasVisibility(CURRENT, loaded, own, TODAYS_WINDOW, COMPLETE);
    expect(visible.map(({ id }) => id)).toEqual(['none', 'open']);
    expect(withheld.find(({ id }) => id === 'desk')).toMatchObject({ reason: 'kinds' });
  });

  test('counts the bookings of regulators for the quota of their day', () => {
    const { loaded, state } = stateOf(
      scheduleOf([{ blocks: [], visibility: ['PUBLIC'], cpts: false, quota: 3 }], false),
    );
    const days = (booked: number[]): number[] => {
      const { visible } = sasVisibility(CURRENT, loaded, state, TODAYS_WINDOW, { ...COMPLETE, booked });
      return [0, 1, 2].map((day) => visible.filter(({ start }) => Math.floor((start - TODAY) / DAY) === day).length);
    };
    expect(days([])).toEqual([3, 3, 3]);
    expect(days([TODAY + 9 * HOUR, TODAY + DAY + 9 * HOUR, TODAY + DAY + 10 * HOUR])).toEqual([2, 1, 3]);
  });

  test('with a quota looks back to the start of the local day, across a clock change', () => {
    const agenda = (zone: string, quota: boolean): LoadedAgenda =>
      ({ agenda: { zone, kinds: [], offers: quota ? [{ dailyQuota: 1 }] : [{}] } }) as unknown as LoadedAgenda;
    const quotaStart = (loaded: LoadedAgenda, start: number): number =>
      decidingWindow(loaded, { start, end: start + DAY }).start;
    const noon = Date.parse('2026-10-25T12:00:00+01:00');
    expect(new Date(quotaStart(agenda('Europe/Paris', true), noon)).toISOString()).toBe('2026-10-24T22:00:00.000Z');
    expect(new Date(quotaStart(agenda('Pacific/Noumea', true), noon)).toISOString()).toBe('2026-10-24T13:00:00.000Z');
    expect(quotaStart(agenda('Europe/Paris', false), noon)).toBe(noon);
  });

  test('shows only complete agendas of its kind', () => {
    const { loaded, state } = stateOf(
      scheduleOf([{ blocks: [], visibility: ['PUBLIC'], cpts: false, quota: undefined }], false),
    );
    const reasons = (actors: string[], isComplete = true): (string | undefined)[] =>
      SEARCH_KINDS.map((kind) => {
        const facts = { ...COMPLETE, isComplete };
        const look = { ...TODAYS_WINDOW, kind };
        return sasVisibility(CURRENT, { ...loaded, actors }, state, look, facts).withheld[0]?.reason;
      });
    expect(reasons(['Practitioner/a', 'PractitionerRole/a'])).toEqual([undefined, undefined, 'other-kind']);
    expect(reasons(['Location/a'])).toEqual(['other-kind', 'other-kind', undefined]);
    expect(reasons(['Practitioner/a', 'Device/a'])).toEqual(['other-kind', 'other-kind', 'other-kind']);
    expect(reasons(['PractitionerRole/a', 'Location/a'], false)).toEqual(['incomplete', 'incomplete', 'incomplete']);
  });
});

describe('slot by slot', () => {
  const PUBLIC: DrawnOffer = { blocks: [], visibility: ['PUBLIC'], cpts: false, quota: undefined };
  const look = (list: DrawnOffer[], change: (state: AgendaState) => Partial<AgendaState>, more: object = {}) => {
    const { loaded, state } = stateOf(scheduleOf(list, false));
    return sasVisibility(CURRENT, loaded, { ...state, ...change(state) }, { ...TODAYS_WINDOW, ...more }, COMPLETE);
  };
  const first = (state: AgendaState) => ({ slots: state.slots.slice(0, 1) });

  test('a computed slot has the id by which it is read, and comes in the order of time, then of length', () => {
    const start = TODAY + 8 * HOUR;
    const id = (from: number, length: number): string => slotId({ agenda: 'x', start: from, durationMs: length });
    const { visible } = look([PUBLIC], ({ slots }) => ({
      slots: [
        { ...slots[0]!, start: start + HOUR, end: start + 2 * HOUR },
        { ...slots[0]!, start, end: start + HOUR },
        { ...slots[0]!, start, end: start + HOUR / 2 },
      ],
    }));
    expect(visible.map((slot) => [slot.id, slot.start, slot.end])).toEqual([
      [id(start, HOUR / 2), start, start + HOUR / 2],
      [id(start, HOUR), start, start + HOUR],
      [id(start + HOUR, HOUR), start + HOUR, start + 2 * HOUR],
    ]);
  });

  test('the first moment of the window and of now is in, the last moment is not', () => {
    const start = TODAY + 8 * HOUR;
    const count = (more: object): number[] => {
      const { visible, withheld } = look([PUBLIC], first, more);
      return [visible.length, withheld.length];
    };
    expect(count({ window: { start, end: start + 1 } })).toEqual([1, 0]);
    expect(count({ window: { start: start + 1, end: start + HOUR } })).toEqual([0, 0]);
    expect(count({ window: { start: start - HOUR, end: start } })).toEqual([0, 0]);
    expect(count({ now: start })).toEqual([1, 0]);
    expect(count({ now: start + 1 })).toEqual([0, 1]);
  });

  test.each<[string, DrawnOffer[], SearchKind, number, (string | undefined)[]]>([
    ['no offer', [], 'PS', TODAY, ['not-offered']],
    ['for another search', [{ ...PUBLIC, visibility: ['PRO'] }], 'SOS', TODAY, ['other-door']],
    ['over', [PUBLIC], 'PS', TODAY + DAY, ['past']],
    ['over, and not offered', [], 'PS', TODAY + DAY, ['past']],
  ])('a slot that is withheld says why: %s', (_name, list, kind, now, reasons) => {
    const { visible, withheld } = look(list, first, { kind, now });
    expect([visible, withheld.map(({ reason }) => reason)]).toEqual([[], reasons]);
    expect(withheld[0]).toMatchObject({ start: TODAY + 8 * HOUR, end: TODAY + 8.25 * HOUR });
  });

  test('a slot that nobody is shown takes nothing of the quota of a day', () => {
    const quota = { ...PUBLIC, blocks: [1], quota: 1 };
    // A slot for a CPTS that is not named, in the block before.
    const unseen = { ...PUBLIC, blocks: [0], visibility: ['CPTS'] };
    const days = (list: DrawnOffer[]): number[] =>
      look(list, () => ({})).visible.map(({ start }) => new Date(start).getUTCHours());
    expect(days([quota])).toEqual([10, 10, 10]);
    expect(days([quota, unseen])).toEqual([10, 10, 10]);
    // One that another search is shown does.
    expect(days([quota, { ...PUBLIC, blocks: [0] }])).toEqual([8, 8, 8]);
  });

  test('a Slot that somebody wrote is given by its own codes, under its own id', () => {
    const written = (id: string, code: string, from: number) => ({
      ...{ id, status: 'free', start: from, end: from + HOUR },
      body: JSON.stringify({
        ...{ resourceType: 'Slot', id },
        meta: { security: [{ system: 'https://mos.esante.gouv.fr/NOS/TRE_R314-TypeCreneau/FHIR/TRE-R314', code }] },
      }),
    });
    const start = TODAY + 15 * HOUR;
    const explicit = [written('other', 'PUBLIC', start + HOUR), written('mine', 'PRO', start)];
    const free = { serviceTypes: [], availabilityIds: [], offers: [] };
    const state = () =>
      ({
        slots: explicit.map(({ id, start: from, end }) => ({ ...free, start: from, end, explicitId: id })),
        explicit,
      }) as unknown as Partial<AgendaState>;
    const shown = (kind: SearchKind) =>
      look([], state, { kind }).visible.map(({ id, visibility }) => [id, ...visibility]);
    expect(shown('PS')).toEqual([
      ['mine', 'PRO'],
      ['other', 'PUBLIC'],
    ]);
    expect(shown('SOS')).toEqual([['other', 'PUBLIC']]);
  });

  test('an agenda that is paused says so, whatever else is missing', () => {
    const { loaded, state } = stateOf(scheduleOf([PUBLIC], true));
    const facts = { ...COMPLETE, isComplete: false };
    const { withheld } = sasVisibility(CURRENT, { ...loaded, actors: [] }, state, TODAYS_WINDOW, facts);
    expect([...new Set(withheld.map(({ reason }) => reason))]).toEqual(['paused']);
  });

  test('the days of a replacement are shown, or withheld whole, and no others', () => {
    const replaced = (sas: boolean): Schedule => {
      const schedule = scheduleOf([PUBLIC], false);
      const reference = { reference: 'Practitioner/locum' };
      const extension = [
        { url: 'practitioner', valueReference: reference },
        { url: 'first', valueDate: '2026-11-25' },
        { url: 'last', valueDate: '2026-11-25' },
        { url: 'sas', valueBoolean: sas },
      ];
      return { ...schedule, extension: [...schedule.extension!, { url: 'urn:creneau:fhir:replacement', extension }] };
    };
    const daysOf = (sas: boolean): string[] => {
      const { loaded, state } = stateOf(replaced(sas));
      const { visible, withheld } = sasVisibility(CURRENT, loaded, state, TODAYS_WINDOW, COMPLETE);
      const hidden = withheld.filter(({ reason }) => reason === 'replacement');
      expect(new Set(hidden.map(({ start }) => new Date(start).getUTCDate()))).toEqual(new Set(sas ? [] : [25]));
      return [...new Set(visible.map(({ start }) => new Date(start).toISOString().slice(8, 10)))];
    };
    expect(daysOf(true)).toEqual(['24', '25', '26']);
    expect(daysOf(false)).toEqual(['24', '26']);
  });

  test('a place of another type is none', () => {
    const { loaded, state } = stateOf(scheduleOf([PUBLIC], false));
    const actors = ['Locations/a', 'PractitionerRoles/a'];
    const { visible } = sasVisibility(CURRENT, { ...loaded, actors }, state, TODAYS_WINDOW, COMPLETE);
    expect(visible).toEqual([]);
  });
});
