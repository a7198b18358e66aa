/**
 * Requests without time: where they are listed, who is told, and how they end (GAP flow 6a; ADR 0027). Booked or
 * declined over real HTTP, on the golden agendas.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { endRequest } from '../src/agenda/rules/request-expiry.ts';
import { openRuleServices } from '../src/agenda/rules/services.ts';
import { readAgendaSettings } from '../src/agenda/settings.ts';
import { startAgenda } from '../src/cli/servers/agenda.ts';
import type { Json } from '../src/fhir/resource.ts';
import { expectConsistent } from './consistency.ts';
import { loadFixture } from './fixture.ts';
import { isEmbedded, NOW, startTestServer, type TestServer, testConfig } from './harness.ts';
import { at, patient, practitioner, schedule } from './shared-agendas.ts';

let test: TestServer;
beforeAll(async () => {
  test = await startTestServer();
});
afterAll(() => test.close());
beforeEach(async () => {
  await test.reset();
  test.clock.now = NOW;
  await loadFixture(test.base, [
    ...[practitioner('p1'), practitioner('p2'), patient('m1'), patient('m2')],
    ...[
      { resourceType: 'Location', id: 'ici' },
      { resourceType: 'Location', id: 'ailleurs' },
    ],
    schedule('ici', ['Practitioner/p1', 'Location/ici']),
    schedule('ailleurs', ['Practitioner/p1', 'Location/ailleurs']),
    withExpiry(schedule('autre', ['Practitioner/p2'])),
  ]);
});

function withExpiry(agenda: Json): Json {
  const setting = { url: 'urn:creneau:fhir:requests', extension: [{ url: 'expires', valuePositiveInt: 48 }] };
  return { ...agenda, extension: [...agenda.extension, setting] };
}

const request = (actors: readonly string[], more: Json = {}): Json => ({
  resourceType: 'Appointment',
  status: 'proposed',
  requestedPeriod: [{ start: '2026-12-01', end: '2026-12-05' }],
  participant: ['Patient/m1', ...actors].map((reference) => ({ actor: { reference }, status: 'needs-action' })),
  ...more,
});
const ask = async (actors: readonly string[], more: Json = {}): Promise<Json> => {
  const { status, json, text } = await test.request('POST', 'Appointment', request(actors, more));
  expect(status, text).toBe(201);
  return json;
};
const inbox = async (agenda: string): Promise<string[]> => {
  const { json } = await test.request('GET', `Schedule/${agenda}/$agenda`);
  return json.parameter
    .filter(({ name }: Json) => name === 'request')
    .map(({ part }: Json) => part.find(({ name }: Json) => name === 'resource').resource.id);
};
const found = async (query: string): Promise<string[]> =>
  ((await test.request('GET', `Appointment?${query}`)).json.entry ?? []).map(({ resource }: Json) => resource.id);

describe('the inbox of an agenda', () => {
  it.each([
    ['a professional: all agendas of that person', ['Practitioner/p1'], ['ici', 'ailleurs']],
    ['a professional at a place: the agenda there', ['Practitioner/p1', 'Location/ici'], ['ici']],
    ['somebody else', ['Practitioner/p2'], ['autre']],
    ['two professionals: the agendas of both', ['Practitioner/p1', 'Practitioner/p2'], ['ici', 'ailleurs', 'autre']],
  ])('lists a request that names %s', async (_, actors, agendas) => {
    for (const status of ['proposed', 'waitlist']) {
      const { id } = await ask(actors, { status });
      for (const agenda of ['ici', 'ailleurs', 'autre'])
        expect((await inbox(agenda)).includes(id), agenda).toBe(agendas.includes(agenda));
    }
  });

  it('shows the patient, and no request that was booked or cancelled', async () => {
    const booked = await ask(['Practitioner/p2']);
    const cancelled = await ask(['Practitioner/p2']);
    await test.request('PUT', `Appointment/${cancelled.id}`, { ...cancelled, status: 'cancelled' });
    const times = { start: '2026-11-27T08:00:00+01:00', end: '2026-11-27T08:30:00+01:00' };
    const answered = await test.request('PUT', `Appointment/${booked.id}`, { ...booked, status: 'booked', ...times });
    expect(answered.status).toBe(200);
    const { id } = await ask(['Practitioner/p2']);
    expect(await inbox('autre')).toEqual([id]);
    const { json } = await test.request('GET', 'Schedule/autre/$agenda');
    expect(json.parameter.filter(({ name }: Json) => name === 'patient')).toHaveLength(1);
    await expectConsistent(test.server.database);
  });

  it('is part of the changes of the agenda, before and after the answer', async () => {
    const asked = await ask(['Practitioner/p2']);
    const times = { start: '2026-11-27T08:00:00+01:00', end: '2026-11-27T08:30:00+01:00' };
    const moved = request(['Practitioner/p1', 'Location/ici'], { id: asked.id });
    await test.request('PUT', `Appointment/${asked.id}`, moved);
    await test.request('PUT', `Appointment/${asked.id}`, { ...moved, status: 'booked', ...times });
    const versions = async (agenda: string): Promise<string[]> =>
      (await test.request('GET', `_history?_after=0&schedule=Schedule/${agenda}`)).json.entry
        .filter(({ resource }: Json) => resource?.id === asked.id)
        .map(({ resource }: Json) => resource.meta.versionId);
    expect(await versions('autre')).toEqual(['1', '2']);
    expect(await versions('ici')).toEqual(['2', '3']);
  });
});

it('requested-period finds a request by the time that is wished', async () => {
  const { id } = await ask(['Practitioner/p1']);
  expect(await found('requested-period=2026-12-03')).toEqual([]);
  expect(await found('requested-period=ge2026-12-03')).toEqual([id]);
  expect(await found('requested-period=gt2026-12-05')).toEqual([]);
  expect(await found('requested-period:missing=true')).toEqual([]);
  expect(await found('status=proposed&requested-period=ge2026-12-01&requested-period=le2026-12-05')).toEqual([id]);
  const { json } = await test.request('GET', 'metadata');
  const { searchParam } = json.rest[0].resource.find(({ type }: Json) => type === 'Appointment');
  expect(searchParam.map(({ name }: Json) => name)).toContain('requested-period');
});

describe('a request without answer', () => {
  const end = async (id: string, version: number): Promise<unknown> => {
    const services = openRuleServices(test.server.database, readAgendaSettings(testConfig(undefined)));
    const until = test.clock.now + 48 * 3_600_000;
    const message = JSON.stringify({ id, version, until });
    expect(await endRequest(services, test.server.backend, message, until - 1)).toMatchObject({ outcome: 'retry' });
    return endRequest(services, test.server.backend, message, until);
  };
  const dueAt = async (id: string): Promise<number[]> => {
    const rows = await test.sql<{ payload: string }>(
      `SELECT payload FROM outbox WHERE destination = 'request' AND ordering_key LIKE $1 || ' %' ORDER BY id`,
      [id],
    );
    return rows.map(({ payload }) => JSON.parse(payload).until);
  };

  it('ends after the time of the agenda, as a cancellation with its reason', async () => {
    const { id } = await ask(['Practitioner/p2']);
    expect(await dueAt(id)).toEqual([NOW + 48 * 3_600_000]);
    expect(await end(id, 1)).toEqual({ outcome: 'delivered' });
    const { json } = await test.request('GET', `Appointment/${id}`);
    expect(json).toMatchObject({ status: 'cancelled', cancelationReason: { text: 'Demande restée sans réponse' } });
    expect(await inbox('autre')).toEqual([]);
    await expectConsistent(test.server.database);
  });

  it('frees the time that it asked for', async () => {
    const times = { start: '2026-11-27T08:00:00+01:00', end: '2026-11-27T08:30:00+01:00' };
    const { id } = await ask(['Practitioner/p2'], times);
    const free = async (): Promise<number> =>
      (await test.request('GET', 'Slot?schedule=autre&status=free&_summary=count')).json.total;
    const before = await free();
    await end(id, 1);
    expect(await free()).toBe(before + 1);
    await expectConsistent(test.server.database);
  });

  it('ends once where two servers end it, and never after somebody has answered it', async () => {
    const other = isEmbedded ? undefined : await startAgenda(testConfig(test.databaseUrl), () => test.clock.now);
    const until = NOW + 48 * 3_600_000;
    const endAt = ({ database, backend }: TestServer['server'], id: string): Promise<unknown> => {
      const services = openRuleServices(database, readAgendaSettings(testConfig(undefined)));
      return endRequest(services, backend, JSON.stringify({ id, version: 1, until }), until);
    };
    try {
      for (let slot = 0; slot < 6; slot++) {
        const asked = await ask(['Practitioner/p2'], { start: at(slot), end: at(slot + 1) });
        const ends = [endAt(test.server, asked.id), endAt(other ?? test.server, asked.id)];
        const answer =
          slot % 2 ? test.request('PUT', `Appointment/${asked.id}`, { ...asked, status: 'booked' }) : undefined;
        expect(await Promise.all(ends)).toEqual([{ outcome: 'delivered' }, { outcome: 'delivered' }]);
        const answered = await answer;
        expect(answered?.status ?? 200, answered?.text ?? '').toBe(200);
        const { json } = await test.request('GET', `Appointment/${asked.id}/_history`);
        const statuses = json.entry.map(({ resource }: Json) => resource.status).reverse();
        const expected = answer ? ['proposed booked', 'proposed cancelled booked'] : ['proposed cancelled'];
        expect(expected).toContain(statuses.join(' '));
      }
      await expectConsistent(test.server.database);
    } finally {
      await other?.close();
    }
  });

  it('counts from the last word of somebody, and is left alone once it is answered', async () => {
    const asked = await ask(['Practitioner/p2']);
    test.clock.now += 3_600_000;
    await test.request('PUT', `Appointment/${asked.id}`, { ...asked, comment: 'Toujours souhaité' });
    expect(await dueAt(asked.id)).toHaveLength(2);
    await end(asked.id, 1);
    expect((await test.request('GET', `Appointment/${asked.id}`)).json.status).toBe('proposed');
  });

  it('waits on agendas that say nothing', async () => {
    const { id } = await ask(['Practitioner/p1']);
    expect(await dueAt(id)).toEqual([]);
    expect((await end(id, 1)) as Json).toEqual({ outcome: 'delivered' });
    expect((await test.request('GET', `Appointment/${id}`)).json.status).toBe('proposed');
  });

  it('waits on agendas whose setting was withdrawn', async () => {
    const { id } = await ask(['Practitioner/p2']);
    await test.request('PUT', 'Schedule/autre', schedule('autre', ['Practitioner/p2']));
    await end(id, 1);
    expect((await test.request('GET', `Appointment/${id}`)).json.status).toBe('proposed');
  });

  it.each([0, 1.5, 9000, 'x'])('an agenda that gives it %s hours is refused', async (hours) => {
    const agenda = schedule('autre', ['Practitioner/p2']);
    agenda.extension.push({
      url: 'urn:creneau:fhir:requests',
      extension: [{ url: 'expires', valuePositiveInt: hours }],
    });
    const { status } = await test.request('PUT', 'Schedule/autre', agenda);
    expect([400, 422]).toContain(status);
  });
});
