/** A Slot resource as it reads now. */
import { expect, it } from 'vitest';
import type { LoadedAgenda } from '../agendas.ts';
import { type AgendaState, explicitCandidate } from './slot-state.ts';

const BODY =
  '{"resourceType":"Slot","id":"a","extension":[{"url":"urn:x","valueDecimal":1.50}],"schedule":{"reference":"Schedule/s"},"status":"free","start":"2026-12-01T08:00:00+01:00","end":"2026-12-01T08:30:00+01:00"}';
const TIME = { start: Date.parse('2026-12-01T08:00:00+01:00'), end: Date.parse('2026-12-01T08:30:00+01:00') };
const loaded = { schedule: 's' } as LoadedAgenda;
const state = (slots: AgendaState['slots']): AgendaState => ({
  slots,
  busy: [],
  explicit: [],
  free: [],
  until: Number.POSITIVE_INFINITY,
});

it('a Slot keeps its text while its status is the stored one', () => {
  const free = { ...TIME, serviceTypes: [], availabilityIds: [], offers: [], kinds: [], rules: [], explicitId: 'a' };
  const slot = explicitCandidate(loaded, { id: 'a', status: 'free', ...TIME, body: BODY }, state([free]));
  expect([slot.status, slot.text()]).toEqual(['free', BODY]);
});

it('a Slot whose status has changed keeps the digits of its decimals', () => {
  const slot = explicitCandidate(loaded, { id: 'a', status: 'free', ...TIME, body: BODY }, state([]));
  expect(slot.text()).toBe(BODY.replace('"free"', '"busy-unavailable"'));
});
