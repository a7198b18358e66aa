/** The answers of participants that book an appointment, or end it. */
import { describe, expect, it } from 'vitest';
import type { Appointment, Participant } from '../fhir/resources.ts';
import { isAccepted, isAnswerable, isDeclined } from './answers.ts';

/** `Patient/1 accepted`, `Device/1 declined optional` */
const appointmentOf = (status: string, participants: readonly string[], start?: string): Appointment => ({
  resourceType: 'Appointment',
  status,
  ...(start === undefined ? {} : { start }),
  participant: participants.map((text): Participant => {
    const [reference = '', answer = '', required] = text.split(' ');
    return { actor: { reference }, status: answer, ...(required === undefined ? {} : { required }) };
  }),
});
const START = '2026-11-27T08:00:00+01:00';

describe('accepted', () => {
  it.each<[string, string, string[], boolean]>([
    ['by everybody', 'pending', ['Patient/1 accepted', 'Practitioner/1 accepted'], true],
    ['by everybody, as a proposal', 'proposed', ['Patient/1 accepted', 'Practitioner/1 accepted'], true],
    ['but for one who was asked', 'pending', ['Patient/1 accepted', 'Practitioner/1 needs-action'], false],
    ['but for one who is not sure', 'pending', ['Patient/1 accepted', 'Practitioner/1 tentative'], false],
    ['by those who are needed', 'pending', ['Patient/1 accepted', 'Device/1 declined optional'], true],
    ['by those who take part', 'pending', ['Patient/1 accepted', 'Device/1 needs-action information-only'], true],
    ['by nobody who is needed', 'pending', ['Patient/1 accepted optional'], false],
    ['and booked already', 'booked', ['Patient/1 accepted'], false],
    ['and cancelled since', 'cancelled', ['Patient/1 accepted'], false],
  ])('%s: %s', (_, status, participants, expected) => {
    expect(isAccepted(appointmentOf(status, participants))).toBe(expected);
  });
});

describe('declined', () => {
  it.each<[string, string[], string | undefined, boolean]>([
    ['by nobody', ['Patient/1 accepted', 'Practitioner/1 tentative'], START, false],
    ['by one who is needed', ['Patient/1 accepted', 'Practitioner/1 declined required'], START, true],
    ['by one who is not marked', ['Patient/1 declined', 'Practitioner/1 accepted'], START, true],
    ['by one who is optional', ['Patient/1 accepted', 'Practitioner/1 declined optional'], START, false],
    ['by one of two who are asked', ['Patient/1 accepted', 'Practitioner/1 declined', 'Device/1 x'], undefined, false],
    ['by all who are asked', ['Patient/1 accepted', 'Practitioner/1 declined', 'Device/1 declined'], undefined, true],
    ['by the only professional', ['Patient/1 x', 'Practitioner/1 declined', 'Location/1 x'], undefined, true],
    ['by the patient of a request', ['Patient/1 declined', 'Practitioner/1 x'], undefined, true],
  ])('%s', (_, participants, start, expected) => {
    expect(isDeclined(appointmentOf('pending', participants, start))).toBe(expected);
  });
});

it.each([
  ...(['proposed', 'pending', 'waitlist', 'booked'] as const).map((status) => [status, true] as const),
  ...(['arrived', 'fulfilled', 'noshow', 'cancelled', 'entered-in-error'] as const).map(
    (status) => [status, false] as const,
  ),
])('an appointment that is %s waits for answers: %s', (status, expected) => {
  expect(isAnswerable({ status })).toBe(expected);
});
