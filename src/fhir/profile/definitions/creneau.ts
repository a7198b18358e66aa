/** Our own extensions, published by the server. ADR 0013 */
import type { ProfileDefinition } from '../definition.ts';
import { complex } from './fr-core.ts';
import { profile } from './write.ts';

const single = (url: string, code: string): ProfileDefinition =>
  profile(url, 'Extension', undefined, {
    extension: '0..0',
    url: { fixed: url },
    'value[x]': { card: '1..1', types: [{ code }] },
  });
const flag = (url: string): ProfileDefinition => single(url, 'boolean');
const instant = (url: string): ProfileDefinition => single(url, 'instant');

export const CRENEAU_PROFILES: readonly ProfileDefinition[] = [
  complex('urn:creneau:fhir:slot-offer', ['Schedule'], {
    availability: ['0..*', ['string']],
    visibility: ['0..*', ['code']],
    mode: ['0..*', ['code']],
    reason: ['0..*', ['string']],
    specialty: ['0..*', ['CodeableConcept']],
    appointmentType: ['0..1', ['code']],
    bookingUrl: ['0..1', ['url', 'uri']],
    cpts: ['0..*', ['Reference']],
    capacity: ['0..1', ['positiveInt', 'integer']],
    dailyQuota: ['0..1', ['positiveInt', 'integer']],
  }),
  // On a Schedule: the caller who keeps it (whole, availabilities, appointments), alone or beside its manager
  // (exclusive, shared); the server writes who delegated.
  complex('urn:creneau:fhir:delegation', ['Schedule'], {
    caller: ['1..1', ['string']],
    scope: ['1..1', ['code']],
    mode: ['0..1', ['code']],
    manager: ['0..1', ['string']],
  }),
  // On an entry of a history Bundle: the number of the change.
  profile('urn:creneau:fhir:seq', 'Extension', undefined, {
    extension: '0..0',
    url: { fixed: 'urn:creneau:fhir:seq' },
    'value[x]': { card: '1..1', types: [{ code: 'string' }] },
  }),
  // On a pending Appointment: until when its time is held, and for which caller.
  complex('urn:creneau:fhir:hold', ['Appointment'], { until: ['1..1', ['instant']], by: ['1..1', ['string']] }),
  // On an e-mail address: its owner agrees to be written to.
  flag('urn:creneau:fhir:notify'),
  // On a Schedule that any one of its professionals serves: how many appointments it takes at once.
  profile('urn:creneau:fhir:team', 'Extension', undefined, {
    extension: '0..0',
    url: { fixed: 'urn:creneau:fhir:team' },
    'value[x]': { card: '1..1', types: [{ code: 'positiveInt' }] },
  }),
  // On a Schedule: after how many hours a request without answer ends, and whether one that all who are needed
  // have accepted is booked.
  complex('urn:creneau:fhir:requests', ['Schedule'], {
    expires: ['0..1', ['positiveInt']],
    booksAccepted: ['0..1', ['boolean']],
  }),
  // A kind of visit: its whole entry in the catalogue of an Organization, and what a practitioner or an agenda has
  // otherwise. `kind` is the coding of its serviceTypeDuration; times are minutes.
  complex('urn:creneau:fhir:visit-kind', ['Organization', 'PractitionerRole', 'HealthcareService', 'Schedule'], {
    kind: ['1..1', ['Coding']],
    group: ['0..1', ['string']],
    duration: ['0..1', ['positiveInt']],
    mode: ['0..*', ['code']],
    audience: ['0..*', ['code']],
    newPatients: ['0..1', ['boolean']],
    approval: ['0..1', ['boolean']],
    ageMin: ['0..1', ['unsignedInt']],
    ageMax: ['0..1', ['unsignedInt']],
    buffer: ['0..1', ['unsignedInt']],
    step: ['0..1', ['positiveInt']],
    places: ['0..1', ['positiveInt']],
    cancelUntil: ['0..1', ['unsignedInt']],
    reminder: ['0..*', ['unsignedInt']],
    limit: [
      '0..*',
      {
        audience: ['0..*', ['code']],
        notice: ['0..1', ['unsignedInt']],
        notSameDay: ['0..1', ['boolean']],
        horizonDays: ['0..1', ['positiveInt']],
        release: ['0..1', { day: ['1..1', ['code']], at: ['1..1', ['time']], weeks: ['1..1', ['positiveInt']] }],
        perDay: ['0..1', ['positiveInt']],
        perWeek: ['0..1', ['positiveInt']],
      },
    ],
    before: ['0..1', ['string']],
    after: ['0..1', ['string']],
    documents: ['0..1', ['string']],
    question: ['0..*', { text: ['1..1', ['string']], answer: ['1..*', ['string']], call: ['0..*', ['string']] }],
    retired: ['0..1', ['boolean']],
  }),
  // On a Schedule: what some of its openings take (all, without `availability`), and who may come.
  complex('urn:creneau:fhir:opening', ['Schedule'], {
    availability: ['0..*', ['string']],
    kind: ['0..*', ['Coding']],
    mode: ['0..*', ['code']],
    capacity: ['0..1', ['positiveInt']],
    audience: ['0..*', ['code']],
  }),
  // On a Location: what helps people to come in (ramp, lift, toilet, loop, lsf, parking).
  profile('urn:creneau:fhir:access', 'Extension', undefined, {
    extension: '0..0',
    url: { fixed: 'urn:creneau:fhir:access' },
    'value[x]': { card: '1..1', types: [{ code: 'code' }] },
  }),
  // On an Appointment that a patient asked for: when it ends if the practice has not answered.
  instant('urn:creneau:fhir:answer-by'),
  // On an Appointment that a patient has cancelled too late for the practice to be free of it.
  flag('urn:creneau:fhir:late'),
  // On an Appointment: when the patient said, after a reminder, that he or she comes.
  instant('urn:creneau:fhir:coming'),
  // The choices for public holidays: for all (open, closed), and for some of them (by its code, or one date alone).
  complex(
    'urn:creneau:fhir:holidays',
    ['Organization', 'Location', 'PractitionerRole', 'HealthcareService', 'Schedule'],
    {
      territory: ['0..1', ['code']],
      state: ['0..1', ['code']],
      day: [
        '0..*',
        {
          holiday: ['0..1', ['code']],
          date: ['0..1', ['date']],
          state: ['1..1', ['code']],
          from: ['0..1', ['time']],
          to: ['0..1', ['time']],
        },
      ],
    },
  ),
  // On a Patient: `declared` on line, and confirmed by nobody of the practice.
  single('urn:creneau:fhir:identity', 'code'),
  // On a Schedule: somebody takes its appointments from one day to another. `sas`: the SAS goes on seeing its slots.
  complex('urn:creneau:fhir:replacement', ['Schedule'], {
    practitioner: ['1..1', ['Reference']],
    first: ['1..1', ['date']],
    last: ['1..1', ['date']],
    sas: ['0..1', ['boolean']],
  }),
  // On an Appointment that waits: the days (0: Monday) and the half of the day that suit, the appointment that an offer
  // moves, the slots that were offered, and how often nobody answered.
  complex('urn:creneau:fhir:waiting', ['Appointment'], {
    day: ['0..*', ['unsignedInt']],
    half: ['0..1', ['code']],
    instead: ['0..1', ['string']],
    offered: ['0..*', ['string']],
    told: ['0..*', ['string']],
    silences: ['1..1', ['unsignedInt']],
    asleep: ['1..1', ['boolean']],
  }),
  flag('urn:creneau:fhir:sas-paused'),
  flag('urn:creneau:fhir:overbooking'),
];
