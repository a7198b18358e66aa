/** Bulk export and the publication of free slots (checked against the rules of SMART Scheduling Links), over HTTP. */
import { request as http } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAgenda } from '../src/cli/servers/agenda.ts';
import type { Json } from '../src/fhir/resource.ts';
import { BulkJobs } from '../src/store/records/bulk-jobs.ts';
import { writeExport } from '../src/sync/bulk/export.ts';
import { stateOf } from '../src/sync/bulk/publication.ts';
import { bookingOf, fixtureOf, loadFixture } from './fixture.ts';
import { call, isEmbedded, NOW, type Reply, startTestServer, type TestServer, testConfig } from './harness.ts';

let test: TestServer;
beforeAll(async () => {
  test = await startTestServer();
  await loadFixture(test.base);
});
afterAll(() => test.close());

const get = (url: string, headers: Record<string, string> = {}): Promise<Reply> => call(url, 'GET', undefined, headers);
const lines = (text: string): Json[] =>
  text
    .trimEnd()
    .split('\n')
    .filter(Boolean)
    .map((part) => JSON.parse(part));

async function finished(status: string): Promise<Reply> {
  for (let i = 0; i < 400; i++) {
    const reply = await get(status);
    if (reply.status !== 202) return reply;
    expect(reply.headers['x-progress']).toBeDefined();
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('the export does not end');
}

async function exported(query = ''): Promise<{ status: string; reply: Reply }> {
  const begun = await get(`${test.base}/$export${query}`, { Prefer: 'respond-async', Accept: 'application/fhir+json' });
  expect(begun.status).toBe(202);
  const status = begun.headers['content-location']!;
  return { status, reply: await finished(status) };
}

describe('$export', () => {
  it('exports every type: the files hold what searches find', async () => {
    const { reply } = await exported();
    expect(reply.status).toBe(200);
    expect(reply.headers['expires']).toBeDefined();
    expect(reply.json).toMatchObject({
      transactionTime: new Date(NOW).toISOString(),
      request: `${test.base}/$export`,
      requiresAccessToken: false,
      error: [],
    });
    const types = new Map<string, number>();
    for (const { type, url, count } of reply.json.output) {
      const file = await get(url);
      expect(file.headers['content-type']).toBe('application/fhir+ndjson');
      const found = lines(file.text);
      expect(found).toHaveLength(count);
      expect(found.every((found) => found.resourceType === type)).toBe(true);
      types.set(type, (types.get(type) ?? 0) + count);
    }
    for (const type of ['Patient', 'Schedule', 'Practitioner', 'Location'])
      expect(types.get(type), type).toBe((await test.request('GET', `${type}?_summary=count`)).json.total);
  });

  it('exports by _type and _since', async () => {
    test.clock.now = NOW + 60_000;
    const resource = fixtureOf('bruno');
    await test.request('PUT', 'Patient/bruno', { ...resource, gender: 'male' });
    const { reply } = await exported(`?_type=Patient,Device&_since=${new Date(NOW + 30_000).toISOString()}`);
    expect(reply.json.output.map((file: Json) => [file.type, file.count])).toEqual([['Patient', 1]]);
    expect(lines((await get(reply.json.output[0].url)).text)[0].id).toBe('bruno');
    test.clock.now = NOW;
  });

  it('a download resumes where the connection broke', async () => {
    const { reply } = await exported('?_type=Schedule');
    const { url } = reply.json.output[0];
    const whole = await get(url);
    const bytes = Buffer.from(whole.text);
    const part = await http(url, { headers: { range: 'bytes=100-' } });
    expect([part.statusCode, part.headers['content-range']]).toEqual([
      206,
      `bytes 100-${bytes.length - 1}/${bytes.length}`,
    ]);
    expect(Buffer.from(await part.body.arrayBuffer())).toEqual(bytes.subarray(100));
    expect((await get(url, { Range: 'bytes=0-9', 'If-Range': '"other"' })).status).toBe(200);
    expect((await get(url, { Range: `bytes=${bytes.length}-` })).status).toBe(416);
    expect((await get(url, { 'If-None-Match': whole.headers['etag']! })).status).toBe(304);
  });

  it('the parts of a dead process are kept, and another process continues', async () => {
    const jobs = new BulkJobs(test.server.database);
    const id = await jobs.begin({
      owner: 'anonymous',
      request: 'x',
      types: ['Practitioner', 'Location'],
      since: undefined,
      at: NOW,
    });
    // The server does it by itself first: what follows is as if it had died in between.
    while ((await jobs.find(id))!.state !== 'done') await new Promise((resolve) => setTimeout(resolve, 20));
    await test.sql('DELETE FROM bulk_file WHERE job = $1', [id]);
    await test.sql(`UPDATE bulk_job SET done_types = '{}', state = 'waiting' WHERE id = $1`, [id]);
    const job = (await jobs.find(id))!;
    expect(await jobs.writePart(job, 'Location', 2)).toBe(true);
    expect(await writeExport(jobs, id, Date.now, async () => undefined, 2)).toEqual({ outcome: 'delivered' });
    expect(await writeExport(jobs, id, Date.now, async () => undefined, 2)).toEqual({ outcome: 'delivered' });
    const bodies = await Promise.all(
      (await jobs.files(id))
        .filter((file) => file.type === 'Location')
        .map((file) => jobs.body(id, 'Location', file.part)),
    );
    const ids = bodies.flatMap((body) => lines(body!).map((resource) => resource.id));
    expect(ids).toEqual([...new Set(ids)].sort());
    expect(ids).toHaveLength((await test.request('GET', 'Location?_summary=count')).json.total);
    expect((await jobs.find(id))!.state).toBe('done');
  });

  it.skipIf(isEmbedded)('survives a restart: another server on the same database answers for it', async () => {
    const { status, reply } = await exported('?_type=Device');
    const other = await startAgenda(testConfig(test.databaseUrl), () => NOW);
    try {
      const there = await get(status.replace(test.server.url, other.url));
      expect(there.json.output.map((file: Json) => file.count)).toEqual(
        reply.json.output.map((file: Json) => file.count),
      );
    } finally {
      await other.close();
    }
  });

  it('can be cancelled; bad input gets a clear answer', async () => {
    const { status, reply } = await exported('?_type=Patient');
    expect((await call(status, 'DELETE')).status).toBe(202);
    expect((await get(status)).status).toBe(404);
    expect((await get(reply.json.output[0].url)).status).toBe(404);
    for (const query of ['_type=Nothing', '_since=hier', '_outputFormat=text/csv', '_typeFilter=Patient?x'])
      expect((await get(`${test.base}/$export?${query}`)).status, query).toBe(400);
  });
});

describe('$bulk-publish', () => {
  const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
  const ID = /^[A-Za-z0-9\-.]{1,64}$/;

  it('follows the rules of the format', async () => {
    const manifest = await get(`${test.base}/$bulk-publish`, { Accept: 'application/json' });
    expect(manifest.status).toBe(200);
    expect(manifest.headers['cache-control']).toMatch(/max-age=\d+/);
    const { transactionTime, request, output } = manifest.json;
    expect(transactionTime).toMatch(INSTANT);
    expect(request).toBe(`${test.base}/$bulk-publish`);
    const read: Record<string, Json[]> = { Location: [], Schedule: [], Slot: [] };
    for (const { type, url, extension } of output) {
      expect(Object.keys(read)).toContain(type);
      if (extension !== undefined) expect(extension.state.every((state: Json) => typeof state === 'string')).toBe(true);
      const file = await get(url, { Accept: 'application/fhir+ndjson' });
      expect(file.headers['content-type']).toBe('application/fhir+ndjson');
      expect((await get(url, { 'If-None-Match': file.headers['etag']! })).status).toBe(304);
      // One minified resource a line.
      for (const line of file.text.trimEnd().split('\n').filter(Boolean))
        expect(line).toBe(JSON.stringify(JSON.parse(line)));
      read[type]!.push(...lines(file.text));
    }
    for (const [type, list] of Object.entries(read)) {
      expect(list.length, type).toBeGreaterThan(0);
      expect(list.every((resource) => resource.resourceType === type && ID.test(resource.id))).toBe(true);
    }
    for (const { name, telecom, address, identifier } of read['Location']!) {
      expect(name).toBeTruthy();
      expect(telecom.length).toBeGreaterThan(0);
      expect(telecom.every((telecom: Json) => ['phone', 'url'].includes(telecom.system) && telecom.value)).toBe(true);
      expect(address).toMatchObject({
        line: expect.any(Array),
        city: expect.any(String),
        postalCode: expect.any(String),
      });
      expect(identifier.every((identifier: Json) => identifier.system && identifier.value)).toBe(true);
    }
    const locations = new Set(read['Location']!.map(({ id }) => `Location/${id}`));
    for (const { actor, serviceType } of read['Schedule']!) {
      expect(actor).toHaveLength(1);
      expect(locations).toContain(actor[0].reference);
      expect(serviceType.length).toBeGreaterThan(0);
    }
    const schedules = new Set(read['Schedule']!.map(({ id }) => `Schedule/${id}`));
    for (const { schedule, status, start, end, extension } of read['Slot']!) {
      expect(schedules).toContain(schedule.reference);
      expect(status).toBe('free');
      expect([start, end].every((text) => INSTANT.test(text))).toBe(true);
      const of = (name: string): Json =>
        extension.find(
          (extension: Json) => extension.url === `http://fhir-registry.smarthealthit.org/StructureDefinition/${name}`,
        );
      expect(new URL(of('booking-deep-link').valueUrl).protocol).toMatch(/^https?:$/);
      expect(of('slot-capacity').valueInteger).toBeGreaterThanOrEqual(1);
    }
  });

  it('publishes places left, states from postal codes, and agendas with several actors under their place', async () => {
    const { output } = (await get(`${test.base}/$bulk-publish`)).json;
    const files = output.filter((file: Json) => file.type === 'Slot');
    expect(files.map((file: Json) => file.extension?.state)).toEqual([['FR-69'], ['FR-75'], ['FR-974']]);
    const schedules = lines((await get(output.find((file: Json) => file.type === 'Schedule').url)).text);
    expect(schedules.find((schedule) => schedule.id === 'vasseur-paris').actor).toEqual([
      { reference: 'Location/paris', display: 'Cabinet de Paris' },
    ]);
    const lyon = lines((await get(files[0].url)).text);
    const [vaccins] = lyon.filter((slot) => slot.schedule.reference === 'Schedule/vaccins');
    expect(vaccins.extension[1].valueInteger).toBe(2);
    expect((await test.request('POST', 'Appointment', bookingOf(vaccins.id))).status).toBe(201);
    test.clock.now = NOW + 61_000;
    const after = lines((await get(files[0].url)).text).find((line) => line.id === vaccins.id);
    expect(after.extension[1].valueInteger).toBe(1);
    expect(lyon.length).toBe(lines((await get(files[0].url)).text).length);
    expect((await get(`${test.base}/$bulk-publish/nothing.ndjson`)).status).toBe(404);
    test.clock.now = NOW;
  });

  it('finds the département of a postal code', () => {
    expect(['75002', '01000', '20000', '20200', '97400', '98800', '', '00123', 'SW1A'].map(stateOf)).toEqual([
      'FR-75',
      'FR-01',
      'FR-2A',
      'FR-2B',
      'FR-974',
      'FR-988',
      '',
      '',
      '',
    ]);
  });
});
