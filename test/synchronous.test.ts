/**
 * With a synchronous standby, no write is acknowledged before the standby has it, also when the connection that waits
 * for it is ended: the write is then there on the primary, and would be lost with it.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { startAgenda } from '../src/cli/servers/agenda.ts';
import { call, isEmbedded, type Reply, testConfig } from './harness.ts';
import { hasPostgres, type OwnPostgres, ownPostgres } from './own-postgres.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Ends the sessions that wait for the standby; tells how many. */
async function endWaiting(primary: OwnPostgres): Promise<number> {
  const [row] = await primary.sql<{ count: number }>(
    `SELECT count(pg_terminate_backend(pid))::int FROM pg_stat_activity WHERE wait_event = 'SyncRep'`,
  );
  return row!.count;
}

describe.skipIf(isEmbedded || !hasPostgres)('a synchronous standby that is away', () => {
  /** A server on a primary, and its standby that is asked from now on. */
  async function open(): Promise<{ primary: OwnPostgres; standby: OwnPostgres; url: string }> {
    const primary = await ownPostgres();
    closing.push(() => primary.remove());
    primary.start();
    const server = await startAgenda(testConfig(primary.url));
    closing.push(() => server.close());
    const standby = await primary.standby();
    closing.push(() => standby.remove());
    standby.start();
    closing.push(() => standby.signal('SIGCONT'));
    await primary.alter(`SET synchronous_standby_names = '*'`);
    // The server writes when it closes; nothing is there to confirm it once the standby is removed.
    closing.push(() => primary.alter('RESET synchronous_standby_names'));
    return { primary, standby, url: server.url };
  }
  const create = (url: string, headers = {}): Promise<Reply> =>
    call(`${url}/fhir/Patient`, 'POST', { resourceType: 'Patient', active: true }, headers);
  /** Throws when there is an answer before the standby is back. */
  async function onlyAfter(standby: OwnPostgres, answer: Promise<Reply>): Promise<Reply> {
    const early = await Promise.race([answer, pause(2000)]);
    expect(early).toBeUndefined();
    standby.signal('SIGCONT');
    return answer;
  }

  it('keeps a write from being acknowledged whose connection is ended', async () => {
    const { primary, standby, url } = await open();
    standby.signal('SIGSTOP');
    const answer = create(url);
    const until = Date.now() + 20_000;
    while ((await endWaiting(primary)) === 0 && Date.now() < until) await pause(50);
    expect((await onlyAfter(standby, answer)).status).toBe(201);
    const rows = await standby.sql('SELECT id FROM patient');
    expect(rows).toHaveLength(1);
  });

  it('keeps the answer of a request from being told again', async () => {
    const { standby, url } = await open();
    const key = { 'Idempotency-Key': '"k1"' };
    const { json } = await create(url, key);
    standby.signal('SIGSTOP');
    expect((await onlyAfter(standby, create(url, key))).json.id).toBe(json.id);
  });
});
