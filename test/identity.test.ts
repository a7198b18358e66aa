/**
 * The identity of patients: what a person types is never official; INSi and a look at a document confirm it, step by
 * step, and nothing else does.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPlayedInsi, type PlayedServer } from '../src/cli/commands/insi.ts';
import { identityStatusOf } from '../src/fhir/french/identity.ts';
import type { Json } from '../src/fhir/resource.ts';
import { CUSTODY, startTeam, type Team } from './team.ts';

let insi: PlayedServer;
let team: Team;
beforeAll(async () => {
  insi = await openPlayedInsi('127.0.0.1', 0);
  team = await startTeam({ insi: insi.url });
});
afterAll(async () => {
  await team.test.close();
  await insi.close();
});

const typed = (family: string, given: string, gender: string, birthDate: string): Json => ({
  resourceType: 'Patient',
  name: [{ use: 'official', family, given: [given] }],
  gender,
  birthDate,
});

const DOMINIQUE = typed('Patient', 'Dominique', 'female', '1979-03-14');

async function created(patient: Json): Promise<string> {
  const { status, text } = await team.as('secretary', 'POST', 'Patient', patient);
  expect(status, text).toBe(201);
  return JSON.parse(text).id;
}

const stored = async (id: string): Promise<Json> => (await team.test.request('GET', `Patient/${id}`)).json;

async function act(id: string, operation: string): Promise<Json> {
  const { status, text } = await team.as('secretary', 'POST', `Patient/${id}/${operation}`);
  const json = JSON.parse(text);
  if (status !== 200) return { status, code: json.issue[0].code };
  const values = (name: string): string[] =>
    json.parameter.filter((parameter: Json) => parameter.name === name).map(({ valueCode }: Json) => valueCode);
  return { found: values('found')[0], status: values('status')[0], differences: values('difference') };
}

describe('the identity of a patient', () => {
  it('is said to be that of another record by a practitioner, not by a secretary', async () => {
    const [id, other] = [await created(DOMINIQUE), await created(DOMINIQUE)];
    const link = [{ other: { reference: `Patient/${other}` }, type: 'replaced-by' }];
    const merged = async (): Promise<Json> => ({ ...(await stored(id)), link });
    const refused = await team.as('secretary', 'PUT', `Patient/${id}`, await merged());
    expect([refused.status, JSON.parse(refused.text).issue[0].expression]).toEqual([403, ['Patient.link']]);
    // Everything else of the record is the secretary's to change.
    const changed = { ...(await stored(id)), telecom: [{ system: 'phone', value: '0612345678' }] };
    expect((await team.as('secretary', 'PUT', `Patient/${id}`, changed)).status).toBe(200);
  });

  it('is provisional and usual when a person types it, whatever was asked', async () => {
    const id = await created(DOMINIQUE);
    const patient = await stored(id);
    expect(patient.name).toEqual([{ use: 'usual', family: 'Patient', given: ['Dominique'] }]);
    expect(identityStatusOf(patient)).toBe('provisional');
  });

  const INS = { use: 'official', system: 'urn:oid:1.2.250.1.213.1.4.8', value: '279035121518989' };
  const reliability = (code: string): Json => ({
    url: 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability',
    extension: [{ url: 'identityStatus', valueCoding: { code } }],
  });
  it.each<[string, Json]>([
    ['an official INS', { identifier: [INS] }],
    ['an old INS', { identifier: [{ ...INS, use: 'old' }] }],
    ['a status of validated', { extension: [reliability('VALI')] }],
    ['a status of qualified', { extension: [reliability('QUAL')] }],
  ])('%s is not typed by a person, new or later', async (_, more) => {
    const refused = await team.as('secretary', 'POST', 'Patient', { ...DOMINIQUE, ...more });
    expect(refused.status, refused.text).toBe(422);
    const id = await created(DOMINIQUE);
    const later = await team.as('secretary', 'PUT', `Patient/${id}`, { ...DOMINIQUE, id, ...more });
    expect(later.status, later.text).toBe(422);
    // The administration of a hospital writes what it has confirmed itself.
    expect((await team.test.request('PUT', `Patient/${id}`, { ...DOMINIQUE, id, ...more })).status).toBe(200);
  });

  it('is retrieved by INSi when somebody takes it over, then qualified by a document', async () => {
    const id = await created({ ...DOMINIQUE, telecom: [{ system: 'phone', value: '0612345678' }] });
    const before = await stored(id);
    expect(await act(id, '$insi')).toEqual({ found: 'one', status: 'provisional', differences: [] });
    expect(await stored(id)).toEqual(before);
    expect(await act(id, '$insi?apply=true')).toMatchObject({ found: 'one', status: 'retrieved' });
    const retrieved = await stored(id);
    expect(retrieved).toMatchObject({
      identifier: [{ use: 'official', system: 'urn:oid:1.2.250.1.213.1.4.11', value: '279035121518989' }],
      name: [
        { use: 'official', family: 'PATIENT', given: ['DOMINIQUE'] },
        { use: 'usual', family: 'Patient' },
      ],
      telecom: before.telecom,
    });
    expect(await act(id, '$check-identity?document=PA')).toMatchObject({ status: 'qualified' });
    const profile = 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient-ins';
    const judged = await team.test.request('POST', `Patient/$validate?profile=${profile}`, await stored(id));
    expect(judged.json.issue.filter(({ severity }: Json) => severity === 'error')).toEqual([]);
  });

  it('is validated by a document first, then qualified by INSi', async () => {
    const id = await created(DOMINIQUE);
    expect(await act(id, '$check-identity?document=CN')).toMatchObject({ status: 'validated' });
    expect(await act(id, '$insi?apply=true')).toMatchObject({ status: 'qualified' });
  });

  it('of confirmed traits changes by no ordinary write of a person; the rest of the patient does', async () => {
    const id = await created(DOMINIQUE);
    await act(id, '$insi?apply=true');
    const patient = await stored(id);
    for (const change of [
      { birthDate: '1979-03-15' },
      { gender: 'male' },
      { name: [{ ...patient.name[0], family: 'AUTRE' }] },
      { identifier: undefined },
      { extension: undefined },
    ]) {
      const { status, text } = await team.as('secretary', 'PUT', `Patient/${id}`, { ...patient, ...change });
      expect([Object.keys(change), status], text).toEqual([Object.keys(change), 422]);
    }
    const phone = { ...patient, telecom: [{ system: 'phone', value: '0611111111' }] };
    expect((await team.as('secretary', 'PUT', `Patient/${id}`, phone)).status).toBe(200);
  });

  it('says what differs, and INSi does not overwrite what a document has confirmed', async () => {
    const id = await created(typed('Essai', 'Jean', 'male', '1960-05-02'));
    expect(await act(id, '$insi')).toMatchObject({ found: 'one', differences: [] });
    const jumeau = await created(typed('Jumeau', 'Alex', 'male', '1985-07-01'));
    expect(await act(jumeau, '$insi')).toMatchObject({ found: 'several', status: 'provisional' });
    expect(await act(jumeau, '$insi?apply=true')).toMatchObject({ found: 'several', status: 'provisional' });
    const nobody = await created(typed('Personne', 'Alex', 'male', '1985-07-01'));
    expect(await act(nobody, '$insi')).toMatchObject({ found: 'none' });
    const half = await created({ resourceType: 'Patient', name: [{ family: 'Moitié' }] });
    expect(await act(half, '$insi')).toEqual({ status: 422, code: 'business-rule' });
    expect(await act(half, '$check-identity?document=CN')).toEqual({ status: 422, code: 'business-rule' });
    expect(await act(id, '$check-identity?document=XX')).toEqual({ status: 400, code: 'value' });
  });

  it('of two active patients with one qualified INS, the writer of the second is told, unless linked', async () => {
    const ins = { use: 'official', system: INS.system, value: '279035121518988' };
    const put = async (id: string, more: Json = {}): Promise<string[]> => {
      const body = { ...DOMINIQUE, id, ...CUSTODY, identifier: [ins], extension: [reliability('VALI')], ...more };
      const { status, headers } = await team.test.request('PUT', `Patient/${id}`, body);
      expect(status).toBeLessThan(300);
      return [...(headers['warning'] ?? '').matchAll(/(Patient\/\w+) is active with the same qualified INS/g)].map(
        ([, twin]) => twin!,
      );
    };
    expect(await put('first')).toEqual([]);
    expect(await put('unsure', { extension: [reliability('PROV')] })).toEqual([]);
    expect(await put('second')).toEqual(['Patient/first']);
    expect(await put('second', { language: 'fr' })).toEqual([]);
    const link = [{ other: { reference: 'Patient/first' }, type: 'seealso' }];
    expect(await put('third', { link })).toEqual(['Patient/second']);
    expect(await put('fourth', { active: false })).toEqual([]);
    await team.test.request('DELETE', 'Patient/second');
    expect(await put('third', { active: false })).toEqual([]);
    expect(await put('third', { link })).toEqual([]);
  });

  it('a teleservice that is away is said, and changes nothing', async () => {
    const id = await created(DOMINIQUE);
    await insi.close();
    expect(await act(id, '$insi?apply=true')).toEqual({ status: 503, code: 'transient' });
    expect(identityStatusOf(await stored(id))).toBe('provisional');
  });
});
