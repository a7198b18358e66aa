/**
 * A search among partners in a bad mood: one that never answers among nine that do, and thirty of any mood. The
 * platform is a process of its own; the partners share this one.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { quantile, round, startServer, stopServer } from './server.mjs';

const MOODS = ['good', 'good', 'good', 'slow', 'drip', 'dead', '500', 'rubbish', 'huge', 'duplicate', 'wrong-tls'];
const DEADLINE = 2000;

const queryOf = (i) => {
  const day = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  return `start=ge${day}T08:00:00&start=le${day}T23:00:00&schedule.actor:Practitioner.identifier=urn:oid:1.2.250.1.71.4.2.1%7C8${10_000_000_000 + i}&status=free`;
};

/**
 * When nine are there, in a search told as it comes, with and without a tenth that is dead: by turns, so that both see
 * the same machine. The caller leaves
 * when it has the nine, so that the breaker never opens and spares the platform the dead one.
 */
export async function oneDead(seconds) {
  const rows = await withPartners([...Array(9).fill('good'), 'dead'], {}, async (url, agent) => {
    const nine = Array.from({ length: 9 }, (_, i) => `p${i}`).join();
    const [without, with_] = [[], []];
    let n = 0;
    for (const end = Date.now() + seconds * 1000; Date.now() < end || n < 300; n++) {
      const [first, second] = n % 2 ? [without, with_] : [with_, without];
      for (const list of [first, second]) {
        const took = await untilNine(
          `${url}/fhir/Slot?${queryOf(n)}${list === without ? `&_source=${nine}` : ''}`,
          agent,
        );
        if (n >= 20) list.push(took);
      }
    }
    return [without, with_].map((list, i) => ({
      'one dead': i === 1,
      searches: list.length,
      'p50 ms of the nine': quantile(list, 0.5),
      'p99 ms of the nine': quantile(list, 0.99),
    }));
  });
  const change = (key) => `${round((rows[1][key] / rows[0][key] - 1) * 100, 1)} %`;
  return [
    ...rows,
    {
      'one dead': 'change',
      searches: '',
      'p50 ms of the nine': change('p50 ms of the nine'),
      'p99 ms of the nine': change('p99 ms of the nine'),
    },
  ];
}

async function untilNine(path, dispatcher) {
  const started = performance.now();
  const { body } = await request(path, { dispatcher, headers: { accept: 'text/event-stream' } });
  let text = '';
  for await (const chunk of body) {
    text += chunk;
    if (text.split('"fate":"ok"').length > 9) break;
  }
  return performance.now() - started;
}

/** How long after the deadline thirty partners of any mood are told, in ms. */
export async function anyMoods(mixes = 6, searches = 4) {
  const late = [];
  for (let mix = 0; mix < mixes; mix++) {
    const moods = Array.from({ length: 30 }, (_, i) => MOODS[(i * 7 + mix * 5 + ((i * i) >> 2)) % MOODS.length]);
    await withPartners(moods, { deadlineMs: DEADLINE, maxBytes: 500_000 }, async (url, dispatcher) => {
      for (let i = 0; i <= searches; i++) {
        const started = performance.now();
        const { body } = await request(`${url}/fhir/Slot?${queryOf(100 * mix + i)}`, { dispatcher });
        await body.dump();
        // The first one makes the connections.
        if (i > 0) late.push(performance.now() - started - DEADLINE);
      }
    });
  }
  return [
    {
      mixes,
      searches: late.length,
      'p50 ms after the deadline': quantile(late, 0.5),
      'worst ms': round(Math.max(...late), 1),
    },
  ];
}

async function withPartners(moods, more, work) {
  const { startPartner } = await import('../dist/sas/simulator/simulated-partner.js');
  const partners = await Promise.all(
    moods.map((mood, i) => startPartner({ mood, port: 0, host: '127.0.0.1', seed: i + 1 }, Date.now)),
  );
  const folder = mkdtempSync(join(tmpdir(), 'creneau-bench-'));
  const file = join(folder, 'partners.json');
  writeFileSync(
    file,
    JSON.stringify({
      partners: partners.map(({ url }, i) => ({
        id: `p${i}`,
        name: `Éditeur ${i}`,
        url,
        kinds: ['PS'],
        connections: 64,
        ...more,
      })),
    }),
  );
  const platform = await startServer('platform', ['--data', 'memory:', '--partners', file]);
  const agent = new Agent({ connections: 4 });
  try {
    return await work(platform.url, agent);
  } finally {
    await stopServer(platform);
    await Promise.all(partners.map((partner) => partner.close()));
    await agent.destroy();
    rmSync(folder, { recursive: true, force: true });
  }
}
