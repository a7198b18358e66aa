/**
 * The aggregated search over 1, 10 and 50 partners that answer at once: what the platform adds to the slowest of them.
 * The floor is a client that asks the
 * same partners the same questions itself and reads the bytes; both by turns, so that they see the same machine.
 */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { cpuOf, memoryOf, quantile, round, startServer, stopServer } from './server.mjs';

/** Rows of the table. `seconds`: of each measure. */
export async function fanOut(counts, seconds) {
  const rows = [];
  for (const count of counts) rows.push(await measureFanOut(count, seconds));
  return rows;
}

async function measureFanOut(count, seconds) {
  const day = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  const who = Array.from({ length: 25 }, (_, i) => `urn:oid:1.2.250.1.71.4.2.1%7C8${10_000_000_000 + i}`).join(',');
  const query = `start=ge${day}T08:00:00&start=le${day}T23:00:00&schedule.actor:Practitioner.identifier=${who}&status=free`;
  const partners = fork(new URL('./partners.mjs', import.meta.url), [String(count), query], { stdio: 'inherit' });
  const urls = await new Promise((resolve) => partners.once('message', resolve));
  const folder = mkdtempSync(join(tmpdir(), 'creneau-bench-'));
  writeFileSync(
    join(folder, 'partners.json'),
    JSON.stringify({ partners: urls.map(({ url }, i) => ({ id: `p${i}`, name: `Éditeur ${i}`, url, kinds: ['PS'] })) }),
  );
  const platform = await startServer('platform', ['--data', 'memory:', '--partners', join(folder, 'partners.json')]);
  const agent = new Agent({ connections: 64 });
  try {
    const search = async () => read(`${platform.url}/fhir/Slot?${query}`, agent);
    const floor = async () => Promise.all(urls.map(({ url: editorUrl }) => read(`${editorUrl}/Slot?${query}`, agent)));
    const first = JSON.parse(await search());
    if (first.total !== count * 250) throw new Error(`${first.total} slots of ${count * 250}`);
    for (let i = 0; i < 15; i++) await Promise.all([search(), floor()]);
    const [own, others] = [[], []];
    for (const end = Date.now() + seconds * 1000; Date.now() < end || own.length < 30; ) {
      others.push(await timed(floor));
      own.push(await timed(search));
    }
    const before = cpuOf(platform);
    let done = 0;
    const started = performance.now();
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        while (performance.now() - started < seconds * 1000) {
          await search();
          done++;
        }
      }),
    );
    const elapsed = (performance.now() - started) / 1000;
    const cpu = cpuOf(platform) - before;
    const memory = memoryOf(platform, 'VmHWM');
    const [p50, p99] = [quantile(own, 0.5), quantile(own, 0.99)];
    return {
      partners: count,
      slots: count * 250,
      'MB in': round((urls[0].bytes * count) / 1e6, 1),
      'p50 ms': p50,
      'added p50': round(p50 - quantile(others, 0.5), 1),
      'p99 ms': p99,
      'added p99': round(p99 - quantile(others, 0.99), 1),
      'searches/s': round(done / elapsed, 1),
      'CPU ms': Math.round(cpu / done),
      'RSS MB': memory,
    };
  } finally {
    await stopServer(platform);
    partners.kill();
    await agent.destroy();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function read(url, dispatcher) {
  const { statusCode, body } = await request(url, { dispatcher });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`${statusCode} ${text.slice(0, 500)}`);
  return text;
}

async function timed(work) {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
