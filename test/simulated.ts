/** Partners of a platform under test: simulated ones in every mood, and ones that answer as the test says. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { type PartnerOptions, type SimulatedPartner, startPartner } from '../src/sas/simulator/simulated-partner.ts';
import { editorAnswer } from '../src/demo/editor-answer.ts';
import type { Json } from '../src/fhir/resource.ts';
import type { Mood } from '../src/runtime/options/demo.ts';
import { toEndpoint } from '../src/sas/platform/partners/endpoint.ts';
import { DEFAULTS, type Partner } from '../src/sas/platform/partners/partner.ts';
import { NOW } from './harness.ts';
import { startTestPlatform, type TestPlatform } from './platform.ts';

/** The outcome of a partner in each mood, when the answer must come within two seconds. */
export const OUTCOMES: Record<Mood, 'ok' | 'timeout' | 'error' | 'invalid'> = {
  good: 'ok',
  slow: 'timeout',
  drip: 'timeout',
  dead: 'timeout',
  '500': 'error',
  rubbish: 'invalid',
  huge: 'invalid',
  duplicate: 'ok',
  'wrong-tls': 'error',
};

export interface Closing {
  close(): Promise<void>;
}

/** A platform that is started before the tests of a file; its partners are forgotten after each. */
export function usePlatform() {
  const running: Closing[] = [];
  let test: TestPlatform;
  beforeAll(async () => {
    test = await startTestPlatform();
  });
  afterAll(() => test.close());
  beforeEach(async () => {
    await test.reset();
    test.clock.now = NOW;
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((closing) => closing.close()));
  });
  const partners = partnersOf({ request: (...request) => test.request(...request) }, running);
  return {
    ...partners,
    running,
    get test() {
      return test;
    },
  };
}

/** `running`: everything to close after the test. */
export function partnersOf(test: Pick<TestPlatform, 'request'>, running: Closing[]) {
  async function register(id: string, url: string, more: Partial<Partner> = {}): Promise<void> {
    const partner: Partner = {
      id,
      name: `Éditeur ${id}`,
      url,
      kinds: ['PS', 'CPTS', 'SOS'],
      enabled: true,
      ...DEFAULTS,
      identity: {},
      caller: id,
      practitioners: undefined,
      since: 0,
      ...more,
    };
    const { status, text } = await test.request('PUT', `Endpoint/${id}`, {
      ...toEndpoint(partner),
      managingOrganization: undefined,
    });
    if (status !== 201 && status !== 200) throw new Error(text);
  }

  async function partner(
    id: string,
    mood: Mood,
    more: Partial<Partner> = {},
    options: Partial<PartnerOptions> = {},
  ): Promise<SimulatedPartner> {
    const simulated = await startPartner(
      { mood, port: 0, host: '127.0.0.1', seed: running.length + 1, ...options },
      Date.now,
    );
    running.push(simulated);
    await register(id, simulated.url, more);
    return simulated;
  }

  /** A partner that answers as the test says. */
  async function scripted(
    id: string,
    answer: (path: string, query: string) => Json | Promise<Json>,
    more: Partial<Partner> = {},
  ): Promise<string[]> {
    const asked: string[] = [];
    const server: Server = createServer(async (request, response) => {
      const [path = '', query = ''] = request.url!.replace('/fhir/', '').split('?');
      asked.push(decodeURIComponent(query));
      const body = await answer(path, query);
      response
        .writeHead(typeof body === 'number' ? body : 200, { 'content-type': 'application/fhir+json' })
        .end(typeof body === 'number' ? '' : JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const close = (): Promise<void> => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    };
    running.push({ close });
    await register(id, `http://127.0.0.1:${(server.address() as AddressInfo).port}/fhir`, more);
    return asked;
  }

  return { register, partner, scripted };
}

/** Four slots for everybody, with the changes of the test. */
export const good =
  (seed: number, change: (bundle: Json) => void = () => {}) =>
  (path: string, query: string): Json => {
    const bundle = structuredClone(
      editorAnswer(path, query, { seed, slots: 4, url: `http://editeur-${seed}.example` }),
    );
    change(bundle);
    return bundle;
  };
