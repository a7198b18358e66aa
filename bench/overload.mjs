/** One agenda server of 512 MB that is asked for far more than it can do: what it still does, and what it costs. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { cpuOf, memoryOf, quantile, round } from './server.mjs';
import { MEASURED, RPPS, rppsOf } from './territory.mjs';

const DAY = 86_400_000;

/** The slots of so many practitioners over so many days. */
export function slotPath(today, first, { practitioners, days, count }) {
  const date = (n) => new Date(today + n * DAY).toISOString().slice(0, 10);
  const who = Array.from({ length: practitioners }, (_, i) => `${RPPS}%7C${rppsOf((first + i) % MEASURED)}`).join(',');
  const window = `start=ge${date(1)}&start=lt${date(1 + days)}`;
  return `/fhir/Slot?status=free&${window}&schedule.actor:Practitioner.identifier=${who}&_count=${count}`;
}

/** Three searches, then a write. */
function nextCall(today, n) {
  if (n % 4 === 3)
    return {
      rank: 'write',
      path: '/fhir/Patient',
      method: 'POST',
      headers: { 'content-type': 'application/fhir+json' },
      body: '{"resourceType":"Patient","active":true}',
    };
  return { rank: 'search', method: 'GET', path: slotPath(today, n * 25, { practitioners: 25, days: 3, count: 1000 }) };
}

async function send({ url }, dispatcher, { path, rank, ...call }, signal) {
  const start = performance.now();
  const reply = await request(url + path, { ...call, dispatcher, ...(signal ? { signal } : {}) });
  let bytes = 0;
  for await (const chunk of reply.body) bytes += chunk.length;
  return { rank, status: reply.statusCode, ms: performance.now() - start, retry: reply.headers['retry-after'], bytes };
}

/** As many calls as eight callers get answered who wait for each answer. */
async function best(server, today, seconds) {
  const dispatcher = new Agent({ connections: 8 });
  const until = performance.now() + seconds * 1000;
  const answers = [];
  const cpu = cpuOf(server);
  let n = 0;
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      while (performance.now() < until) answers.push(await send(server, dispatcher, nextCall(today, n++)));
    }),
  );
  await dispatcher.close();
  return { answers, seconds, cpuMs: cpuOf(server) - cpu };
}

/** So many calls a second, whether anything is answered or not. */
async function flood(server, today, seconds, perSecond) {
  // No call waits in this process for a connection: its latency would be taken for the server's.
  const dispatcher = new Agent({ connections: 700 });
  const answers = [];
  const under = [];
  const start = performance.now();
  const cpu = cpuOf(server);
  for (let n = 0; performance.now() - start < seconds * 1000; n++) {
    under.push(
      send(server, dispatcher, nextCall(today, n)).then(
        (answer) => answers.push(answer),
        (error) => answers.push({ status: 0, ms: 0, error: error.code }),
      ),
    );
    const due = start + ((n + 1) * 1000) / perSecond;
    if (due > performance.now() + 2) await sleep(due - performance.now());
  }
  const inTime = answers.length;
  const cpuMs = cpuOf(server) - cpu;
  await Promise.all(under);
  await dispatcher.close();
  return { answers, inTime: answers.slice(0, inTime), seconds, cpuMs };
}

function figures({ answers, inTime = answers, seconds, cpuMs }) {
  const done = inTime.filter(({ status }) => status < 300 && status > 0);
  const refused = answers.filter(({ status }) => status === 503);
  const others = answers.filter(({ status }) => status === 0 || (status >= 300 && status !== 503));
  const ms = (list, q) =>
    list.length === 0
      ? undefined
      : round(
          quantile(
            list.map((answer) => answer.ms),
            q,
          ),
        );
  const share = (rank) => {
    const all = answers.filter((answer) => answer.rank === rank);
    return `${Math.round((100 * all.filter(({ status }) => status < 300).length) / Math.max(1, all.length))} %`;
  };
  return {
    'asked/s': round(answers.length / seconds),
    'done/s': round(done.length / seconds, 1),
    'done per CPU s': round((1000 * done.length) / cpuMs, 1),
    'p50 ms': ms(done, 0.5),
    'p99 ms': ms(done, 0.99),
    refused: refused.length,
    'refused p99 ms': ms(refused, 0.99),
    'without Retry-After': refused.filter(({ retry }) => retry === undefined).length,
    others: others.length,
    'writes done': share('write'),
    'searches done': share('search'),
  };
}

/** So many callers at once who each want 5,000 slots, and try again when they are told to. */
async function large(server, today, callers) {
  const dispatcher = new Agent({ connections: callers });
  let refused = 0;
  let peak = 0;
  const watching = setInterval(() => {
    peak = Math.max(peak, memoryOf(server));
  }, 100);
  const start = performance.now();
  const answers = await Promise.all(
    Array.from({ length: callers }, async (_, n) => {
      for (let tries = 0; tries < 200; tries++) {
        const path = slotPath(today, n * 25, { practitioners: 25, days: 9, count: 5000 });
        const answer = await send(server, dispatcher, { path, method: 'GET', rank: 'search' });
        if (answer.status !== 503) return answer;
        refused++;
        await sleep((0.5 + Math.random()) * 1000 * Number(answer.retry));
      }
      return { status: 503 };
    }),
  );
  clearInterval(watching);
  await dispatcher.close();
  const done = answers.filter(({ status }) => status === 200);
  return {
    callers,
    done: done.length,
    'MB each': round(done[0].bytes / 1e6, 1),
    'refused, then tried again': refused,
    'took s': round((performance.now() - start) / 1000),
    'RSS MB at most': peak,
  };
}

/** So many callers who leave after a moment: how long the server goes on for them. */
async function leaving(server, today, callers) {
  const dispatcher = new Agent({ connections: callers });
  const left = AbortSignal.timeout(300);
  const start = performance.now();
  await Promise.allSettled(
    Array.from({ length: callers }, (_, n) => send(server, dispatcher, nextCall(today, n * 4), left)),
  );
  const gone = performance.now();
  for (;;) {
    const reply = await request(`${server.url}/metrics`);
    const text = await reply.body.text();
    const count = (name) => Number(new RegExp(`^creneau_requests_${name} (\\d+)`, 'm').exec(text)?.[1]);
    if (count('working') + count('waiting') === 0) break;
    await sleep(50);
  }
  await dispatcher.close();
  return { callers, 'left after ms': round(gone - start), 'idle after ms more': round(performance.now() - gone) };
}

export async function overload(server, { today, seconds, callers }) {
  await best(server, today, 3);
  const usual = figures(await best(server, today, seconds));
  const flooded = figures(await flood(server, today, seconds, 10 * usual['done/s']));
  const after = figures(await best(server, today, seconds));
  return {
    load: { best: usual, 'ten times': flooded, afterwards: after },
    leaving: await leaving(server, today, callers),
    large: await large(server, today, callers),
  };
}
