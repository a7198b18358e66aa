/** The reasons not to book at a time, and the times that an appointment gets. */
import { describe, expect, it } from 'vitest';
import { type Case, at, decide, ms, withActors } from './rule-world.test-data.ts';
import { ONE, P, hold, slots, visit } from './visits.test-data.ts';

describe('a time', () => {
  it.each<[string, Case, string]>([
    [
      'in the past',
      { agendas: ONE, after: visit('08:00-08:30'), as: { now: ms('08:06') } },
      '422 business-rule Appointment.start: The appointment starts in the past',
    ],
    [
      'as far in the past as is tolerated',
      { agendas: ONE, after: visit('08:00-08:30'), as: { now: ms('08:05') } },
      'take s@3 08:00-08:30; bring s; on s',
    ],
    [
      'in the past and closed, declared',
      { agendas: ONE, after: visit('13:00-13:30'), as: { now: ms('14:00'), roles: ['declare'] } },
      'warn start; warn start; audit declaration E s; take s@3 13:00-13:30; bring s; on s',
    ],
    [
      'closed',
      { agendas: ONE, after: visit('13:00-13:30') },
      '422 business-rule Appointment.start: Schedule/s is not open at 2026-11-27T13:00:00+01',
    ],
    [
      'closed, loaded',
      { agendas: ONE, after: visit('13:00-13:30'), as: { loading: true } },
      'take s@3 13:00-13:30; bring s; on s',
    ],
    [
      'closed, by the role that the operator lists',
      { agendas: ONE, after: visit('13:00-13:30'), as: { roles: ['pump'] }, settings: { declaringRoles: ['pump'] } },
      'warn start; audit declaration E s; take s@3 13:00-13:30; bring s; on s',
    ],
    [
      'closed, by its delegate',
      { agendas: { s: { actors: [P], delegate: 'x' } }, after: visit('13:00-13:30') },
      'warn start; audit declaration E s; take s@3 13:00-13:30; bring s; on s',
    ],
    [
      'closed, held by one who declares',
      { agendas: ONE, after: visit('13:00-13:30', hold('07:10')), as: { roles: ['declare'] } },
      '422 business-rule Appointment.start: Schedule/s is not open at 2026-11-27T13:00:00+01',
    ],
    [
      'not active',
      { agendas: { s: { actors: [P], active: false } }, after: visit() },
      '422 business-rule Appointment.slot: Schedule/s is not active',
    ],
    [
      'not active, to come, declared',
      { agendas: { s: { actors: [P], active: false } }, after: visit(), as: { roles: ['declare'] } },
      '422 business-rule Appointment.slot: Schedule/s is not active',
    ],
    [
      'not active, past, declared',
      { agendas: { s: { actors: [P], active: false } }, after: visit(), as: { now: ms('11:00'), roles: ['declare'] } },
      'warn start; warn slot; audit declaration E s; take s@3 09:00-09:30; bring s; on s',
    ],
    [
      'a length that nobody offers',
      { agendas: ONE, after: visit('09:00-09:20') },
      '422 business-rule Appointment.end: Schedule/s: appointments last 30 minutes, not 20',
    ],
    [
      'a length that nobody offers, declared',
      { agendas: ONE, after: visit('09:00-09:20'), as: { roles: ['declare'] } },
      'warn end; audit declaration E s; take s@3 09:00-09:20; bring s; on s',
    ],
    [
      'two slots in a row',
      { agendas: ONE, after: visit('09:00-10:00', { slot: slots('s', '09:00-09:30', '09:30-10:00') }) },
      'take s@3 09:00-10:00; bring s; on s',
    ],
    [
      'one and a half slots',
      { agendas: ONE, after: visit('09:00-09:45', { slot: slots('s', '09:00-09:30', '09:30-10:00') }) },
      '422 business-rule Appointment.end: Schedule/s: appointments last 30 minutes, not 45',
    ],
    [
      'one slot twice as long',
      { agendas: ONE, after: visit('09:00-10:00', { slot: slots('s', '09:00-10:00') }) },
      '422 business-rule Appointment.end: Schedule/s: appointments last 30 minutes, not 60',
    ],
    [
      'the longer of two lengths first',
      {
        agendas: {
          s: { actors: [P], lengths: { x: 60 } },
          t: { actors: ['Practitioner/q'], lengths: { y: 15, z: 45 } },
        },
        after: visit('09:00-09:20', { participant: withActors(P, 'Practitioner/q') }),
      },
      '422 business-rule Appointment.end: Schedule/s, Schedule/t: appointments last 15, 45',
    ],
    [
      'one type of several that last as long',
      {
        agendas: { s: { actors: [P], lengths: { 'visite+suivi': 15, bilan: 60 } } },
        after: visit('09:00-09:15', { serviceType: [{ text: 'suivi' }] }),
      },
      'take s@3 09:00-09:15; bring s; on s',
    ],
    [
      'one type of several that are asked',
      {
        agendas: { s: { actors: [P], lengths: { visite: 15, bilan: 60 } } },
        after: visit('09:00-09:15', { serviceType: [{ text: 'visite' }, { text: 'x' }] }),
      },
      'take s@3 09:00-09:15; bring s; on s',
    ],
    [
      'the length of another type',
      {
        agendas: { s: { actors: [P], lengths: { visite: 15, bilan: 60 } } },
        after: visit('09:00-10:00', { serviceType: [{ text: 'visite' }] }),
      },
      '422 business-rule Appointment.end: Schedule/s: appointments last 15 minutes, not 60',
    ],
    [
      'in a one-off closure, of no length that is offered, declared',
      {
        agendas: ONE,
        slots: ['s busy-unavailable 09:00-10:00'],
        after: visit('09:00-09:20'),
        as: { roles: ['declare'] },
      },
      'warn start; warn end; audit declaration E s; take s@3 09:00-09:20; bring s; on s',
    ],
    [
      'the length of the type beside it',
      {
        agendas: { s: { actors: [P], lengths: { 'visite+suivi': 15, bilan: 60 } } },
        after: visit('09:00-10:00', { serviceType: [{ text: 'suivi' }] }),
      },
      '422 business-rule Appointment.end: Schedule/s: appointments last 15 minutes, not 60',
    ],
    [
      'the length of no type that is asked',
      {
        agendas: { s: { actors: [P], lengths: { visite: 15, bilan: 60 } } },
        after: visit('09:00-10:00', { serviceType: [{ text: 'visite' }, { text: 'x' }] }),
      },
      '422 business-rule Appointment.end: Schedule/s: appointments last 15 minutes, not 60',
    ],
    [
      'one of several lengths, without a type',
      { agendas: { s: { actors: [P], lengths: { visite: 15, bilan: 60 } } }, after: visit('09:00-10:00') },
      'take s@3 09:00-10:00; bring s; on s',
    ],
    [
      'closed, after a slot that is gone, declared',
      {
        agendas: ONE,
        held: [],
        before: visit('09:00-09:30', { status: 'cancelled', slot: slots('gone', '09:00-09:30') }),
        after: visit('13:00-13:30'),
        as: { roles: ['declare'] },
      },
      'warn start; audit declaration E s; take s@3 13:00-13:30; bring s; on s',
    ],
  ])('%s', async (_what, given, expected) => expect(await decide(given)).toBe(expected));
});

describe('a one-off opening or closure', () => {
  it.each<[string, Case, string]>([
    [
      'in a one-off opening',
      { agendas: ONE, slots: ['s free 13:00-14:00'], after: visit('13:10-13:50') },
      'take s@3 13:10-13:50; bring s; on s',
    ],
    [
      'in a longer time than a one-off opening',
      { agendas: ONE, slots: ['s free 11:30-12:30'], after: visit('11:20-12:30') },
      '422 business-rule Appointment.end: Schedule/s: appointments last 30 minutes, not 70',
    ],
    [
      'in a part of one of two one-off openings',
      { agendas: ONE, slots: ['s free 13:00-14:00', 's free 13:30-14:30'], after: visit('13:05-13:50') },
      'take s@3 13:05-13:50; bring s; on s',
    ],
    [
      'in a one-off opening of one of two agendas',
      {
        agendas: { ...ONE, t: { actors: ['Practitioner/q'] } },
        slots: ['s free 09:00-10:00'],
        after: visit('09:10-09:30', { participant: withActors(P, 'Practitioner/q') }),
      },
      'take s@3 09:10-09:30; take t@3 09:10-09:30; bring s; bring t; on s t',
    ],
    [
      'in a one-off closure',
      { agendas: ONE, slots: ['s busy-unavailable 09:15-09:45'], after: visit() },
      '422 business-rule Appointment.start: Schedule/s is not open at 2026-11-27T09:00:00+01',
    ],
    [
      'around a one-off closure',
      { agendas: ONE, slots: ['s busy-unavailable 09:00-09:45'], after: visit('09:10-09:20') },
      '422 business-rule Appointment.start: Schedule/s is not open at 2026-11-27T09:10:00+01',
    ],
  ])('%s', async (_what, given, expected) => expect(await decide(given)).toBe(expected));
});

describe('a shape', () => {
  it.each<[string, Case, string]>([
    [
      'an end before the start, cancelled',
      { agendas: ONE, after: visit('09:30-09:00', { status: 'cancelled' }) },
      '422 business-rule Appointment.end: The appointment ends before it starts',
    ],
    [
      'an end that is the start, cancelled',
      { agendas: ONE, after: visit('09:00-09:00', { status: 'cancelled' }) },
      '422 business-rule Appointment.end: The appointment ends before it starts',
    ],
    [
      'an end alone',
      { agendas: ONE, after: { ...visit('09:00-09:30', { status: 'proposed' }), start: undefined } },
      '422 invariant Appointment.start: An end needs a start (app-2)',
    ],
    [
      'an end and a slot',
      { agendas: ONE, after: { ...visit('09:00-09:30', { slot: slots('s', '09:00-09:30') }), start: undefined } },
      'take s@3 09:00-09:30; bring s; times 09:00+01:00 09:30+01:00; on s',
    ],
    [
      'a start and a slot',
      { agendas: ONE, after: { ...visit('09:00-09:30', { slot: slots('s', '09:00-09:30') }), end: undefined } },
      'take s@3 09:00-09:30; bring s; times 09:00+01:00 09:30+01:00; on s',
    ],
    [
      'no time',
      { agendas: ONE, after: { status: 'booked', participant: withActors(P) } },
      '400 required Appointment.start: An appointment that takes time needs start and e',
    ],
    ['no time, proposed', { agendas: ONE, after: { status: 'proposed', participant: withActors(P) } }, 'on none'],
    ['no time, waiting', { agendas: ONE, after: { status: 'waitlist', participant: withActors(P) } }, 'on none'],
    [
      'no time, no longer taken',
      {
        agendas: ONE,
        held: ['s 09:00-09:30'],
        before: visit(),
        after: { status: 'cancelled', participant: withActors(P) },
      },
      'lock s; free; on none',
    ],
  ])('%s', async (_what, given, expected) => expect(await decide(given)).toBe(expected));
});

describe('times', () => {
  it.each<[string, Case, string]>([
    [
      'the times of two slots',
      {
        agendas: ONE,
        after: { status: 'booked', slot: slots('s', '09:30-10:00', '09:00-09:30'), participant: withActors(P) },
      },
      'take s@3 09:00-10:00; bring s; times 09:00+01:00 10:00+01:00; on s',
    ],
    [
      'the times of a slot, overseas',
      {
        agendas: { s: { actors: [P], zone: 'Indian/Reunion' } },
        after: { status: 'booked', slot: slots('s', '09:00-09:30'), participant: withActors(P) },
      },
      'take s@3 09:00-09:30; bring s; times 12:00+04:00 12:30+04:00; on s',
    ],
    [
      'the times of a slot, cancelled',
      { agendas: ONE, after: { status: 'cancelled', slot: slots('s', '09:00-09:30'), participant: withActors(P) } },
      'concern s; times 09:00+01:00 09:30+01:00; on none',
    ],
    [
      'a start and a length, cancelled',
      {
        agendas: ONE,
        after: { status: 'cancelled', start: at('09:00'), minutesDuration: 20, participant: withActors(P) },
      },
      'concern s; times 09:00+01:00 09:20+01:00; on none',
    ],
    [
      'an end and a slot, cancelled',
      {
        agendas: ONE,
        after: { status: 'cancelled', end: at('09:30'), slot: slots('s', '09:00-09:30'), participant: withActors(P) },
      },
      'concern s; times 09:00+01:00 09:30+01:00; on none',
    ],
    [
      'a slot elsewhere, cancelled',
      {
        agendas: ONE,
        after: { status: 'cancelled', slot: [{ reference: 'https://x.example/Slot/1' }], participant: withActors(P) },
      },
      'on none',
    ],
    [
      'all times, cancelled: agendas that are gone do not matter',
      { agendas: {}, after: visit('09:00-09:30', { status: 'cancelled', slot: slots('s', '09:00-09:30') }) },
      'on none',
    ],
    [
      'no slot and no start, waiting',
      { agendas: ONE, after: { status: 'waitlist', participant: withActors(P), serviceType: [{ text: 'visite' }] } },
      'on none',
    ],
  ])('%s', async (_what, given, expected) => expect(await decide(given)).toBe(expected));
});

describe('a status', () => {
  it.each<[string, Case, string]>([
    [
      'a status that cannot follow',
      {
        agendas: ONE,
        held: ['s 09:00-09:30'],
        before: visit('09:00-09:30', { status: 'fulfilled' }),
        after: visit('09:00-09:30', { status: 'pending' }),
      },
      '422 business-rule Appointment.status: An appointment that is fulfilled cannot become p',
    ],
    [
      'a status that cannot follow, declared',
      {
        agendas: ONE,
        held: ['s 09:00-09:30'],
        before: visit('09:00-09:30', { status: 'fulfilled' }),
        after: visit('09:00-09:30', { status: 'cancelled' }),
        as: { roles: ['declare'] },
      },
      'lock s; warn status; audit declaration E s; free; on none',
    ],
    [
      'an error that is withdrawn, declared',
      {
        agendas: ONE,
        held: [],
        before: visit('09:00-09:30', { status: 'entered-in-error' }),
        after: visit(),
        as: { roles: ['declare'] },
      },
      '422 business-rule Appointment.status: An appointment that is entered-in-error cannot b',
    ],
    [
      'a reason of a cancellation that is none',
      { agendas: ONE, after: visit('09:00-09:30', { cancelationReason: { text: 'x' } }) },
      '422 invariant Appointment.cancelationReason: cancelationReason is for cancelled and noshow on',
    ],
    [
      'a reason of a cancellation',
      { agendas: ONE, after: visit('09:00-09:30', { status: 'cancelled', cancelationReason: { text: 'x' } }) },
      'on none',
    ],
    [
      'a reason why somebody did not come',
      { agendas: ONE, after: visit('09:00-09:30', { status: 'noshow', cancelationReason: { text: 'x' } }) },
      'on none',
    ],
  ])('%s', async (_what, given, expected) => expect(await decide(given)).toBe(expected));
});
