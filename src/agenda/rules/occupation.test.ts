/** The occupation of an appointment is computed once per write. */
import { expect, it } from 'vitest';
import type { Appointment } from '../../fhir/resources.ts';
import { FhirError } from '../../fhir/issue.ts';
import { agendasOf, occupationOf } from './occupation.ts';
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
    recording: new Set(),
  });
});

it('is computed anew outside of writes', () => {
  expect(occupationOf(SERVICES, APPOINTMENT)).not.toBe(occupationOf(SERVICES, APPOINTMENT));
});

it.each<[string, Error, boolean]>([
  ['names agendas that are gone: none', new FhirError('not-found', 'gone', { status: 422 }), true],
  ['cannot be read because the database is away', new FhirError('transient', 'away'), false],
  ['cannot be read because of a fault of ours', new TypeError('ours'), false],
  ['cannot be read because of any failure', new FhirError('exception', 'any', { status: 500 }), false],
])('the agendas of an appointment that %s', async (_what, error, isNone) => {
  const services = { ...SERVICES, occupations: { get: () => Promise.reject(error) } } as unknown as RuleServices;
  const agendas = agendasOf(services, APPOINTMENT);
  if (isNone) expect(await agendas).toEqual([]);
  else await expect(agendas).rejects.toBe(error);
});

it('an appointment without time has no agendas', async () => {
  expect(await agendasOf(SERVICES, { ...APPOINTMENT, minutesDuration: undefined })).toEqual([]);
});
