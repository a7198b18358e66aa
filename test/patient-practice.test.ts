/**
 * A patient without appointment belongs to the practice of the person who created it, until booked elsewhere
 * (`docs/access.md`, "Ce qu'une personne lit"). Nobody else comes to it, whatever the way.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { startTeam, type Team } from './team.ts';

let team: Team;
/** Of the patient whom the practitioner created. */
let id: string;

const PATIENT: Json = {
  resourceType: 'Patient',
  identifier: [{ system: 'urn:ins', value: '1700599' }],
  name: [{ family: 'Premiere', given: ['Venue'] }],
  birthDate: '1970-05-06',
};

beforeAll(async () => {
  team = await startTeam();
  const made = await team.as('practitioner', 'POST', 'Patient', PATIENT);
  expect(made.status).toBe(201);
  id = made.json.id;
  await team.put({ resourceType: 'RelatedPerson', id: 'fille', patient: { reference: `Patient/${id}` } });
}, 60_000);
afterAll(() => team.test.close());

const statuses = async (who: string, ...paths: string[]): Promise<number[]> =>
  (await Promise.all(paths.map((path) => team.as(who, 'GET', path)))).map(({ status }) => status);
const reads = (who: string, patient = id) => statuses(who, `Patient/${patient}`);

const entry = (method: string, url: string, resource?: Json, more: Json = {}): Json => ({
  ...(resource === undefined ? {} : { resource }),
  request: { method, url, ...more },
});
const bundle = (type: string, ...entries: Json[]): Json => ({ resourceType: 'Bundle', type, entry: entries });
const booking = (schedule: string, who: string): Json =>
  team.appointment(schedule, '25', {
    participant: [`Practitioner/${schedule.split('-')[0]}`, who].map((reference) => ({
      ...{ actor: { reference }, status: 'accepted' },
    })),
  });

it('is read by those who manage an agenda of the practice, and by nobody else', async () => {
  const ways = [`Patient/${id}`, `Patient/${id}/_history`, `Patient/${id}/_history/1`, `Patient/${id}/*`];
  expect(await statuses('practitioner', ...ways)).toEqual([200, 200, 200, 200]);
  expect(await statuses('secretary', ...ways)).toEqual([200, 200, 200, 200]);
  expect(await statuses('colleague', ...ways, 'RelatedPerson/fille')).toEqual([403, 403, 403, 403, 403]);
  const regulator = await statuses('regulator', ...ways);
  expect(regulator.every((status) => status >= 403)).toBe(true);
});

it('of a reception belongs to everybody who works in its place', async () => {
  const made = await team.as('reception', 'POST', 'Patient', PATIENT);
  const readers = ['reception', 'practitioner', 'colleague', 'secretary'];
  expect(await Promise.all(readers.map((who) => reads(who, made.json.id)))).toEqual([[200], [200], [200], [200]]);
  await team.test.request('DELETE', `Patient/${made.json.id}`);
});

it('is found by no search of a colleague', async () => {
  const searches = [
    'Patient?family=Premiere',
    'Patient?name:contains=remie',
    'Patient?identifier=urn:ins|1700599',
    'Patient?birthdate=1970-05-06&_sort=birthdate&_total=accurate',
    `Patient?_id=${id}`,
    'Patient?_has:RelatedPerson:patient:_id=fille',
    'RelatedPerson?patient.family=Premiere',
    `RelatedPerson?patient=Patient/${id}`,
    `RelatedPerson?patient=Patient/${id}&_include=RelatedPerson:patient`,
    `RelatedPerson?_id=fille&_include=*`,
    `Patient?_id=${id}&_revinclude=*`,
    'Appointment?patient.family=Premiere',
  ];
  for (const path of searches) {
    const { status, json } = await team.as('colleague', 'GET', path);
    const found = (json.entry ?? []).filter(({ search }: Json) => search?.mode !== 'outcome');
    expect([path, status, found, json.total ?? 0]).toEqual([path, 200, [], 0]);
  }
  const own = await team.as('practitioner', 'GET', 'Patient?family=Premiere&_revinclude=RelatedPerson:patient');
  expect(own.json.entry.map(({ resource }: Json) => resource.id).sort()).toEqual([id, 'fille'].sort());
  const batch = await team.as('colleague', 'POST', '', bundle('batch', entry('GET', `Patient/${id}`)));
  expect(batch.json.entry[0].response.status).toMatch(/^403/);
});

it('is neither changed, booked, followed nor guessed by a colleague', async () => {
  const reference = `Patient/${id}`;
  const appointment = booking('petit-cabinet', reference);
  const parameter = [{ name: 'appointment-resource', resource: appointment }];
  const forbidden: [string, string, Json][] = [
    ['PUT', reference, { ...PATIENT, id, telecom: [{ system: 'email', value: 'voleur@exemple.fr' }] }],
    ['PATCH', reference, [{ op: 'replace', path: '/birthDate', value: '2000-01-01' }]],
    ['POST', 'Appointment', appointment],
    ['POST', '', bundle('transaction', entry('POST', 'Appointment', appointment))],
    ['POST', 'Appointment/$hold', { resourceType: 'Parameters', parameter }],
    ['POST', 'RelatedPerson', { resourceType: 'RelatedPerson', patient: { reference } }],
    ['POST', `${reference}/$calendar-link`, { resourceType: 'Parameters' }],
  ];
  for (const [method, path, body] of forbidden)
    expect([method, path, (await team.as('colleague', method, path, body)).status]).toEqual([method, path, 403]);
  // The same answers as for somebody who does not exist.
  const query = 'identifier=urn:ins|1700599';
  const created = await team.as(
    'colleague',
    'POST',
    '',
    bundle('transaction', entry('POST', 'Patient', PATIENT, { ifNoneExist: query })),
  );
  expect(created.json.entry[0].response.status).toMatch(/^201/);
  const twin = created.json.entry[0].response.location.match(/Patient\/([^/]+)/)[1];
  expect([twin === id, await reads('colleague', twin), await reads('practitioner', twin)]).toEqual([
    ...[false, [200]],
    [403],
  ]);
  await team.test.request('DELETE', `Patient/${twin}`);
  const patched = await team.as('colleague', 'PATCH', `Patient?${query}`, []);
  const related = await team.as(
    'colleague',
    'POST',
    '',
    bundle(
      'transaction',
      entry('POST', 'RelatedPerson', { resourceType: 'RelatedPerson', patient: { reference: `Patient?${query}` } }),
    ),
  );
  expect([patched.status, related.status]).toEqual([404, 412]);
});

it('belongs to those who book it from then on', async () => {
  const first = await team.test.request('POST', 'Appointment', booking('petit-cabinet', `Patient/${id}`));
  expect(first.status).toBe(201);
  expect([await reads('practitioner'), await reads('colleague')]).toEqual([[403], [200]]);
  // Deleted, the appointment has never been: the patient is that of its practice again.
  await team.test.request('DELETE', `Appointment/${first.json.id}`);
  expect([await reads('practitioner'), await reads('colleague')]).toEqual([[200], [403]]);
});

it('of a program is read by programs until booked, unless it names its custodian', async () => {
  await team.put({ ...PATIENT, id: 'programme' });
  const readers = ['practitioner', 'colleague', 'reception'];
  const all = (): Promise<number[][]> => Promise.all(readers.map((who) => reads(who, 'programme')));
  expect(await all()).toEqual([[403], [403], [403]]);
  await team.put({ ...PATIENT, id: 'programme', managingOrganization: { reference: 'Organization/sos' } });
  // The practitioner works for the structure, and so the reception of the place does.
  expect(await all()).toEqual([[200], [403], [200]]);
});

it.each(['Patient', 'Appointment', 'RelatedPerson'])(
  'a deleted %s is not taken over, nor its versions read, by a new one in its place',
  async (type) => {
    const hidden: Record<string, Json> = {
      Patient: { ...PATIENT, id: 'parti' },
      Appointment: { ...booking('quota-cabinet', `Patient/${id}`), id: 'parti', comment: 'migraine' },
      RelatedPerson: { resourceType: 'RelatedPerson', id: 'parti', patient: { reference: `Patient/${id}` } },
    };
    const mine: Record<string, Json> = {
      Patient: { resourceType: 'Patient', id: 'parti' },
      Appointment: { ...booking('petit-cabinet', 'Location/salle'), id: 'parti' },
      RelatedPerson: { resourceType: 'RelatedPerson', id: 'parti', patient: { reference: 'Patient/a-moi' } },
    };
    expect(
      (await team.as('colleague', 'PUT', 'Patient/a-moi', { resourceType: 'Patient', id: 'a-moi' })).status,
    ).toBeLessThan(300);
    await team.put(hidden[type]!);
    await team.test.request('DELETE', `${type}/parti`);
    const taken = await team.as('colleague', 'PUT', `${type}/parti`, mine[type]!);
    const whole = await team.as(
      'colleague',
      'POST',
      '',
      bundle('transaction', entry('PUT', `${type}/parti`, mine[type]!)),
    );
    const versions = await statuses('colleague', `${type}/parti/_history/1`, `${type}/parti/_history`);
    expect([taken.status, whole.status, ...versions]).toEqual([403, 403, 403, 403]);
  },
);

it('a patient whom a program puts in the place of a deleted one belongs to nobody', async () => {
  const made = await team.as('practitioner', 'POST', 'Patient', { ...PATIENT, identifier: undefined });
  await team.test.request('DELETE', `Patient/${made.json.id}`);
  await team.put({ resourceType: 'Patient', id: made.json.id });
  expect(await reads('practitioner', made.json.id)).toEqual([403]);
});
