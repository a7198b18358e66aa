/** A mixed load that goes on for long, and the memory of the server meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { slotPath } from './overload.mjs';
import { memoryOf, quantile, round } from './server.mjs';

const JSON_BODY = { 'content-type': 'application/fhir+json' };
const SAMPLE_MS = 5_000;

/** Each kind of call in turn: `n` counts them. */
const KINDS = {
  search: async (world, n) => {
    const path = slotPath(world.today, n * 25, { practitioners: 25, days: 3, count: 200 });
    const slots = (await ask(world, 'GET', path)).entry ?? [];
    world.slots = slots.map(({ resource }) => resource).filter(({ resourceType }) => resourceType === 'Slot');
  },
  booking: async (world) => {
    const slot = world.slots[Math.floor(Math.random() * world.slots.length)];
    if (slot === undefined) return;
    const patient = await ask(world, 'POST', '/fhir/Patient', { resourceType: 'Patient', active: true });
    const booked = await ask(world, 'POST', '/fhir/Appointment', {
      resourceType: 'Appointment',
      status: 'booked',
      slot: [{ reference: `Slot/${slot.id}` }],
      participant: [{ actor: { reference: `Patient/${patient.id}` }, status: 'accepted' }],
    });
    if (booked.id === undefined) return;
    await ask(world, 'PUT', `/fhir/Appointment/${booked.id}`, { ...booked, status: 'cancelled' });
  },
  feed: async (world) => {
    world.feed ??= '/fhir/_history?_after=latest';
    const { link = [] } = await ask(world, 'GET', world.feed);
    const next = link.find(({ relation }) => relation === 'next')?.url;
    if (next !== undefined) world.feed = new URL(next).pathname + new URL(next).search;
  },
  stream: async (world) => {
    const headers = { accept: 'text/event-stream' };
    await leave(world, '/fhir/$events', 500 + Math.random() * 1500, headers);
  },
  abandoned: (world, n) =>
    leave(world, slotPath(world.today, n * 25, { practitioners: 25, days: 9, count: 5000 }), Math.random() * 50, {}),
  wrong: (world) => ask(world, 'POST', '/fhir/Patient', { resourceType: 'Patient', gender: 'x', extra: 1 }),
};

async function ask(world, method, path, body) {
  const { statusCode, body: reply } = await request(world.url + path, {
    ...{ method, dispatcher: world.dispatcher },
    ...(body === undefined ? {} : { headers: JSON_BODY, body: JSON.stringify(body) }),
  });
  world.statuses[statusCode] = (world.statuses[statusCode] ?? 0) + 1;
  return JSON.parse(await reply.text());
}

/** A caller who goes away. */
async function leave(world, path, afterMs, headers) {
  const signal = AbortSignal.timeout(Math.round(afterMs));
  try {
    const { body } = await request(world.url + path, { headers, dispatcher: world.dispatcher, signal });
    await body.dump({ limit: 1e9, signal });
  } catch {
    world.left++;
  }
}

async function sampleOf(server, url, start) {
  const text = await (await request(`${url}/metrics`)).body.text();
  const heap = Number(/^nodejs_heap_size_used_bytes (\S+)/m.exec(text)?.[1] ?? Number.NaN);
  return { minute: (performance.now() - start) / 60_000, rss: memoryOf(server), heap: round(heap / 1e6) };
}

/** `perSecond`: calls of all kinds together. Answers the samples, the statuses, and the medians of each third. */
export async function soak(server, { today, minutes, perSecond }) {
  const dispatcher = new Agent({ connections: 64 });
  const world = { url: server.url, dispatcher, today, slots: [], statuses: {}, left: 0 };
  const samples = [];
  const failures = {};
  const start = performance.now();
  const sampling = setInterval(() => {
    sampleOf(server, server.url, start).then(
      (sample) => samples.push(sample),
      () => {},
    );
  }, SAMPLE_MS);
  const under = new Set();
  const kinds = Object.entries(KINDS);
  for (let n = 0; performance.now() - start < minutes * 60_000; n++) {
    const [name, run] = kinds[n % kinds.length];
    const call = run(world, n)
      .catch((error) => {
        const key = `${name}: ${error.code ?? error.message}`;
        failures[key] = (failures[key] ?? 0) + 1;
      })
      .finally(() => under.delete(call));
    under.add(call);
    if (under.size > 200) await Promise.race(under);
    const due = start + ((n + 1) * 1000) / perSecond;
    if (due > performance.now()) await sleep(due - performance.now());
  }
  clearInterval(sampling);
  await Promise.all(under);
  samples.push(await sampleOf(server, server.url, start));
  await dispatcher.close();
  return { samples, statuses: world.statuses, left: world.left, failures, thirds: thirdsOf(samples) };
}

/** Medians: the first third warms caches up, the other two are to be alike. */
function thirdsOf(samples) {
  const size = Math.ceil(samples.length / 3);
  return [0, 1, 2].map((third) => {
    const part = samples.slice(third * size, (third + 1) * size);
    const median = (what) =>
      part.length === 0
        ? Number.NaN
        : quantile(
            part.map((sample) => sample[what]),
            0.5,
            0,
          );
    return { third: third + 1, 'RSS MB': median('rss'), 'heap MB': median('heap') };
  });
}
