/**
 * Two servers that differ only in data that is hidden from a person answer that person byte for byte alike, whatever is
 * asked: searches, chains, `_has`, sorting, includes, conditional requests of every kind.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { startTeam, type Team } from './team.ts';

const REQUESTS = 250;
let worlds: Team[];

/** The hidden patient: the same id in both worlds, everything else is different. */
const HIDDEN = [
  { family: 'Secretissime', birthDate: '1970-05-06', ins: '1700', comment: 'migraine' },
  { family: 'Tout-Autre', birthDate: '1999-12-31', ins: '1999', comment: 'vertiges' },
] as const;

beforeAll(async () => {
  worlds = [await startTeam(), await startTeam()];
  for (const [i, world] of worlds.entries()) {
    const { family, birthDate, ins, comment } = HIDDEN[i]!;
    await world.put(
      { resourceType: 'Patient', id: 'mien', name: [{ family: 'Durand' }] },
      {
        ...{ resourceType: 'Patient', id: 'autre', name: [{ family }], birthDate },
        identifier: [{ system: 'urn:ins', value: ins }],
      },
      { resourceType: 'RelatedPerson', id: 'pere', patient: { reference: 'Patient/autre' }, name: [{ family }] },
      { ...appointment(world, 'petit-cabinet', '25', 'Patient/autre'), id: 'cache', comment },
      { ...appointment(world, 'quota-cabinet', '25', 'Patient/mien'), id: 'visible' },
      answer('cache', 'Patient/autre', comment),
    );
    // Somebody else's patient without appointment: another person in each world, and one more in the second.
    for (const given of i === 1 ? ['Un', 'Deux'] : ['Un']) {
      const made = await world.as('colleague', 'POST', 'Patient', {
        ...{ resourceType: 'Patient', name: [{ family, given: [given] }], birthDate },
        identifier: [{ system: 'urn:ins', value: `${ins}-${given}` }],
      });
      expect(made.status).toBe(201);
    }
    if (i === 1)
      await world.put({ resourceType: 'RelatedPerson', id: 'mere', patient: { reference: 'Patient/autre' } });
  }
}, 60_000);
afterAll(() => Promise.all(worlds.map(({ test }) => test.close())));

function appointment(world: Team, schedule: string, day: string, who: string): Json {
  const actors = [`Practitioner/${schedule.split('-')[0]}`, who];
  return world.appointment(schedule, day, {
    participant: actors.map((reference) => ({ actor: { reference }, status: 'accepted' })),
  });
}

const answer = (id: string, who: string, comment: string): Json => ({
  ...{ resourceType: 'AppointmentResponse', id: `reponse-${id}`, participantStatus: 'tentative', comment },
  ...{ appointment: { reference: `Appointment/${id}` }, actor: { reference: who } },
});

const value = fc.constantFrom(
  ...['Secretissime', 'Tout-Autre', 'S', 'Durand', '1970-05-06', '1999-12-31', 'urn:ins|1700', 'urn:ins|1999'],
  ...['urn:ins|1700-Un', 'urn:ins|1999-Deux', 'Un', 'Deux'],
  ...['Patient/autre', 'Practitioner/petit', 'booked', 'ge1980-01-01', 'autre', '2026-11-25'],
);
const names = {
  Patient: [
    ...['family', 'name:contains', 'birthdate', 'identifier', '_id', '_has:Appointment:patient:actor'],
    ...['_has:Appointment:patient:status', '_has:RelatedPerson:patient:name', '_lastUpdated', 'link'],
  ],
  RelatedPerson: ['name', 'patient', 'patient.family', 'patient.identifier', 'patient.birthdate', '_id'],
  Appointment: [
    ...['patient', 'patient.family', 'patient.birthdate', 'actor', 'date', 'status', '_id'],
    ...['patient:Patient.identifier', 'actor:Patient.family'],
  ],
  AppointmentResponse: ['appointment', 'patient', 'patient.family', 'part-status', 'appointment.status', '_id'],
  Schedule: ['actor', '_has:Slot:schedule:status', 'actor:Practitioner.family'],
} as const;
const criteria = fc
  .constantFrom<keyof typeof names>('Patient', 'RelatedPerson', 'Appointment', 'AppointmentResponse', 'Schedule')
  .chain((type) =>
    fc
      .array(
        fc
          .tuple(fc.constantFrom<string>(...names[type]), value)
          .map(([name, text]) => `${name}=${encodeURIComponent(text)}`),
        { minLength: 1, maxLength: 2 },
      )
      .map((parts) => ({ type, query: parts.join('&') })),
  );
const shape = fc.constantFrom(
  '',
  '&_sort=family',
  '&_sort=-birthdate',
  '&_count=1',
  '&_include=*',
  '&_revinclude=*',
  '&_total=none',
);

interface Asked {
  method: string;
  path: string;
  body?: Json;
}

const entry = (method: string, url: string, resource?: Json, more: Json = {}): Json => ({
  ...(resource === undefined ? {} : { resource }),
  request: { method, url, ...more },
});
const transaction = (...entries: Json[]): Asked => ({
  ...{ method: 'POST', path: '' },
  body: { resourceType: 'Bundle', type: 'transaction', entry: entries },
});
const asked: fc.Arbitrary<Asked> = fc.oneof(
  fc.tuple(criteria, shape).map(([{ type, query }, more]) => ({ method: 'GET', path: `${type}?${query}${more}` })),
  criteria.map(({ type, query }) => ({ method: 'DELETE', path: `${type}?${query}` })),
  criteria.map(({ query }) =>
    transaction(entry('POST', 'Patient', { resourceType: 'Patient' }, { ifNoneExist: query })),
  ),
  criteria.map(({ query }) => ({ method: 'PUT', path: `Patient?${query}`, body: { resourceType: 'Patient' } })),
  criteria.map(({ type, query }) => ({ method: 'PATCH', path: `${type}?${query}`, body: [] })),
  criteria.map(({ type, query }) =>
    transaction(
      entry('POST', 'RelatedPerson', { resourceType: 'RelatedPerson', patient: { reference: `${type}?${query}` } }),
    ),
  ),
  fc
    .constantFrom(
      'Patient/autre',
      'RelatedPerson/pere',
      'Appointment/cache',
      'AppointmentResponse/reponse-cache',
      'Patient/autre/_history',
      'Patient/autre/Appointment',
    )
    .map((path) => ({ method: 'GET', path })),
  fc
    .constantFrom('1', '2', '7')
    .map((version) =>
      transaction(
        entry('PUT', 'Patient/autre', { resourceType: 'Patient', id: 'autre' }, { ifMatch: `W/"${version}"` }),
      ),
    ),
);

/** Ids and instants that each server makes for itself are alike. */
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const normal = (text: string): string => text.replaceAll(UUID, 'id').replaceAll(/127\.0\.0\.1:\d+/g, 'here');

it(`${REQUESTS} random requests of a practitioner and a secretary`, { timeout: 120_000 }, async () => {
  const seen = new Map<string, number>();
  for (const [i, { method, path, body }] of fc.sample(asked, { numRuns: REQUESTS, seed: 20261130 }).entries()) {
    const role = i % 2 === 0 ? 'practitioner' : 'secretary';
    const [first, second] = await Promise.all(worlds.map((world) => world.as(role, method, path, body)));
    const shown = (reply: typeof first): string => `${reply!.status} ${normal(reply!.text)}`;
    expect([method, path, body, shown(first)]).toEqual([method, path, body, shown(second)]);
    expect(first!.text).not.toContain(HIDDEN[0].comment);
    const kind = `${method} ${first!.status}`;
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
  }
  // The requests reach something: searches and conditional requests that succeed.
  expect([seen.get('GET 200')! > 10, [...seen.keys()].length > 5]).toEqual([true, true]);
});
