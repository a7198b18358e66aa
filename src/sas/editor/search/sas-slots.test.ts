/**
 * A slot that nothing gives to the SAS never leaves by any door; what leaves carries the codes of that door alone.
 * Random agendas and offers.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LoadedAgenda } from '../../../agenda/agendas.ts';
import type { AgendaState } from '../../../agenda/slots/slot-state.ts';
import type { Json, Resource } from '../../../fhir/resource.ts';
import { compileAgenda } from '../../../scheduling/agenda.ts';
import { freeSlots } from '../../../scheduling/slots.ts';
import { DAY } from '../../../scheduling/zone.ts';
import { type Door, DOORS } from '../codes.ts';
import { leaving, quotaStart } from './sas-slots.ts';

const HOUR = 3_600_000;
const TODAY = Date.parse('2026-11-24T00:00:00Z');
const WINDOW = { start: TODAY, end: TODAY + 3 * DAY };
const COMPLETE = { isComplete: true, services: new Set(['HealthcareService/h']) };
const CODES = ['PUBLIC', 'PRO', 'SNP', 'CPTS'];
/** Written here anew: what the guide lets each door show. */
const ALLOWED: Record<Door, string[]> = {
  PS: ['PUBLIC', 'PRO', 'SNP'],
  CPTS: ['PUBLIC', 'PRO', 'SNP', 'CPTS'],
  SOS: ['PUBLIC', 'SNP'],
};

interface Offer {
  blocks: number[];
  visibility: string[];
  cpts: boolean;
  quota: number | undefined;
}

const offers: fc.Arbitrary<Offer[]> = fc.array(
  fc.record({
    blocks: fc.uniqueArray(fc.integer({ min: 0, max: 3 })),
    visibility: fc.uniqueArray(fc.constantFrom(...CODES)),
    cpts: fc.boolean(),
    quota: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined, freq: 5 }),
  }),
  { maxLength: 4 },
);

/** Block k is open every day from 8 + 2k to 9 + 2k, UTC. */
function scheduleOf(list: readonly Offer[], paused: boolean): Resource {
  const two = (n: number): string => String(n).padStart(2, '0');
  const part = (url: string, value: Json): Json => ({ url, ...value });
  return {
    resourceType: 'Schedule',
    id: 's',
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
      ...list.map((one) => ({
        url: 'urn:creneau:fhir:slot-offer',
        extension: [
          ...one.blocks.map((block) => part('availability', { valueString: `b${block}` })),
          ...one.visibility.map((code) => part('visibility', { valueCode: code })),
          ...(one.cpts ? [part('cpts', { valueReference: { reference: 'HealthcareService/h' } })] : []),
          ...(one.quota === undefined ? [] : [part('dailyQuota', { valuePositiveInt: one.quota })]),
        ],
      })),
    ],
  };
}

function stateOf(resource: Resource): { loaded: LoadedAgenda; state: AgendaState } {
  const agenda = compileAgenda(resource, { defaultDurationMs: HOUR / 4 });
  const loaded = {
    schedule: 's',
    code: 'x',
    version: 1,
    keys: [],
    context: '{}',
    changes: 0,
    agenda,
    resource,
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

/** The codes that leave by a door for a slot of this block, from the offers as they were drawn. */
function expected(list: readonly Offer[], block: number, door: Door): string[] {
  const own = list.filter((one) => one.blocks.length === 0 || one.blocks.includes(block));
  const codes = new Set(own.flatMap((one) => one.visibility));
  return CODES.filter(
    (code) => codes.has(code) && ALLOWED[door].includes(code) && (code !== 'CPTS' || own.some((one) => one.cpts)),
  ).sort();
}

describe('what leaves', () => {
  test('is what an offer gives, with the codes of the door, within the quota of all doors together, whatever part of the day is asked for', () => {
    fc.assert(
      fc.property(
        offers,
        fc.boolean(),
        fc.integer({ min: 0, max: 2 * DAY }),
        fc.integer({ min: 0, max: 3 * DAY }),
        (list, paused, late, from) => {
          const { loaded, state } = stateOf(scheduleOf(list, paused));
          const now = TODAY + late;
          const quota = Math.min(...list.map((one) => one.quota ?? Number.POSITIVE_INFINITY));
          const perDay = new Map<number, Set<string>>();
          for (const door of DOORS) {
            const { visible, withheld } = leaving(loaded, state, { door, window: WINDOW, now }, COMPLETE);
            expect(visible.length + withheld.length).toBe(state.slots.length);
            for (const slot of visible) {
              const block = (new Date(slot.start).getUTCHours() - 8) / 2;
              expect(paused).toBe(false);
              expect(slot.start).toBeGreaterThanOrEqual(now);
              expect([...slot.visibility].sort()).toEqual(expected(list, block, door));
              expect(slot.visibility.length).toBeGreaterThan(0);
              expect(slot.visibility.includes('CPTS')).toBe(JSON.stringify(slot.serviceType).includes('604'));
              const day = Math.floor(slot.start / DAY);
              perDay.set(day, (perDay.get(day) ?? new Set()).add(slot.id));
            }
            // And nothing that is given is kept back without a reason.
            for (const { start, reason } of withheld) {
              const block = (new Date(start).getUTCHours() - 8) / 2;
              if (reason === 'quota') expect(quota).toBeLessThan(Number.POSITIVE_INFINITY);
              else expect(paused || start < now || expected(list, block, door).length === 0).toBe(true);
            }
            const part = { start: TODAY + from, end: TODAY + from + DAY };
            const inPart = visible.filter(({ start }) => start >= part.start && start < part.end);
            expect(leaving(loaded, state, { door, window: part, now }, COMPLETE).visible).toEqual(inPart);
          }
          for (const ids of perDay.values()) expect(ids.size).toBeLessThanOrEqual(quota);
        },
      ),
      { numRuns: 150 },
    );
  });

  test('bookings by regulators count for the quota of their day', () => {
    const { loaded, state } = stateOf(
      scheduleOf([{ blocks: [], visibility: ['PUBLIC'], cpts: false, quota: 3 }], false),
    );
    const days = (booked: number[]): number[] => {
      const { visible } = leaving(loaded, state, { door: 'PS', window: WINDOW, now: TODAY }, { ...COMPLETE, booked });
      return [0, 1, 2].map((day) => visible.filter((one) => Math.floor((one.start - TODAY) / DAY) === day).length);
    };
    expect(days([])).toEqual([3, 3, 3]);
    expect(days([TODAY + 9 * HOUR, TODAY + DAY + 9 * HOUR, TODAY + DAY + 10 * HOUR])).toEqual([2, 1, 3]);
  });

  test('a quota looks back to the beginning of the local day, across the change of the clock', () => {
    const agenda = (zone: string, quota: boolean): LoadedAgenda =>
      ({ agenda: { zone, offers: quota ? [{ dailyQuota: 1 }] : [] } }) as unknown as LoadedAgenda;
    const noon = Date.parse('2026-10-25T12:00:00+01:00');
    expect(new Date(quotaStart(agenda('Europe/Paris', true), noon)).toISOString()).toBe('2026-10-24T22:00:00.000Z');
    expect(new Date(quotaStart(agenda('Pacific/Noumea', true), noon)).toISOString()).toBe('2026-10-24T13:00:00.000Z');
    expect(quotaStart(agenda('Europe/Paris', false), noon)).toBe(noon);
  });

  test('an agenda leaves by the doors of its kind, and only when it is complete', () => {
    const { loaded, state } = stateOf(
      scheduleOf([{ blocks: [], visibility: ['PUBLIC'], cpts: false, quota: undefined }], false),
    );
    const reasons = (actors: string[], isComplete = true): (string | undefined)[] =>
      DOORS.map(
        (door) =>
          leaving({ ...loaded, actors }, state, { door, window: WINDOW, now: TODAY }, { ...COMPLETE, isComplete })
            .withheld[0]?.reason,
      );
    expect(reasons(['Practitioner/a', 'PractitionerRole/a'])).toEqual([undefined, undefined, 'other-kind']);
    expect(reasons(['Location/a'])).toEqual(['other-kind', 'other-kind', undefined]);
    expect(reasons(['Practitioner/a', 'Device/a'])).toEqual(['other-kind', 'other-kind', 'other-kind']);
    expect(reasons(['PractitionerRole/a', 'Location/a'], false)).toEqual(['incomplete', 'incomplete', 'incomplete']);
  });
});
