/**
 * The aggregated search over 1, 10 and 50 partners that answer at once: what the platform adds to the slowest of them. The floor is a client that asks the
 * same partners the same questions itself and reads the bytes; both by turns, so that they see the same machine.
 */
import { fork, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';

const HERTZ = 100;

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
  writeFileSync(join(folder, 'partners.json'), JSON.stringify({ partners: urls.map(({ url }, i) => ({ id: `p${i}`, name: `Éditeur ${i}`, url, kinds: ['PS'] })) }));
  const { child, url } = await startPlatform(['--data', 'memory:', '--partners', join(folder, 'partners.json')]);
  const agent = new Agent({ connections: 64 });
  try {
    const platform = async () => read(`${url}/fhir/Slot?${query}`, agent);
    const floor = async () => Promise.all(urls.map(({ url: one }) => read(`${one}/Slot?${query}`, agent)));
    const first = JSON.parse(await platform());
    if (first.total !== count * 250) throw new Error(`${first.total} slots of ${count * 250}`);
    for (let i = 0; i < 15; i++) await Promise.all([platform(), floor()]);
    const [own, others] = [[], []];
    for (const end = Date.now() + seconds * 1000; Date.now() < end || own.length < 30; ) {
      others.push(await timed(floor));
      own.push(await timed(platform));
    }
    const before = cpuSeconds(child.pid);
    let done = 0;
    const started = performance.now();
    await Promise.all(Array.from({ length: 4 }, async () => {
      while (performance.now() - started < seconds * 1000) {
        await platform();
        done++;
      }
    }));
    const elapsed = (performance.now() - started) / 1000;
    const cpu = cpuSeconds(child.pid) - before;
    const memory = Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) / 1024);
    const [p50, p99] = [quantile(own, 0.5), quantile(own, 0.99)];
    return { partners: count, slots: count * 250, 'MB in': round((urls[0].bytes * count) / 1e6, 1), 'p50 ms': p50, 'added p50': round(p50 - quantile(others, 0.5), 1), 'p99 ms': p99, 'added p99': round(p99 - quantile(others, 0.99), 1), 'searches/s': round(done / elapsed, 1), 'CPU ms': Math.round((cpu * 1000) / done), 'RSS MB': memory };
  } finally {
    child.kill();
    partners.kill();
    await agent.destroy();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What one partner that never answers does to a search that is told as it comes: when the others are all there, in ms. */
export async function oneDead(seconds) {
  const rows = [];
  for (const isDead of [false, true]) rows.push(await measureDead(isDead, seconds));
  return rows;
}

async function measureDead(isDead, seconds) {
  const { startPartner } = await import('../dist/cli/partner.js');
  const day = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  const query = (i) => `start=ge${day}T08:00:00&start=le${day}T23:00:00&schedule.actor:Practitioner.identifier=urn:oid:1.2.250.1.71.4.2.1%7C8${10_000_000_000 + i}&status=free`;
  const partners = await Promise.all(Array.from({ length: 10 }, (_, i) => startPartner({ mood: isDead && i === 9 ? 'dead' : 'good', port: 0, host: '127.0.0.1', seed: i + 1 })));
  const folder = mkdtempSync(join(tmpdir(), 'creneau-bench-'));
  writeFileSync(join(folder, 'partners.json'), JSON.stringify({ partners: partners.map(({ url }, i) => ({ id: `p${i}`, name: `Éditeur ${i}`, url, kinds: ['PS'], deadlineMs: 400 })) }));
  const { child, url } = await startPlatform(['--data', 'memory:', '--partners', join(folder, 'partners.json')]);
  const agent = new Agent({ connections: 4 });
  try {
    const others = [];
    let n = 0;
    for (const end = Date.now() + seconds * 1000; Date.now() < end || n < 60; n++) {
      const started = performance.now();
      const { body } = await request(`${url}/fhir/Slot?${query(n)}`, { dispatcher: agent, headers: { accept: 'text/event-stream' } });
      let at = 0;
      let seen = 0;
      let rest = '';
      for await (const chunk of body) {
        rest += chunk;
        const events = rest.split('\n\n');
        rest = events.pop();
        for (const one of events) if (one.startsWith('event: partner') && !one.includes('"partner":"p9"') && ++seen === 9) at = performance.now() - started;
      }
      if (n >= 10) others.push(at);
    }
    return { 'one dead': isDead, searches: others.length, 'p50 ms of the 9 others': quantile(others, 0.5), 'p99 ms of the 9 others': quantile(others, 0.99) };
  } finally {
    child.kill();
    await Promise.all(partners.map((one) => one.close()));
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

function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  return round(sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))], 1);
}

function round(value, digits = 0) {
  return Number(value.toFixed(digits));
}

/** User and system time of a process, threads included. */
function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / HERTZ;
}

function startPlatform(options) {
  const child = spawn('bin/creneau', ['platform', '--port', '0', '--log-level', 'error', ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
      const found = /(http:\/\/127\.0\.0\.1:\d+)\/fhir /.exec(text)?.[1];
      if (found) resolve({ child, url: found });
    });
    child.on('exit', (code) => reject(new Error(`platform ended: ${code}`)));
  });
}
