/** Which agendas an appointment occupies: those of its slots, and of everybody who takes part. */
import { describe, expect, it } from 'vitest';
import { type Case, at, decide, withActors } from './rule-world.test-data.ts';
import { ONE, P, slots, visit } from './visits.test-data.ts';

describe('occupies the agenda', () => {
  it.each<[string, Case, string]>([
    [
      'a role on the agenda of its professional',
      { agendas: ONE, after: visit('09:00-09:30', { participant: withActors('PractitionerRole/p-paris') }) },
      'take s@3 09:00-09:30; bring s; on s',
    ],
    [
      'a professional on the agenda of his role',
      { agendas: { s: { actors: ['PractitionerRole/p-paris'] } }, after: visit() },
      'take s@3 09:00-09:30; bring s; on s',
    ],
    [
      'by identifier',
      {
        agendas: ONE,
        after: visit('09:00-09:30', { participant: [{ actor: { identifier: { value: 'p' } }, status: 'accepted' }] }),
      },
      'take s@3 09:00-09:30; bring s; on s',
    ],
    [
      'by identifier, of another type',
      {
        agendas: ONE,
        after: visit('09:00-09:30', {
          participant: [
            { actor: { type: 'Patient', identifier: { system: 'urn:x', value: 'p' } }, status: 'accepted' },
          ],
        }),
      },
      'on none',
    ],
    [
      'by an identifier that two have',
      {
        agendas: ONE,
        after: visit('09:00-09:30', {
          participant: [{ actor: { identifier: { system: 'urn:x', value: 'two' } }, status: 'accepted' }],
        }),
      },
      '422 multiple-matches Appointment.participant.actor.identifier: A participant is named by an identifier that sev',
    ],
    [
      'by an identifier without value',
      {
        agendas: ONE,
        after: visit('09:00-09:30', {
          participant: [{ actor: { identifier: { system: 'urn:x' } }, status: 'accepted' }],
        }),
      },
      'on none',
    ],
    [
      'for information only',
      {
        agendas: ONE,
        after: visit('09:00-09:30', {
          participant: [
            { actor: { reference: P }, required: 'information-only', status: 'accepted' },
            { actor: { display: 'x' }, status: 'accepted' },
            { status: 'accepted' },
          ],
        }),
      },
      'on none',
    ],
    [
      'a room without agenda of its own',
      {
        agendas: { s: { actors: [P, 'Location/a'] } },
        after: visit('09:00-09:30', { participant: withActors('Location/a') }),
      },
      'on none',
    ],
    [
      'a room with an agenda',
      {
        agendas: { r: { actors: ['Location/a', 'Location/b'] } },
        after: visit('09:00-09:30', { participant: withActors('Location/a') }),
      },
      'take r@3 09:00-09:30; bring r; on r',
    ],
    [
      'several agendas, one open then',
      {
        agendas: { s: { actors: [P], open: ['08:00-10:00'] }, t: { actors: [P], open: ['10:00-12:00'] } },
        after: visit('11:00-11:30'),
      },
      'take t@3 11:00-11:30; bring t; on t',
    ],
    [
      'several agendas, one active',
      { agendas: { s: { actors: [P], active: false }, t: { actors: [P] } }, after: visit() },
      'take t@3 09:00-09:30; bring t; on t',
    ],
    [
      'several agendas, none active',
      { agendas: { s: { actors: [P], active: false }, t: { actors: [P], active: false } }, after: visit() },
      '422 business-rule Appointment.slot: Schedule/s is not active',
    ],
    [
      'several agendas open then, one at the place',
      {
        agendas: { s: { actors: [P, 'Location/a'] }, t: { actors: [P, 'Location/b'] } },
        after: visit('09:00-09:30', { participant: withActors(P, 'Location/b') }),
      },
      'take t@3 09:00-09:30; bring t; on t',
    ],
    [
      'several agendas open then',
      { agendas: { s: { actors: [P] }, t: { actors: [P] } }, after: visit() },
      '422 business-rule Appointment.slot: Practitioner/p has several agendas open then: na',
    ],
    [
      'several agendas, none open then',
      { agendas: { s: { actors: [P] }, t: { actors: [P] } }, after: visit('13:00-13:30') },
      '422 business-rule Appointment.start: Practitioner/p has several agendas and none is o',
    ],
    [
      'several agendas, none open then, one at the place',
      {
        agendas: { s: { actors: [P, 'Location/a'] }, t: { actors: [P, 'Location/b'] } },
        after: visit('13:00-13:30', { participant: withActors(P, 'Location/b') }),
      },
      '422 business-rule Appointment.start: Schedule/t is not open at 2026-11-27T13:00:00+01',
    ],
    [
      'several agendas of a patient',
      {
        agendas: {
          a: { actors: ['Patient/a'], active: false },
          b: { actors: ['Patient/a'], open: [] },
          c: { actors: ['Patient/a'] },
        },
        after: visit('09:00-09:30', { participant: withActors('Patient/a') }),
      },
      'take c@3 09:00-09:30 beside; warn conflict if beside c; on c',
    ],
    [
      'several agendas of a patient, none open',
      {
        agendas: {
          a: { actors: ['Patient/a'], active: false },
          b: { actors: ['Patient/a'], open: [] },
          c: { actors: ['Patient/a'], open: [] },
        },
        after: visit('09:00-09:30', { participant: withActors('Patient/a') }),
      },
      'take b@3 09:00-09:30 beside; warn conflict if beside b; on b',
    ],
    [
      'a patient on an agenda with a professional',
      {
        agendas: { s: { actors: [P, 'Patient/a'] } },
        after: visit('09:00-09:30', { participant: withActors('Patient/a') }),
      },
      'on none',
    ],
    [
      'a slot, and a colleague with an agenda',
      {
        agendas: { ...ONE, t: { actors: ['Practitioner/q'] } },
        after: visit('09:00-09:30', { slot: slots('s', '09:00-09:30'), participant: withActors(P, 'Practitioner/q') }),
      },
      'take s@3 09:00-09:30; take t@3 09:00-09:30; bring s; bring t; on s t',
    ],
    [
      'a Slot resource',
      { agendas: ONE, slots: ['s free 13:00-14:00'], after: { status: 'booked', slot: [{ reference: 'Slot/x0' }] } },
      'take s@3 13:00-14:00; bring s; times 13:00+01:00 14:00+01:00; on s',
    ],
    [
      'an unknown Slot',
      { agendas: ONE, after: { status: 'booked', slot: [{ reference: 'Slot/none' }] } },
      '422 not-found Appointment.slot: There is no Slot/none',
    ],
    [
      'a slot of an unknown agenda',
      { agendas: ONE, after: { status: 'booked', slot: slots('gone', '09:00-09:30') } },
      '422 not-found Appointment.slot: There is no Slot/m0xujurkk878.tp5i80.1e0',
    ],
    [
      'outside of its slot, after',
      { agendas: ONE, after: visit('09:00-10:00', { slot: slots('s', '09:00-09:30') }) },
      '422 business-rule Appointment.start: The times of the appointment are not those of it',
    ],
    [
      'outside of its slot, before',
      { agendas: ONE, after: visit('08:30-09:30', { slot: slots('s', '09:00-09:30') }) },
      '422 business-rule Appointment.start: The times of the appointment are not those of it',
    ],
    [
      'a start after its slot',
      { agendas: ONE, after: { status: 'booked', start: at('10:00'), slot: slots('s', '09:00-09:30') } },
      '422 business-rule Appointment.end: The appointment ends before it starts',
    ],
    [
      'a start and a length',
      {
        agendas: ONE,
        after: { status: 'booked', start: at('09:00'), minutesDuration: 30, participant: withActors(P) },
      },
      'take s@3 09:00-09:30; bring s; times 09:00+01:00 09:30+01:00; on s',
    ],
    [
      'a start and a service',
      {
        agendas: ONE,
        after: { status: 'booked', start: at('09:00'), serviceType: [{ text: 'visite' }], participant: withActors(P) },
      },
      'take s@3 09:00-09:30; bring s; times 09:00+01:00 09:30+01:00; on s',
    ],
    [
      'agendas in the order of their names',
      {
        agendas: { t: { actors: ['Practitioner/q'] }, u: { actors: ['Practitioner/r'] }, ...ONE },
        after: visit('09:00-09:30', { participant: withActors('Practitioner/q', P, 'Practitioner/r') }),
      },
      'take s@3 09:00-09:30; take t@3 09:00-09:30; take u@3 09:00-09:30; bring s; bring t; bring u; on s t u',
    ],
    [
      'a role with an agenda beside that of its professional',
      {
        agendas: { ...ONE, t: { actors: ['PractitionerRole/p-paris'] } },
        after: visit('09:00-09:30', { participant: withActors('PractitionerRole/p-paris') }),
      },
      'take t@3 09:00-09:30; bring t; on t',
    ],
    [
      'a role, where the professional has an agenda in another one',
      {
        agendas: { t: { actors: ['PractitionerRole/p-lyon'] } },
        after: visit('09:00-09:30', { participant: withActors('PractitionerRole/p-paris') }),
      },
      'on none',
    ],
    [
      'a role that nobody knows',
      { agendas: ONE, after: visit('09:00-09:30', { participant: withActors('PractitionerRole/p-gone') }) },
      'on none',
    ],
    [
      'a role and its professional',
      { agendas: ONE, after: visit('09:00-09:30', { participant: withActors('PractitionerRole/p-paris', P) }) },
      'take s@3 09:00-09:30; bring s; on s',
    ],
    [
      'a professional of a role that has the slot',
      {
        agendas: { ...ONE, t: { actors: ['PractitionerRole/p-paris'] } },
        after: visit('09:00-09:30', { slot: slots('t', '09:00-09:30') }),
      },
      'take t@3 09:00-09:30; bring t; on t',
    ],
    [
      'a role of the professional who has the slot',
      {
        agendas: { ...ONE, t: { actors: ['PractitionerRole/p-paris'] } },
        after: visit('09:00-09:30', {
          slot: slots('s', '09:00-09:30'),
          participant: withActors('PractitionerRole/p-paris'),
        }),
      },
      'take s@3 09:00-09:30; bring s; on s',
    ],
    [
      'a team that has the slot',
      {
        agendas: { ...ONE, t: { actors: [P, 'Practitioner/q'], team: 2 } },
        after: visit('09:00-09:30', { slot: slots('t', '09:00-09:30') }),
      },
      'take t@3 09:00-09:30 of 2; bring t; on t',
    ],
    [
      'a slot here and one elsewhere',
      {
        agendas: ONE,
        after: { status: 'booked', slot: [{ reference: 'https://x.example/Slot/1' }, ...slots('s', '09:00-09:30')] },
      },
      'take s@3 09:00-09:30; bring s; times 09:00+01:00 09:30+01:00; on s',
    ],
    [
      'somebody who declined',
      { agendas: ONE, after: visit('09:00-09:30', { participant: [{ actor: { reference: P }, status: 'declined' }] }) },
      'on none',
    ],
    [
      'by identifier, of its type',
      {
        agendas: ONE,
        after: visit('09:00-09:30', {
          participant: [
            { actor: { type: 'Practitioner', identifier: { system: 'urn:x', value: 'p' } }, status: 'accepted' },
          ],
        }),
      },
      'take s@3 09:00-09:30; bring s; on s',
    ],
    [
      'by identifier, of a type that is none',
      {
        agendas: ONE,
        after: visit('09:00-09:30', {
          participant: [{ actor: { type: 'Basic', identifier: { system: 'urn:x', value: 'p' } }, status: 'accepted' }],
        }),
      },
      'take s@3 09:00-09:30; bring s; on s',
    ],
    [
      'by an identifier beside an address elsewhere',
      {
        agendas: ONE,
        after: visit('09:00-09:30', {
          participant: [
            {
              actor: { reference: 'https://x.example/Practitioner/1', identifier: { value: 'p' } },
              status: 'accepted',
            },
          ],
        }),
      },
      'on none',
    ],
    [
      'several agendas open then, two at the place',
      {
        agendas: { s: { actors: [P, 'Location/a'] }, t: { actors: [P, 'Location/a'] } },
        after: visit('09:00-09:30', { participant: withActors(P, 'Location/a') }),
      },
      '422 business-rule Appointment.slot: Practitioner/p has several agendas open then: na',
    ],
    [
      'several agendas open then, one of the role',
      {
        agendas: { s: { actors: [P] }, t: { actors: ['PractitionerRole/p-paris'] } },
        after: visit('09:00-09:30', { participant: withActors(P, 'PractitionerRole/p-paris') }),
      },
      'take t@3 09:00-09:30; bring t; on t',
    ],
    [
      'a place that professionals use',
      {
        agendas: { s: { actors: [P, 'Location/a'] }, t: { actors: ['Location/a'] } },
        after: visit('09:00-09:30', { participant: withActors('Location/a') }),
      },
      'take t@3 09:00-09:30; bring t; on t',
    ],
    [
      'an end, and a slot elsewhere',
      {
        agendas: ONE,
        after: { status: 'proposed', end: at('09:30'), slot: [{ reference: 'https://x.example/Slot/1' }] },
      },
      'on none',
    ],
    [
      'several agendas open then, another one at the place',
      {
        agendas: { s: { actors: [P] }, t: { actors: [P] }, u: { actors: [P, 'Location/a'], open: ['13:00-14:00'] } },
        after: visit('09:00-09:30', { participant: withActors(P, 'Location/a') }),
      },
      '422 business-rule Appointment.slot: Practitioner/p has several agendas open then: na',
    ],
    [
      'a length without a start',
      { agendas: ONE, after: { status: 'proposed', minutesDuration: 30, participant: withActors(P) } },
      'on none',
    ],
    [
      'a length of nothing',
      { agendas: ONE, after: { status: 'booked', start: at('09:00'), minutesDuration: 0, participant: withActors(P) } },
      '422 business-rule Appointment.end: The appointment ends before it starts',
    ],
  ])('%s', async (_what, given, expected) => expect(await decide(given)).toBe(expected));
});
