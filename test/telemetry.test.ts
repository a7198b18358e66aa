/** OpenTelemetry: a search is followed from the door over SQL to the partners, and nothing of it names a person. */
import { execFileSync } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readConfig } from '../src/runtime/config.ts';
import { openLog } from '../src/runtime/log.ts';
import { openMetrics } from '../src/runtime/metrics.ts';
import { openTelemetry } from '../src/runtime/telemetry/telemetry.ts';
import { type CollectedSpan, type Collector, startCollector } from './collector.ts';
import { loadFixture } from './fixture.ts';
import { startTestServer, testConfig, type TestServer } from './harness.ts';
import { slotQuery, startTestPlatform, type TestPlatform } from './platform.ts';
import { ROOT } from './process.ts';
import { good, partnersOf } from './simulated.ts';

const KNOWN = '810000000011';
const CALLER = '00f067aa0ba902b7';
let collector: Collector;
let platform: TestPlatform;
let agenda: TestServer;
const running: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  collector = await startCollector();
  const settings = { otlpUrl: collector.url, otlpHeaders: { authorization: 'Bearer a' }, otlpIntervalMs: 300 };
  [platform, agenda] = await Promise.all([startTestPlatform(settings), startTestServer(settings)]);
  await loadFixture(agenda.base);
  const partners = partnersOf(platform, running);
  await partners.register('agenda', `${agenda.server.url}/sas`);
  await partners.scripted('good', good(1));
  await partners.scripted('failing', () => 500);
});
afterAll(async () => {
  await Promise.all([...running, platform, agenda].map((part) => part.close()));
  await collector.close();
});

/** The spans of a trace once `isWhole`: they leave some seconds after the answer. */
async function spansOf(trace: string, isWhole: (spans: CollectedSpan[]) => boolean): Promise<CollectedSpan[]> {
  const own = () => collector.spans.filter((span) => span.trace === trace);
  await vi.waitFor(() => expect(isWhole(own())).toBe(true), { timeout: 15_000, interval: 100 });
  return own();
}

describe('a search over the platform', () => {
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
  let spans: CollectedSpan[];
  beforeAll(async () => {
    const headers = { traceparent: `00-${trace}-${CALLER}-01`, tracestate: 'vendor=a' };
    const { status } = await platform.request('GET', slotQuery([KNOWN]), undefined, headers);
    expect(status).toBe(200);
    spans = await spansOf(trace, (all) => all.filter(({ kind }) => kind === 2).length === 2);
  });

  it('has a span of the caller’s trace, with the interaction and how it ended', () => {
    const [door] = spans.filter(({ parent }) => parent === CALLER);
    expect(door).toMatchObject({
      ...{ service: 'creneau-platform', name: 'GET /fhir/:type', kind: 2, isError: false },
      attributes: {
        ...{ 'http.request.method': 'GET', 'http.route': '/fhir/:type', 'http.response.status_code': 200 },
        ...{ 'creneau.interaction': 'search-type', 'creneau.type': 'Slot' },
      },
    });
  });

  it('has a span of each statement and of each partner beneath it', () => {
    const door = spans.find(({ parent }) => parent === CALLER)!;
    const below = spans.filter(({ parent }) => parent === door.id);
    const asked = below.filter(({ attributes }) => attributes['creneau.partner'] !== undefined);
    expect(asked.map(({ name, isError, attributes }) => [name, isError, attributes['error.type']]).sort()).toEqual([
      ['GET agenda', false, undefined],
      ['GET failing', true, '500'],
      ['GET good', false, undefined],
    ]);
    expect(below.filter(({ attributes }) => attributes['db.system.name'] === 'postgresql').length).toBeGreaterThan(0);
  });

  it('goes on in the server of the partner, and down to its statements', () => {
    const asked = spans.find(({ name }) => name === 'GET agenda')!;
    const [door] = spans.filter(({ parent }) => parent === asked.id);
    expect(door).toMatchObject({ service: 'creneau-agenda', name: 'GET /sas/:type', kind: 2 });
    const statements = spans.filter(({ parent }) => parent === door!.id);
    expect(statements.map(({ name }) => name)).toContain('SELECT practitioner');
    expect(statements.every(({ attributes }) => typeof attributes['db.query.text'] === 'string')).toBe(true);
  });
});

describe('everything that leaves', () => {
  it('names no person, no query and no value of a statement', async () => {
    const secret = 'Zyx-Nobody';
    await agenda.request('POST', 'Patient', { resourceType: 'Patient', name: [{ family: secret }] });
    await agenda.request('GET', `Patient?family=${secret}`);
    await agenda.request('GET', `${secret}/${secret}`);
    const trace = '1'.repeat(32);
    const headers = { traceparent: `00-${trace}-${CALLER}-01` };
    await agenda.request('GET', `Patient/${secret}`, undefined, headers);
    await spansOf(trace, (all) => all.some(({ kind }) => kind === 2));
    expect(collector.bodies.filter((body) => body.includes(secret) || body.includes(KNOWN))).toEqual([]);
  });

  it('carries the headers of the settings', () => {
    expect(collector.headers.length).toBeGreaterThan(0);
    expect(collector.headers.every((headers) => headers['authorization'] === 'Bearer a')).toBe(true);
  });

  it('is what a caller has decided: a trace that is not recorded is passed on as such', async () => {
    const asked: (string | undefined)[] = [];
    const server: Server = createServer((request, response) => {
      asked.push(request.headers['traceparent'] as string | undefined);
      response.writeHead(500).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    running.push({ close: () => new Promise((resolve) => server.close(() => resolve())) });
    const { port } = server.address() as AddressInfo;
    await partnersOf(platform, running).register('listening', `http://127.0.0.1:${port}/fhir`);
    const trace = '2'.repeat(32);
    const headers = { traceparent: `00-${trace}-${CALLER}-00` };
    await platform.request('GET', `${slotQuery([KNOWN])}&_source=listening`, undefined, headers);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-00$`));
    await spansOf('1'.repeat(32), (all) => all.length > 0);
    expect(collector.spans.filter((span) => span.trace === trace)).toEqual([]);
  });
});

describe('figures', () => {
  it('are those of /metrics, per interaction and per partner', async () => {
    const find = (name: string) =>
      collector.figures.filter((figure) => figure.service === 'creneau-platform' && figure.name === name).at(-1);
    await vi.waitFor(() => expect(find('creneau_partner_requests_total')?.points.length).toBeGreaterThan(3), 10_000);
    expect(find('creneau_partner_requests_total')).toMatchObject({ type: 'sum' });
    const { text } = await platform.request('GET', '/metrics');
    for (const { attributes, value } of find('creneau_partner_requests_total')!.points)
      expect(text).toContain(
        `creneau_partner_requests_total{partner="${attributes['partner']}",outcome="${attributes['outcome']}"} ${value}`,
      );
    const durations = find('creneau_request_seconds')!;
    expect(durations.type).toBe('histogram');
    const search = durations.points.find(({ attributes }) => attributes['route'] === '/fhir/:type')!;
    expect(search.buckets!.reduce((sum, count) => sum + count, 0)).toBe(search.value);
    expect(search.buckets!.every((count) => count >= 0)).toBe(true);
    expect(find('creneau_database_up')).toMatchObject({ type: 'gauge', points: [{ value: 1 }] });
  });
});

describe('a collector', () => {
  it('that is away, or refuses, delays neither answers nor the end', async () => {
    const refusing = await startCollector(503);
    const urls = ['http://127.0.0.1:9', refusing.url];
    const [away, refused] = await Promise.all(urls.map((otlpUrl) => startTestServer({ otlpUrl, otlpIntervalMs: 200 })));
    if (away === undefined || refused === undefined) throw new Error('not started');
    for (const server of [away, refused]) expect((await server.request('GET', 'Patient')).status).toBe(200);
    await vi.waitFor(() => expect(refusing.bodies.length).toBeGreaterThan(0));
    await Promise.all([away.close(), refused.close()]);
    await refusing.close();
  });

  it('that never answers delays the end by three seconds', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const source = { service: 'a', version: '1', metrics: openMetrics(), log: openLog('silent') };
    const telemetry = await openTelemetry(testConfig(undefined, { otlpUrl: `http://127.0.0.1:${port}` }), source);
    telemetry!.tracer.start('GET', {}).end();
    const started = performance.now();
    await telemetry!.close();
    expect(performance.now() - started).toBeLessThan(4_900);
    silent.closeAllConnections();
    silent.close();
  });

  it('that no setting names costs nothing: nothing of OpenTelemetry is loaded', () => {
    const script = `await import('./dist/cli/servers/agenda.js');
      const { _cache } = (await import('node:module')).default;
      console.log(Object.keys(_cache).filter((file) => /@opentelemetry.(?!api)/.test(file)).length);`;
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: ROOT });
    expect(output.toString().trim()).toBe('0');
  });

  it('is set by the variables of OpenTelemetry', () => {
    const { config } = readConfig([], {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collecteur.example/otlp/',
      OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=Bearer%20a%3D, x-tenant=b',
      OTEL_TRACES_SAMPLER_ARG: '0.25',
    });
    expect(config).toMatchObject({
      otlpUrl: 'https://collecteur.example/otlp',
      otlpHeaders: { authorization: 'Bearer a=', 'x-tenant': 'b' },
      traceRatio: 0.25,
    });
    for (const wrong of ['2', 'all', '-1', '']) expect(() => readConfig([`--trace-ratio=${wrong}`], {})).toThrow();
    expect(() => readConfig(['--otlp-headers', 'none'], {})).toThrow(/\*\*\*/);
  });
});
