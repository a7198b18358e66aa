/**
 * `node bench/booking-cost.mjs POSTGRES-URL [FOLDER...]`: processor time of the server and of its database for one
 * booking, by turns for the programs in these folders (built; the working tree where none is named). It does not depend
 * on what else the machine does, as the time that passes would.
 */
import pg from 'pg';
import { cpuOf, quantile, startServer, stopServer } from './server.mjs';

const ROUNDS = 7;
const BOOKINGS = 400;
const [admin, ...named] = process.argv.slice(2);
const home = process.cwd();
const folders = named.length > 0 ? named : [home];

const AVAILABILITY = 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-schedule-availability-time';
const JSON_TYPE = { 'content-type': 'application/fhir+json' };
const AGENDAS = 20;
const PATIENTS = 50;

const worlds = [];
for (const [i, folder] of folders.entries())
  worlds.push(await open(folder, `creneau_booking_cost_${process.pid}_${i}`));
for (const world of worlds) await round(world, { isWarmUp: true });
for (let turn = 0; turn < ROUNDS; turn++) for (const world of worlds) await round(world, {});
for (const { folder, server, database } of worlds)
  console.log(`${folder}: server ${quantile(server, 0.5, 2)} ms, database ${quantile(database, 0.5, 2)} ms a booking`);
for (const world of worlds) await world.close();

/** A server of the program in a folder, on a database of its own. */
async function open(folder, name) {
  const client = new pg.Client({ connectionString: admin });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  const url = admin.replace(/\/[^/?]*(\?|$)/, `/${name}$1`);
  process.chdir(folder);
  const running = await startServer('agenda', [], { DATABASE_URL: url });
  process.chdir(home);
  for (let n = 0; n < AGENDAS; n++)
    for (const resource of agenda(n)) {
      const { status } = await send(running, 'PUT', `${resource.resourceType}/${resource.id}`, resource);
      if (status !== 201) throw new Error(`${resource.id}: ${status}`);
    }
  for (let n = 0; n < PATIENTS; n++) await send(running, 'PUT', `Patient/patient${n}`, patient(n));
  const slots = [];
  for (let n = 0; n < AGENDAS; n++) {
    const from = new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 10);
    const to = new Date(Date.now() + 12 * 86_400_000).toISOString().slice(0, 10);
    const reply = await fetch(
      `${running.url}/fhir/Slot?status=free&schedule=s${n}&start=ge${from}&start=lt${to}&_count=1000`,
    );
    const { entry } = await reply.json();
    slots.push(...entry.filter(({ search }) => search.mode === 'match').map(({ resource }) => resource.id));
  }
  // Neighbours are on different agendas, as callers are.
  slots.sort((a, b) => (a.split('.')[1] + a < b.split('.')[1] + b ? -1 : 1));
  const backends = async () => {
    const { rows } = await client.query('SELECT pid FROM pg_stat_activity WHERE datname = $1', [name]);
    return rows.map(({ pid }) => ({ child: { pid } }));
  };
  return {
    ...{ folder, running, slots, next: 0, server: [], database: [], backends },
    async close() {
      await stopServer(running);
      await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await client.end();
    },
  };
}

function agenda(n) {
  const part = (url, value) => ({ url, ...value });
  return [
    { resourceType: 'Practitioner', id: `p${n}`, name: [{ family: `Cabinet ${n}` }] },
    {
      ...{ resourceType: 'Schedule', id: `s${n}`, actor: [{ reference: `Practitioner/p${n}` }] },
      extension: [
        {
          url: AVAILABILITY,
          extension: [
            part('identifier', { valueIdentifier: { value: 'jour' } }),
            part('type', { valueCode: 'free' }),
            part('start', { valueDateTime: '2026-01-01T08:00:00+01:00' }),
            part('end', { valueDateTime: '2026-01-01T20:00:00+01:00' }),
            part('rrule', { extension: [part('freq', { valueCode: 'DAILY' })] }),
          ],
        },
      ],
    },
  ];
}

function patient(n) {
  return { resourceType: 'Patient', id: `patient${n}`, name: [{ family: `Patient ${n}` }] };
}

function send({ url }, method, path, body) {
  return fetch(`${url}/fhir/${path}`, { method, headers: JSON_TYPE, body: JSON.stringify(body) });
}

async function round(world, { isWarmUp = false }) {
  const databaseCpu = async () => (await world.backends()).reduce((sum, backend) => sum + cpuOf(backend), 0);
  const before = [cpuOf(world.running), await databaseCpu()];
  for (let i = 0; i < BOOKINGS; i++) {
    const slot = world.slots[world.next++];
    const actor = { reference: `Patient/patient${world.next % PATIENTS}` };
    const reply = await send(world.running, 'POST', 'Appointment', {
      ...{ resourceType: 'Appointment', status: 'booked' },
      identifier: [{ system: 'urn:x-bench', value: String(world.next) }],
      slot: [{ reference: `Slot/${slot}` }],
      participant: [{ actor, status: 'accepted' }],
    });
    await reply.text();
    if (reply.status !== 201) throw new Error(`${slot}: ${reply.status}`);
  }
  if (isWarmUp) return;
  world.server.push((cpuOf(world.running) - before[0]) / BOOKINGS);
  world.database.push(((await databaseCpu()) - before[1]) / BOOKINGS);
}
