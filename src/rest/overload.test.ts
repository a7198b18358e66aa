/** The rate of each caller, weighted by cost, what it may have under way, and the answer to wrong credentials. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { FhirError } from '../fhir/issue.ts';
import type { Log } from '../runtime/log.ts';
import { type Caller, EVERYBODY, NOBODY } from './callers.ts';
import { InFlight } from './in-flight.ts';
import { costOf, Overload } from './overload.ts';

const logged: Record<string, unknown>[] = [];
const log = { info: (fields: object) => logged.push({ ...fields }), warn() {} } as unknown as Log;
const open: Overload[] = [];
const overload = (programRate: number, personRate = 1): Overload => {
  const made = new Overload({ programRate, personRate, maxDelayMs: 60_000, databaseWaitMs: () => 0 }, log);
  open.push(made);
  return made;
};
afterEach(() => {
  for (const made of open.splice(0)) made.close();
  logged.length = 0;
});

const program = (name: string): Caller => ({ name, roles: ['manager'], requireOpen() {} });
const person = (name: string): Caller => ({
  ...program(name),
  person: { name, roles: ['secretary'], agendas: [], places: [] },
});

/** The answer to a caller that spends these points. */
function spend(made: Overload, caller: Caller, cost: number): { headers: Record<string, string>; status: number } {
  const headers: Record<string, string> = {};
  const header = (name: string, value: string): void => {
    headers[name] = value;
  };
  const reply = { header } as unknown as FastifyReply;
  try {
    made.spend(caller, cost, reply);
    return { headers, status: 200 };
  } catch (error) {
    return { headers, status: (error as FhirError).status };
  }
}

describe('the rate of a caller', () => {
  it('counts by cost: what may be slow costs more', () => {
    const costs = [
      ['GET', '/fhir/Patient/1'],
      ['GET', '/fhir/Patient'],
      ['GET', '/fhir/Patient/_search'],
      ['POST', '/fhir/Patient'],
      ['POST', '/fhir/Patient/$validate'],
      ['POST', '/fhir'],
      ['GET', '/fhir/$export'],
    ].map(([method, path]) => costOf(method!, path!));
    expect(costs).toEqual([1, 3, 3, 5, 20, 20, 20]);
  });

  it('is told in RateLimit, and ends in 429 with the seconds to wait', () => {
    const made = overload(2);
    expect(spend(made, program('a'), 15)).toEqual({ status: 200, headers: { RateLimit: '"points";r=5;t=10' } });
    const { status, headers } = spend(made, program('a'), 15);
    expect([status, headers['RateLimit']]).toEqual([429, '"points";r=0;t=10']);
    expect(Number(headers['Retry-After'])).toBeGreaterThanOrEqual(4);
    expect(Number(headers['Retry-After'])).toBeLessThanOrEqual(5);
  });

  it('is its own: another program, and a person of the same name, still have theirs', () => {
    const made = overload(1);
    spend(made, program('a'), 100);
    expect(spend(made, program('a'), 1).status).toBe(429);
    expect([spend(made, program('b'), 1).status, spend(made, person('a'), 1).status]).toEqual([200, 200]);
    expect(spend(made, person('a'), 100).status).toBe(429);
  });

  it('pays for the entries of a batch once it is read, and the requests after it wait', () => {
    const made = overload(2);
    expect(spend(made, program('a'), 20).status).toBe(200);
    made.charge(program('a'), 100);
    const { status, headers } = spend(made, program('a'), 1);
    expect(status).toBe(429);
    expect(Number(headers['Retry-After'])).toBeGreaterThanOrEqual(50);
    made.charge(EVERYBODY, 1_000_000);
    expect(spend(made, EVERYBODY, 1).status).toBe(200);
  });

  it('comes back with time', async () => {
    const made = overload(100);
    spend(made, program('a'), 1001);
    expect(spend(made, program('a'), 5).status).toBe(429);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(spend(made, program('a'), 5).status).toBe(200);
  });

  it('is not asked of everybody while authentication is off, nor on public routes', () => {
    const made = overload(1);
    for (const caller of [EVERYBODY, NOBODY]) expect(spend(made, caller, 10_000)).toEqual({ status: 200, headers: {} });
  });
});

describe('the requests under way', () => {
  const reply = () => {
    const headers: Record<string, string> = {};
    return { headers, header: (name: string, value: string) => (headers[name] = value) };
  };
  const enter = (made: InFlight, caller: Caller, cost: number) => {
    const [request, answer] = [{} as FastifyRequest, reply()];
    try {
      made.enter(request, caller, cost, answer as unknown as FastifyReply);
      return { request, status: 200, ...answer };
    } catch (error) {
      return { request, status: (error as FhirError).status, ...answer };
    }
  };

  it('of one caller are bounded by their cost, and those of others are not', () => {
    const made = new InFlight({ programPoints: 10, personPoints: 4 });
    const first = enter(made, program('a'), 5);
    expect([enter(made, program('a'), 5).status, made.pointsOf(program('a')), made.count]).toEqual([200, 10, 2]);
    const refused = enter(made, program('a'), 1);
    expect([refused.status, refused.headers['Retry-After']]).toEqual([429, '1']);
    expect([enter(made, person('a'), 3).status, enter(made, person('a'), 3).status]).toEqual([200, 429]);
    expect([enter(made, EVERYBODY, 100), enter(made, EVERYBODY, 100)].map(({ status }) => status)).toEqual([200, 200]);
    made.leave(first.request);
    expect([enter(made, program('a'), 5).status, made.pointsOf(program('a'))]).toEqual([200, 10]);
  });

  it('end once, and a costly request enters when it is alone', () => {
    const made = new InFlight({ programPoints: 10, personPoints: 4 });
    const { request, status } = enter(made, program('a'), 20);
    expect([status, enter(made, program('a'), 1).status]).toEqual([200, 429]);
    for (let i = 0; i < 3; i++) made.leave(request);
    made.leave({} as FastifyRequest);
    expect([made.count, made.pointsOf(program('a'))]).toEqual([0, 0]);
  });
});

it('wrong credentials are logged without them, and wait longer each time, by address', async () => {
  const made = overload(1);
  const from = (ip: string): FastifyRequest =>
    ({ ip, id: 'r', raw: { url: '/fhir/Patient?name=Secret' } }) as unknown as FastifyRequest;
  const timeOf = async (ip: string): Promise<number> => {
    const before = performance.now();
    await made.refused(from(ip), 'the token is unknown');
    return performance.now() - before;
  };
  for (let i = 0; i < 10; i++) await timeOf('192.0.2.1');
  const [eleventh, twelfth, other] = [await timeOf('192.0.2.1'), await timeOf('192.0.2.1'), await timeOf('192.0.2.2')];
  expect([eleventh! >= 95, twelfth! >= 195, other! < 95]).toEqual([true, true, true]);
  expect(logged).toHaveLength(13);
  expect(logged[11]).toMatchObject({ address: '192.0.2.1', path: '/fhir/Patient', count: 12 });
  expect(JSON.stringify(logged)).not.toContain('Secret');
});

describe('a process that is late', () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  /** Whether requests are turned away after samples that came so late, in ms, while the process computed or not. */
  function turnedAway(delays: readonly number[], share: number): boolean[] {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    let now = 0;
    let cpuMs = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    vi.spyOn(process, 'cpuUsage').mockImplementation((before) => ({
      user: cpuMs * 1000 - (before?.user ?? 0),
      system: 0,
    }));
    const made = new Overload({ programRate: 1, personRate: 1, maxDelayMs: 1000, databaseWaitMs: () => 0 }, log);
    open.push(made);
    return delays.map((delay) => {
      now += 250 + delay;
      cpuMs += (250 + delay) * share;
      vi.advanceTimersByTime(250);
      const reply = { header() {} } as unknown as FastifyReply;
      try {
        made.requireInTime(reply);
        return false;
      } catch (error) {
        return (error as FhirError).status === 503;
      }
    });
  }

  it('answers after one long request, and turns away while it stays late', () => {
    expect(turnedAway([1500, 0, 1500, 1500, 1500, 0], 1)).toEqual([false, false, false, true, true, false]);
  });

  it('answers while others have the processor', () => {
    expect(turnedAway([1500, 1500, 1500], 0.5)).toEqual([false, false, false]);
  });
});
