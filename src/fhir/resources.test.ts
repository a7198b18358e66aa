/** The readers of typed resources. */
import { expect, it } from 'vitest';
import { parseResource, stringifyJson } from './json.ts';
import { isType, list } from './resources.ts';

const SLOT =
  '{"resourceType":"Slot","schedule":{"reference":"Schedule/a"},"status":"free","start":"2026-12-01T08:00:00+01:00","end":"2026-12-01T08:30:00+01:00","extension":[{"url":"urn:x","valueDecimal":1.50}]}';

it('a stored text is read as its type, decimals digit for digit', () => {
  const slot = parseResource('Slot', SLOT);
  expect(slot.schedule.reference).toBe('Schedule/a');
  expect(stringifyJson(slot)).toBe(SLOT);
});

it('a text of another type is an internal error that does not repeat its content', () => {
  expect(() => parseResource('Appointment', SLOT)).toThrow(/^This is not the text of a resource of type Appointment$/);
});

it('isType compares resourceType; an absent list is empty', () => {
  const slot = parseResource('Slot', SLOT);
  expect([isType(slot, 'Slot'), isType(slot, 'Schedule')]).toEqual([true, false]);
  expect([list(slot.serviceType), list([1])]).toEqual([[], [1]]);
});
