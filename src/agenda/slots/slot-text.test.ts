/** A computed slot says the same as a text and as a value. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { LoadedAgenda } from '../agendas.ts';
import { type ComputedSlot, slotText, slotValue } from './slot-text.ts';

const concept = fc.record({ text: fc.string() });
const slots = fc.record({
  loaded: fc
    .record({ zone: fc.constantFrom('Europe/Paris', 'Indian/Reunion'), specialty: fc.option(fc.array(concept)) })
    .map(({ zone, specialty }) => ({
      schedule: 'cabinet',
      code: '1abc',
      agenda: { zone },
      resource: { resourceType: 'Schedule', ...(specialty ? { specialty } : {}) },
    })),
  start: fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => seconds * 1000),
  status: fc.constantFrom('free', 'busy', 'busy-tentative', 'busy-unavailable'),
  serviceTypes: fc.array(concept, { maxLength: 2 }),
  part: fc.constantFrom(undefined, 'b12', 'c'),
  comment: fc.option(fc.string(), { nil: undefined }),
});

it('the text of a slot is the JSON of its value, element by element', () => {
  fc.assert(
    fc.property(slots, ({ loaded, start, part, ...rest }) => {
      const slot = {
        ...rest,
        loaded: loaded as unknown as LoadedAgenda,
        start,
        end: start + 900_000,
        ...(part ? { part } : {}),
      } as ComputedSlot;
      expect(slotText(slot)).toBe(JSON.stringify(slotValue(slot)));
    }),
  );
});
