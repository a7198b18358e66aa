/** The occupation of an appointment is computed once per write. */
import { expect, it } from 'vitest';
import type { Appointment } from '../../fhir/resources.ts';
import { occupationOf } from './occupation.ts';
import type { RuleServices } from './services.ts';

const APPOINTMENT: Appointment = {
  resourceType: 'Appointment',
  status: 'booked',
  start: '2026-12-01T09:00:00+01:00',
  minutesDuration: 20,
  participant: [],
};
const SERVICES = {} as RuleServices;

it('is remembered during a write, for each state of the appointment', async () => {
  const services: RuleServices = { ...SERVICES, occupations: new WeakMap() };
  const first = occupationOf(services, APPOINTMENT);
  expect(occupationOf(services, APPOINTMENT)).toBe(first);
  expect(occupationOf(services, { ...APPOINTMENT })).not.toBe(first);
  expect(await first).toEqual({
    time: { start: Date.parse('2026-12-01T08:00:00Z'), end: Date.parse('2026-12-01T08:20:00Z') },
    agendas: [],
  });
});

it('is computed anew outside of writes', () => {
  expect(occupationOf(SERVICES, APPOINTMENT)).not.toBe(occupationOf(SERVICES, APPOINTMENT));
});
