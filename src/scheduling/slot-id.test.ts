/** Ids of computed slots: they come back as they went in, and no two slots share one. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { agendaCode, parseSlotId, type SlotKey, slotId } from './slot-id.ts';

/** https://hl7.org/fhir/R4/datatypes.html#id */
const FHIR_ID = /^[A-Za-z0-9\-.]{1,64}$/;

const key: fc.Arbitrary<SlotKey> = fc
  .record({
    agenda: fc.string({ minLength: 1, maxLength: 64 }).map(agendaCode),
    // Years 1900 to 2500.
    start: fc.integer({ min: -2_208_988_800, max: 16_725_225_600 }).map((seconds) => seconds * 1000),
    durationMs: fc.integer({ min: 1, max: 400 * 86_400 }).map((seconds) => seconds * 1000),
    part: fc.option(
      fc.oneof(
        fc.constant('c'),
        fc.nat().map((row) => `b${row.toString(36)}`),
      ),
      { nil: undefined },
    ),
  })
  .map(({ part, ...rest }) => (part === undefined ? rest : { ...rest, part }));

test('round trip, and always a FHIR id', () => {
  fc.assert(
    fc.property(key, (parts) => {
      const id = slotId(parts);
      expect(id).toMatch(FHIR_ID);
      expect(parseSlotId(id)).toEqual(parts);
    }),
    { numRuns: 2000 },
  );
});

test('the longest possible id fits', () => {
  const id = slotId({
    agenda: 'z'.repeat(13),
    start: -8_640_000_000_000_000,
    durationMs: 2_000_000_000_000,
    part: `b${'z'.repeat(13)}`,
  });
  expect(id.length).toBeLessThanOrEqual(64);
  expect(parseSlotId(id)?.start).toBe(-8_640_000_000_000_000);
});

test('different keys never share an id', () => {
  // Close to one another, so that a forgotten part would show.
  const near = fc.record({
    agenda: fc.constantFrom('a', 'b', 'a1', '1a'),
    start: fc.integer({ min: -2, max: 40 }).map((seconds) => seconds * 1000),
    durationMs: fc.integer({ min: 1, max: 40 }).map((seconds) => seconds * 1000),
    part: fc.constantFrom(undefined, 'c', 'b1', 'b11'),
  });
  fc.assert(
    fc.property(near, near, ({ part: p, ...a }, { part: q, ...b }) => {
      const [x, y] = [
        { ...a, ...(p ? { part: p } : {}) },
        { ...b, ...(q ? { part: q } : {}) },
      ];
      expect(slotId(x) === slotId(y)).toBe(JSON.stringify(x) === JSON.stringify(y));
    }),
    { numRuns: 3000 },
  );
});

test('the code of an agenda depends on its id alone', () => {
  expect(agendaCode('1')).toBe('1mv6nv54k84ip');
  const ids = Array.from({ length: 50_000 }, (_, i) => `agenda-${i}`);
  expect(new Set(ids.map(agendaCode)).size).toBe(ids.length);
});

test.each([
  '',
  'my-slot',
  'a.b',
  'a.b.c.d',
  'a.1.0',
  'A.1.1',
  'a.1.1.',
  'a.1.1.b',
  'a.1.1.c1',
  'a..1',
  '.1.1',
  'a.1.-1',
  'a.1.1.c\n',
  `${'a'.repeat(14)}.1.1`,
])('"%s" is not the id of a computed slot', (id) => {
  expect(parseSlotId(id)).toBeUndefined();
});
