/** The booking rule in memory: the time that an appointment takes, keeps and frees, and what is recorded of it. */
import { describe, expect, it } from 'vitest';
import { type Case, decide, ms, withActors } from './rule-world.test-data.ts';
import { ONE, P, hold, slots, visit } from './visits.test-data.ts';

const over = { extension: [{ url: 'urn:creneau:fhir:overbooking', valueBoolean: true }] };

describe('takes time', () => {
  it.each<[string, Case, string]>([
    ['new', { agendas: ONE, after: visit() }, 'take s@3 09:00-09:30; bring s; on s'],
    [
      'new, with two patients, one twice, one declined',
      {
        agendas: ONE,
        after: visit('09:00-09:30', {
          participant: [
            ...withActors(P, 'Patient/a', 'Patient/b', 'Patient/a', 'RelatedPerson/r'),
            { actor: { reference: 'Patient/c' }, status: 'declined' },
          ],
        }),
      },
      'take s@3 09:00-09:30; bring s Patient/a Patient/b; on s',
    ],
    [
      'with an agenda of its patient',
      {
        agendas: { ...ONE, own: { actors: ['Patient/a'], open: [] } },
        after: visit('09:00-09:30', { participant: withActors(P, 'Patient/a') }),
      },
      'take own@3 09:00-09:30 beside; warn conflict if beside own; take s@3 09:00-09:30; bring s Patient/a; on own s',
    ],
    [
      'only on the agenda of a patient',
      {
        agendas: { own: { actors: ['Patient/a'], open: [] } },
        after: visit('09:00-09:45', { participant: withActors('Patient/a') }),
      },
      'take own@3 09:00-09:45 beside; warn conflict if beside own; on own',
    ],
    [
      'a request',
      { agendas: ONE, after: visit('09:00-09:30', { status: 'pending' }) },
      'take s@3 09:00-09:30 tentative; bring s; on s',
    ],
    [
      'a request that takes no time',
      { agendas: ONE, after: visit('09:00-09:30', { status: 'pending' }), settings: { requestsTakeTime: false } },
      'on none',
    ],
    [
      'a hold',
      { agendas: ONE, after: visit('09:00-09:30', hold('07:10')) },
      'send hold "a then" "a" at 07:10; take s@3 09:00-09:30 tentative until 07:10; bring s; on s',
    ],
    ['a hold that ends now', { agendas: ONE, after: visit('09:00-09:30', hold('07:00')) }, 'on none'],
    [
      'a team',
      { agendas: { s: { actors: [P, 'Practitioner/q'], team: 2 } }, after: visit() },
      'take s@3 09:00-09:30 of 2; bring s; on s',
    ],
    [
      'an offer of places',
      { agendas: { s: { actors: [P], places: 3 } }, after: visit() },
      'take s@3 09:00-09:30 of 3; bring s; on s',
    ],
    [
      'an offer of places, in a part of an opening',
      { agendas: { s: { actors: [P], places: 3, open: ['08:00-12:00', '!10:00-11:00'] } }, after: visit() },
      'take s@3 09:00-09:30 of 3; bring s; on s',
    ],
    [
      'places of an agenda that is closed then',
      {
        agendas: { s: { actors: [P], places: 3 } },
        after: visit('13:00-13:30', over),
        as: { roles: ['overbooking'] },
      },
      'take s@3 13:00-13:30 beside; bring s beside; audit overbooking C s; on s',
    ],
    ['without agenda', { agendas: {}, after: visit() }, 'on none'],
    [
      'without agenda, by its length',
      { agendas: {}, after: { ...visit(), end: undefined, minutesDuration: 20 } },
      'times 09:00+01:00 09:20+01:00; on none',
    ],
    [
      'an appointment that says it is a hold',
      { agendas: ONE, after: visit('09:00-09:30', { ...hold('07:10'), status: 'booked' }) },
      'take s@3 09:00-09:30; bring s; no longer a hold; on s',
    ],
  ])('%s', async (_what, given, expected) => expect(await decide(given)).toBe(expected));
});

describe('keeps, changes or frees it', () => {
  it.each<[string, Case, string]>([
    [
      'unmoved',
      { agendas: ONE, held: ['s 09:00-09:30'], before: visit(), after: visit('09:00-09:30', { comment: 'x' }) },
      'lock s; on s',
    ],
    [
      'unmoved, past and closed',
      {
        agendas: { s: { actors: [P], open: [] } },
        held: ['s 09:00-09:30'],
        before: visit(),
        after: visit(),
        as: { now: ms('12:00') },
      },
      'lock s; on s',
    ],
    [
      'other participants',
      {
        agendas: ONE,
        held: ['s 09:00-09:30'],
        before: visit(),
        after: visit('09:00-09:30', { participant: withActors(P, 'Patient/a') }),
      },
      'lock s; bring s Patient/a; on s',
    ],
    [
      'moved',
      { agendas: ONE, held: ['s 09:00-09:30'], before: visit(), after: visit('10:00-10:30') },
      'lock s; free; take s@3 10:00-10:30; bring s; on s',
    ],
    [
      'begun earlier',
      {
        agendas: ONE,
        held: ['s 09:00-09:30'],
        before: visit(),
        after: visit('08:30-09:30', { slot: slots('s', '08:30-09:00', '09:00-09:30') }),
      },
      'lock s; free; take s@3 08:30-09:30; bring s; on s',
    ],
    [
      'longer',
      {
        agendas: ONE,
        held: ['s 09:00-09:30'],
        before: visit(),
        after: visit('09:00-10:00', { slot: slots('s', '09:00-09:30', '09:30-10:00') }),
      },
      'lock s; free; take s@3 09:00-10:00; bring s; on s',
    ],
    [
      'on another agenda',
      {
        agendas: { ...ONE, t: { actors: ['Practitioner/q'] } },
        held: ['s 09:00-09:30'],
        before: visit(),
        after: visit('09:00-09:30', { participant: withActors('Practitioner/q') }),
      },
      'lock s; free; take t@3 09:00-09:30; bring t; on t',
    ],
    [
      'on one more agenda',
      {
        agendas: { ...ONE, t: { actors: ['Practitioner/q'] } },
        held: ['s 09:00-09:30'],
        before: visit(),
        after: visit('09:00-09:30', { participant: withActors(P, 'Practitioner/q') }),
      },
      'lock s; free; take s@3 09:00-09:30; take t@3 09:00-09:30; bring s; bring t; on s t',
    ],
    [
      'on one agenda less',
      {
        agendas: { ...ONE, t: { actors: ['Practitioner/q'] } },
        held: ['s 09:00-09:30', 't 09:00-09:30'],
        before: visit(),
        after: visit(),
      },
      'lock s; lock t; free; take s@3 09:00-09:30; bring s; on s',
    ],
    [
      'one agenda of two is another',
      {
        agendas: { ...ONE, t: { actors: ['Practitioner/q'] } },
        held: ['s 09:00-09:30', 'u 09:00-09:30'],
        before: visit(),
        after: visit('09:00-09:30', { participant: withActors(P, 'Practitioner/q') }),
      },
      'lock s; lock u; free; take s@3 09:00-09:30; take t@3 09:00-09:30; bring s; bring t; on s t',
    ],
    [
      'one of two agendas has another time',
      {
        agendas: { ...ONE, t: { actors: ['Practitioner/q'] } },
        held: ['s 09:00-09:30', 't 09:30-10:00'],
        before: visit(),
        after: visit('09:00-09:30', { participant: withActors(P, 'Practitioner/q') }),
      },
      'lock s; lock t; free; take s@3 09:00-09:30; take t@3 09:00-09:30; bring s; bring t; on s t',
    ],
    [
      'accepted',
      {
        agendas: ONE,
        held: ['s 09:00-09:30 tentative'],
        before: visit('09:00-09:30', { status: 'pending' }),
        after: visit(),
      },
      'lock s; free; take s@3 09:00-09:30; bring s; on s',
    ],
    [
      'a hold becomes an appointment',
      {
        agendas: ONE,
        held: ['s 09:00-09:30 tentative until 07:10'],
        before: visit('09:00-09:30', hold('07:10')),
        after: visit(),
      },
      'lock s; free; take s@3 09:00-09:30; bring s; on s',
    ],
    [
      'a hold becomes a request',
      {
        agendas: ONE,
        held: ['s 09:00-09:30 tentative until 07:10'],
        before: visit('09:00-09:30', hold('07:10')),
        after: visit('09:00-09:30', { status: 'pending' }),
      },
      'lock s; free; take s@3 09:00-09:30 tentative; bring s; on s',
    ],
    [
      'a hold goes on as it was',
      {
        agendas: ONE,
        held: ['s 09:00-09:30 tentative until 07:10'],
        before: visit('09:00-09:30', hold('07:10')),
        after: visit('09:00-09:30', hold('07:10')),
      },
      'lock s; send hold "a then" "a" at 07:10; on s',
    ],
    [
      'cancelled',
      { agendas: ONE, held: ['s 09:00-09:30'], before: visit(), after: visit('09:00-09:30', { status: 'cancelled' }) },
      'lock s; free; on none',
    ],
    [
      'cancelled, without time',
      {
        agendas: ONE,
        held: [],
        before: visit('09:00-09:30', { status: 'cancelled' }),
        after: visit('09:00-09:30', { status: 'cancelled', comment: 'x' }),
      },
      'on none',
    ],
    [
      'booked again',
      { agendas: ONE, held: [], before: visit('09:00-09:30', { status: 'cancelled' }), after: visit() },
      'take s@3 09:00-09:30; bring s; on s',
    ],
    [
      'without agenda, changed',
      { agendas: {}, held: [], before: visit(), after: visit('09:00-09:30', { comment: 'x' }) },
      'on none',
    ],
    ['deleted', { agendas: ONE, held: ['s 09:00-09:30'], before: visit(), after: null }, 'lock s; free; on none'],
  ])('%s', async (_what, given, expected) => expect(await decide(given)).toBe(expected));
});

describe('stands beside others', () => {
  it.each<[string, Case, string]>([
    [
      'unmoved, beside the places since another came first',
      { agendas: ONE, held: ['s 09:00-09:30 beside'], before: visit(), after: visit('09:00-09:30', { comment: 'x' }) },
      'lock s; on s',
    ],
    [
      'no longer an overbooking, beside',
      { agendas: ONE, held: ['s 09:00-09:30 beside'], before: visit('09:00-09:30', over), after: visit() },
      'lock s; free; take s@3 09:00-09:30; bring s; on s',
    ],
    [
      'no longer an overbooking, in a place',
      { agendas: ONE, held: ['s 09:00-09:30'], before: visit('09:00-09:30', over), after: visit() },
      'lock s; bring s; on s',
    ],
    [
      'no longer an overbooking, beside in the agenda of the patient only',
      {
        agendas: { ...ONE, own: { actors: ['Patient/a'], open: [] } },
        held: ['own 09:00-09:30 beside', 's 09:00-09:30'],
        before: visit('09:00-09:30', { ...over, participant: withActors(P, 'Patient/a') }),
        after: visit('09:00-09:30', { participant: withActors(P, 'Patient/a') }),
      },
      'lock own; lock s; bring s Patient/a; on own s',
    ],
    [
      'an overbooking, new',
      { agendas: ONE, after: visit('09:00-09:20', over), as: { roles: ['overbooking'] } },
      'take s@3 09:00-09:20 beside; bring s beside; audit overbooking C s; on s',
    ],
    [
      'an overbooking, without the right',
      { agendas: ONE, after: visit('09:00-09:20', over), as: { roles: ['manager'] } },
      '403 forbidden Appointment.extension: Overbooking needs the role "overbooking"',
    ],
    [
      'an overbooking that stays, without the right',
      {
        agendas: ONE,
        held: ['s 09:00-09:30 beside'],
        before: visit('09:00-09:30', over),
        after: visit('09:00-09:30', { ...over, comment: 'x' }),
        as: { roles: ['manager'] },
      },
      'lock s; free; take s@3 09:00-09:30 beside; on s',
    ],
    [
      'an overbooking that moves, without the right',
      {
        agendas: ONE,
        held: ['s 09:00-09:30 beside'],
        before: visit('09:00-09:30', over),
        after: visit('10:00-10:30', over),
        as: { roles: ['manager'] },
      },
      '403 forbidden Appointment.extension: Overbooking needs the role "overbooking"',
    ],
    [
      'an overbooking that was none',
      {
        agendas: ONE,
        held: ['s 09:00-09:30'],
        before: visit(),
        after: visit('09:00-09:30', over),
        as: { roles: ['*'] },
      },
      'lock s; free; take s@3 09:00-09:30 beside; bring s beside; audit overbooking C s; on s',
    ],
    [
      'an overbooking without agenda',
      {
        agendas: {},
        held: [],
        before: visit('09:00-09:30', over),
        after: visit('09:00-09:30', over),
        as: { roles: ['*'] },
      },
      'audit overbooking C; on none',
    ],
  ])('%s', async (_what, given, expected) => expect(await decide(given)).toBe(expected));
});
