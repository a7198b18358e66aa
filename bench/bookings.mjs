/** Bookings by several callers at once, and what the database's own INSERT and COMMIT cost on the same machine. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { Agent, request } from 'undici';
import { openDatabase } from '../dist/store/engine/open.js';
import { memoryOf, round } from './server.mjs';

const BODY = JSON.stringify({
  resourceType: 'Appointment',
  status: 'booked',
  start: 'x'.repeat(25),
  end: 'x'.repeat(25),
  participant: [{ actor: { display: 'Patient' } }],
  text: 'x'.repeat(200),
});
const INSERT = 'INSERT INTO floor (body) VALUES ($1)';

/** Bookings of distinct free slots by several callers, against the database's own INSERT + COMMIT by as many. */
export async function bookings(server, url, { today, seconds }) {
  const callers = 16;
  const day = (n) => new Date(today + n * 86_400_000).toISOString().slice(0, 10);
  const slots = [];
  for (
    let page = `/fhir/Slot?status=free&start=ge${day(5)}&start=lt${day(7)}&_count=5000`;
    page && slots.length < 12_000;
  ) {
    const bundle = await (await fetch(server.url + page)).json();
    slots.push(...bundle.entry.filter((entry) => entry.search.mode === 'match').map((entry) => entry.resource.id));
    page = bundle.link.find(({ relation }) => relation === 'next')?.url.slice(server.url.length);
  }
  // Neighbours in the list are on different agendas, as callers are.
  const bodyOf = (slot, i) =>
    JSON.stringify({
      resourceType: 'Appointment',
      identifier: [{ system: 'urn:x-bench', value: String(i) }],
      status: 'booked',
      slot: [{ reference: `Slot/${slot}` }],
      participant: [{ actor: { display: 'Patient' }, status: 'accepted' }],
    });
  const bodies = slots.map(bodyOf);
  let next = 0;
  const until = Date.now() + seconds * 1000;
  const started = performance.now();
  let booked = 0;
  const agent = new Agent({ connections: callers, pipelining: 1 });
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (Date.now() < until && next < bodies.length) {
        const reply = await request(`${server.url}/fhir/Appointment`, {
          method: 'POST',
          body: bodies[next++],
          headers: { 'content-type': 'application/fhir+json' },
          dispatcher: agent,
        });
        await reply.body.dump();
        if (reply.statusCode === 201) booked++;
      }
    }),
  );
  const perSecond = booked / ((performance.now() - started) / 1000);
  await agent.close();
  const floor = url === undefined ? await insertsEmbedded(callers) : await insertsServer(url, callers);
  return {
    booked,
    'bookings/s': round(perSecond),
    'INSERT+COMMIT/s': round(floor),
    ratio: round(perSecond / floor, 3),
    'RSS MB': memoryOf(server),
  };
}

async function insertsServer(url, callers) {
  const pool = new pg.Pool({ connectionString: url, max: callers });
  pool.on('error', () => {});
  await pool.query('CREATE TABLE floor (id bigserial PRIMARY KEY, body text)');
  const rate = await inserts(callers, () => pool.query({ name: 'floor', text: INSERT, values: [BODY] }));
  await pool.end();
  return rate;
}

async function insertsEmbedded(callers) {
  const folder = mkdtempSync(join(tmpdir(), 'creneau-floor-'));
  const database = await openDatabase({ url: undefined, data: folder, connections: 1, ownBases: [] });
  await database.script('CREATE TABLE floor (id bigserial PRIMARY KEY, body text)');
  const rate = await inserts(callers, () => database.query(INSERT, [BODY]));
  await database.close();
  rmSync(folder, { recursive: true, force: true });
  return rate;
}

async function inserts(callers, insert) {
  const until = Date.now() + 4000;
  let done = 0;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (Date.now() < until) {
        await insert();
        done++;
      }
    }),
  );
  return done / ((performance.now() - started) / 1000);
}
