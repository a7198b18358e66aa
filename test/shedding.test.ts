/**
 * A server that has more to do than it can do turns requests away at once, with the time after which to try again; its
 * health and its figures are answered meanwhile, and everything is served again afterwards.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { isEmbedded, type Reply, startTestServer, type TestServer } from './harness.ts';

let test: TestServer;
beforeAll(async () => {
  test = await startTestServer({ maxDelayMs: 50, databaseConnections: 1 });
});
afterAll(() => test.close());

const statusOf = async (path: string): Promise<number> => (await test.server.app.inject(path)).statusCode;

async function expectTurnedAway(answer: Pick<Reply, 'status' | 'headers' | 'json'>): Promise<void> {
  expect([answer.status, answer.headers['retry-after'], answer.json.issue[0].code]).toEqual([503, '2', 'transient']);
  expect(answer.json.issue[0].details.text).toBe('Le serveur est trop chargé : réessayez dans un instant.');
}

describe('a server that computes without end', () => {
  it('turns requests away, but tells how it is; and serves again when it has caught up', async () => {
    // However little of the processor this machine gives to the test: the process has computed all the time.
    const usage = process.cpuUsage.bind(process);
    const cpu = vi
      .spyOn(process, 'cpuUsage')
      .mockImplementation((before) => (before === undefined ? usage() : { user: 1e9, system: 0 }));
    const answered = async () => {
      for (let i = 0; i < 2; i++) {
        const until = performance.now() + 400;
        while (performance.now() < until);
        await new Promise((resolve) => setImmediate(resolve));
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
      const reply = await test.server.app.inject('/fhir/Patient');
      return { status: reply.statusCode, headers: reply.headers as Record<string, string>, json: reply.json() };
    };
    let answer: Awaited<ReturnType<typeof answered>>;
    do answer = await answered();
    while (answer.status === 200);
    await expectTurnedAway(answer);
    expect([await statusOf('/health/live'), await statusOf('/metrics')]).toEqual([200, 200]);
    cpu.mockRestore();
    await expect.poll(() => statusOf('/fhir/Patient'), { timeout: 30_000 }).toBe(200);
  });
});

describe.skipIf(isEmbedded)('a server whose connections to the database are all at work', () => {
  it('turns requests away once one has waited too long, but tells how it is', async () => {
    const work = test.server.database.query('SELECT pg_sleep(2)');
    const waits = test.request('GET', 'Patient');
    const isLate = () => test.server.database.health().connections.waitMs > 50;
    await expect.poll(isLate, { interval: 20 }).toBe(true);
    await expectTurnedAway(await test.request('GET', 'Patient'));
    expect([await statusOf('/health/live'), await statusOf('/metrics')]).toEqual([200, 200]);
    await work;
    expect((await waits).status).toBe(200);
    await expect.poll(() => statusOf('/fhir/Patient'), { timeout: 30_000 }).toBe(200);
  });
});
