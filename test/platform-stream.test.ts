/** The aggregated search as an event stream, and with many partners of every mood at once. */
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { MOODS, type Mood } from '../src/runtime/options/demo.ts';
import { eventsOf, fatesOf, rpps, slotQuery, slotsOf } from './platform.ts';
import { OUTCOMES, usePlatform } from './simulated.ts';

const platform = usePlatform();
const { register, partner } = platform;

describe('an event stream', () => {
  it('has an event for each partner as it answers, for the progress, and for the end', async () => {
    await partner('fast', 'good');
    await partner('slow', 'slow', {}, { slowMs: 600 });
    await partner('dead', 'dead', { deadlineMs: 1200 });
    const events = await eventsOf(`${platform.test.base}/${slotQuery([rpps(1)])}`);
    expect(events.map((event) => [event.event, event.data.partner ?? event.data.waiting])).toEqual([
      ['progress', 3],
      ['partner', 'fast'],
      ['progress', 2],
      ['partner', 'slow'],
      ['progress', 1],
      ['partner', 'dead'],
      ['progress', 0],
      ['end', 0],
    ]);
    const [fast, slow, dead] = events.filter((event) => event.event === 'partner');
    expect(fast!.data).toMatchObject({
      name: 'Éditeur fast',
      fate: 'ok',
      count: 10,
      bundle: { type: 'searchset', total: 10 },
    });
    expect(slotsOf(fast!.data.bundle)).toHaveLength(10);
    expect(fast!.data.outcome.issue[0].details.text).toMatch(/^Éditeur fast : 10 créneaux/);
    expect([slow!.data.count, dead!.data.fate]).toEqual([10, 'timeout']);
    expect(events.at(-1)!.data).toEqual({ count: 20, answered: 2, failed: 1, waiting: 0, total: 3 });
    // Nobody waits for the slow or the dead one.
    expect(fast!.at).toBeLessThan(slow!.at - 200);
    expect(slow!.at).toBeLessThan(dead!.at - 200);
  });

  it('travels compressed for callers who accept it, piece by piece', async () => {
    await partner('fast', 'good', {}, { slots: 300 });
    const stream = (headers: Record<string, string>): Promise<{ encoding: string | undefined; bytes: Buffer }> =>
      new Promise((resolve, reject) => {
        const url = `${platform.test.base}/${slotQuery([rpps(1)])}`;
        get(url, { headers: { accept: 'text/event-stream', ...headers } }, (reply) => {
          const chunks: Buffer[] = [];
          reply.on('data', (chunk: Buffer) => chunks.push(chunk));
          reply.on('end', () => resolve({ encoding: reply.headers['content-encoding'], bytes: Buffer.concat(chunks) }));
        }).on('error', reject);
      });
    const [plain, small] = [await stream({}), await stream({ 'accept-encoding': 'gzip' })];
    expect([plain.encoding, small.encoding]).toEqual([undefined, 'gzip']);
    const slotsIn = (text: string): number => text.split('"resourceType":"Slot"').length;
    expect(slotsIn(gunzipSync(small.bytes).toString())).toBe(slotsIn(plain.bytes.toString()));
    expect(small.bytes.length).toBeLessThan(plain.bytes.length / 10);
  });

  it('sends the first event with the first answer', async () => {
    await partner('fast', 'good', {}, { slots: 3 });
    await partner('dead', 'dead', { deadlineMs: 500 });
    const late: number[] = [];
    for (let i = 0; i < 5; i++) {
      const first = (await eventsOf(`${platform.test.base}/${slotQuery([rpps(i)])}`)).find(
        (event) => event.event === 'partner',
      )!;
      late.push(first.at - first.data.delayMs);
    }
    expect(Math.min(...late)).toBeLessThan(50);
  });

  it('ends the requests to partners when the caller leaves, without blaming them', async () => {
    const letGo: number[] = [];
    const silent = createServer((_request, response) => response.on('close', () => letGo.push(performance.now())));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    platform.running.push({ close: () => new Promise((resolve) => silent.close(() => resolve())) });
    await register('silent', `http://127.0.0.1:${(silent.address() as AddressInfo).port}/fhir`);
    // More often than a breaker allows failures.
    for (let i = 1; i <= 7; i++) {
      const gone = new AbortController();
      const reply = await fetch(`${platform.test.base}/${slotQuery([rpps(i)])}`, {
        headers: { accept: 'text/event-stream' },
        signal: gone.signal,
      });
      expect(reply.status).toBe(200);
      gone.abort();
      // The deadline is seven seconds.
      await expect.poll(() => letGo.length, { timeout: 5000, interval: 10 }).toBe(i);
    }
  });

  it('refuses a wrong search like any other request', async () => {
    const reply = await platform.test.request('GET', 'Slot?status=free', undefined, { accept: 'text/event-stream' });
    expect([reply.status, reply.json.resourceType]).toEqual([400, 'OperationOutcome']);
  });
});

describe('30 partners of any moods', () => {
  const DEADLINE = 2000;

  /** `late`: milliseconds after the deadline. On a busy machine 100 ms of work take longer: then the work counts. */
  const isInTime = ({ late, work }: { late: number; work: number }): boolean =>
    late < 100 || (late < 1500 && work < 100);
  // Good ones are frequent, so that there are slots to find.
  const mixed: readonly Mood[] = ['good', 'good', ...MOODS];

  it('are answered in time, with every slot of every good one, within bounds of memory', async () => {
    const mixes = fc.sample(fc.array(fc.constantFrom(...mixed), { minLength: 30, maxLength: 30 }), {
      seed: 20261124,
      numRuns: 2,
    });
    for (const [round, mix] of mixes.entries()) {
      for (const [i, mood] of mix.entries())
        await partner(`p${i}`, mood, { deadlineMs: DEADLINE, maxBytes: 500_000 }, { seed: i + 1 });
      const answers: { late: number; work: number; json: Json }[] = [];
      const before = process.memoryUsage().rss;
      let peak = before;
      const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 10);
      for (let i = 0; i < 3; i++) {
        const started = performance.now();
        // The work of this process, which is both sides, from the deadline on.
        const timer = new Promise<NodeJS.CpuUsage>((resolve) =>
          setTimeout(() => resolve(process.cpuUsage()), DEADLINE),
        );
        const { status, json } = await platform.test.request(
          'GET',
          slotQuery([rpps(1000 * round + i), rpps(1000 * round + 500 + i)]),
        );
        const late = performance.now() - started - DEADLINE;
        const { user, system } = process.cpuUsage(await timer);
        expect(status).toBe(200);
        answers.push({ late, work: (user + system) / 1000, json });
      }
      clearInterval(watch);
      for (const { json } of answers) {
        const fates = fatesOf(json);
        const expected = mix.map((mood) => OUTCOMES[mood]);
        // On a busy machine the time may be over before the limit of size.
        expect(
          mix.map((mood, i) =>
            mood === 'huge' && fates[`p${i}`]!.fate === 'timeout' ? 'invalid' : fates[`p${i}`]!.fate,
          ),
        ).toEqual(expected);
        expect(
          mix.map((mood, i) =>
            ['good', 'duplicate'].includes(mood)
              ? fates[`p${i}`]!.count + (mood === 'good' ? fates[`p${i}`]!.folded : 0)
              : 0,
          ),
        ).toEqual(mix.map((mood) => (['good', 'duplicate'].includes(mood) ? 20 : 0)));
      }
      for (const { late, work } of answers) expect({ late, work }).toSatisfy(isInTime);
      expect(peak - before).toBeLessThan(250_000_000);
      await Promise.all(platform.running.splice(0).map((closing) => closing.close()));
      await platform.test.reset();
    }
  });
});
