/**
 * One reading of a reference on the running server: in whatever form somebody names a patient or a colleague, the
 * guard, the search, the includes and the time that is taken agree on whom it means.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { refillTables } from '../src/store/engine/refill.ts';
import { expectConsistent } from './consistency.ts';
import { CUSTODY, startTeam, type Team } from './team.ts';

let team: Team;
beforeAll(async () => {
  team = await startTeam();
  await team.put(
    { resourceType: 'Patient', id: 'autre', name: [{ family: 'Secret' }] },
    { resourceType: 'Patient', id: 'mien', name: [{ family: 'Durand' }], ...CUSTODY },
  );
  const booked = await team.test.request(
    'POST',
    'Appointment',
    team.appointment('petit-cabinet', '25', { participant: [actor('Patient/autre'), actor('Practitioner/petit')] }),
  );
  expect(booked.status).toBe(201);
});
afterAll(() => team.test.close());

const actor = (reference: string): Json => ({ actor: { reference }, status: 'accepted' });

/** Spellings of `Type/id`: those that mean it here, those that lead elsewhere, those that mean nothing. */
const forms = (target: string) => ({
  local: [target, `${target}/_history/1`, `${team.test.base}/${target}`, `${team.test.base}/./${target}`],
  foreign: [
    `https://other.example/base/${target}`,
    `https://other.example/?${team.test.base}/${target}`,
    `${team.test.base.replace('/fhir', '')}/${target}`,
    `${team.test.base}/${target}?x`,
    `urn:x:/${target}`,
  ],
  invalid: [
    `/${target}`,
    `//other.example/${target}`,
    `x/${target}`,
    `${target}/`,
    `${target}\n`,
    target.toLowerCase(),
  ],
});

const onOwnAgenda = (reference: string, day = '26'): Json =>
  team.appointment('quota-cabinet', day, { participant: [actor('Practitioner/quota'), actor(reference)] });

const seen = async (): Promise<number> => (await team.as('practitioner', 'GET', 'Patient/autre')).status;

describe("a practitioner who books somebody else's patient", () => {
  it('is refused in every form that means the patient, and in those that mean nothing', async () => {
    const { local, invalid } = forms('Patient/autre');
    for (const reference of local) {
      const { status } = await team.as('practitioner', 'POST', 'Appointment', onOwnAgenda(reference));
      expect([reference, status, await seen()]).toEqual([reference, 403, 403]);
    }
    for (const reference of invalid) {
      const { status, json } = await team.as('practitioner', 'POST', 'Appointment', onOwnAgenda(reference));
      expect([reference, status, json.issue[0].expression, await seen()]).toEqual([
        ...[reference, 400],
        ['Appointment.participant[1].actor.reference'],
        403,
      ]);
    }
  });

  it('books a patient of another server in the other forms, and sees nobody by it', async () => {
    for (const reference of forms('Patient/autre').foreign) {
      const made = await team.as('practitioner', 'POST', 'Appointment', onOwnAgenda(reference));
      expect([reference, made.status]).toEqual([reference, 201]);
      expect(made.json.participant[1].actor.reference).toBe(reference);
      const found = await team.test.request('GET', 'Appointment?patient=Patient/autre&_total=accurate');
      const included = await team.as(
        'practitioner',
        'GET',
        `Appointment?_id=${made.json.id}&_include=Appointment:patient`,
      );
      const chained = await team.test.request('GET', `Appointment?_id=${made.json.id}&patient.family=Secret`);
      expect([found.json.total, included.json.entry.length, chained.json.total, await seen()]).toEqual([1, 1, 0, 403]);
      await team.test.request('DELETE', `Appointment/${made.json.id}`);
    }
  });

  it('is refused by a patch, a transaction and $hold alike', async () => {
    const own = await team.as('practitioner', 'POST', 'Appointment', onOwnAgenda('Patient/mien'));
    for (const reference of forms('Patient/autre').local) {
      const value = onOwnAgenda(reference);
      const patch = [{ op: 'replace', path: '/participant/1/actor/reference', value: reference }];
      const entry = [{ resource: value, request: { method: 'POST', url: 'Appointment' } }];
      const parameter = [{ name: 'appointment-resource', resource: value }];
      const answers = [
        await team.as('practitioner', 'PATCH', `Appointment/${own.json.id}`, patch),
        await team.as('practitioner', 'POST', '', { resourceType: 'Bundle', type: 'transaction', entry }),
        await team.as('practitioner', 'POST', 'Appointment/$hold', { resourceType: 'Parameters', parameter }),
      ];
      expect([reference, answers.map(({ status }) => status), await seen()]).toEqual([reference, [403, 403, 403], 403]);
    }
    await team.test.request('DELETE', `Appointment/${own.json.id}`);
  });
});

it('a participant takes time in every form that means somebody here, and in no other', async () => {
  const { local, foreign } = forms('Location/salle');
  const busy = async (): Promise<number> => {
    const { json } = await team.test.request('GET', 'Schedule/salle/$agenda?start=2026-11-26&end=2026-11-27');
    return json.parameter.filter(({ name }: Json) => name === 'appointment').length;
  };
  for (const [references, expected] of [
    [local, 1],
    [foreign, 0],
  ] as const) {
    for (const reference of references) {
      const participant = [actor('Practitioner/quota'), actor(reference)];
      const made = await team.test.request('POST', 'Appointment', { ...onOwnAgenda(''), participant });
      expect([reference, made.status, JSON.stringify(made.json)]).toEqual([reference, 201, expect.anything()]);
      expect([reference, await busy()]).toEqual([reference, expected]);
      await team.test.request('DELETE', `Appointment/${made.json.id}`);
    }
  }
});

it('a search by reference means the same as the reference itself', async () => {
  const count = async (reference: string): Promise<number | string> => {
    const { status, json } = await team.test.request('GET', `Appointment?patient=${encodeURIComponent(reference)}`);
    return status === 200 ? json.total : json.issue[0].code;
  };
  const { local, foreign, invalid: all } = forms('Patient/autre');
  // The values of a list may have spaces around them (trap H7).
  const invalid = all.filter((reference) => reference === reference.trim());
  expect(await Promise.all(local.map(count))).toEqual(local.map(() => 1));
  expect(await Promise.all(foreign.map(count))).toEqual(foreign.map(() => 0));
  expect(await Promise.all(invalid.map(count))).toEqual(invalid.map(() => 'value'));
});

it('an older reference by the own address becomes relative when the columns are filled', async () => {
  const { test } = team;
  const { json: made } = await test.request('POST', 'Appointment', onOwnAgenda('Patient/mien'));
  const find = async (): Promise<string[]> => {
    const { json } = await test.request('GET', 'Appointment?patient=Patient/mien');
    return (json.entry ?? []).map(({ resource }: Json) => resource.id);
  };
  expect(await find()).toEqual([made.id]);
  const older = `replace(body, '"Patient/mien"', '"${test.base}/Patient/mien"')`;
  await test.sql(`UPDATE appointment SET body = ${older}, patient = NULL WHERE id = $1`, [made.id]);
  await test.sql(`UPDATE history SET body = ${older} WHERE id = $1`, [made.id]);
  await test.sql(`INSERT INTO refill (type, fingerprint, after) VALUES ('Appointment', 'older', '')`);
  const { database } = test.server;
  expect([await find(), await database.session((session) => refillTables(session, [test.base]))]).toEqual([
    [],
    ['Appointment'],
  ]);
  const { json: read } = await test.request('GET', `Appointment/${made.id}`);
  expect([await find(), read]).toEqual([[made.id], made]);
  await expectConsistent(database);
  await test.request('DELETE', `Appointment/${made.id}`);
});

it('a reference of a megabyte is refused at once', async () => {
  const patient = { reference: `${'/Patient/a/_history/'.repeat(8_000)}\n` };
  const started = performance.now();
  const { status } = await team.as('practitioner', 'POST', 'RelatedPerson', { resourceType: 'RelatedPerson', patient });
  expect([status, performance.now() - started < 3_000]).toEqual([400, true]);
});
