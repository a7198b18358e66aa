/**
 * `$find` over 50 agendas and 30 days: a professional, a room and a device in common. Three kinds of territory: open,
 * three quarters taken, and nearly
 * full, where 30 days are looked through for the little that is left. One in ten requests follows a booking, so that an
 * agenda has changed.
 */
import { startAgenda } from '../dist/cli/servers/agenda.js';
import { readConfig } from '../dist/runtime/config.js';
import { agendaCode } from '../dist/scheduling/slot-id.js';
import { Unit } from '../dist/store/write/unit.js';

const DAY = 86_400_000;
const AGENDAS = 50;
const QUARTERS = 32;

const KINDS = [
  ['open', 0],
  ['three quarters taken', 0.75],
  ['nearly full', 0.99],
];

export async function findCommonTime(url, seconds, kinds = KINDS) {
  const rows = [];
  for (const [kind, taken] of kinds)
    rows.push({ agendas: AGENDAS, days: 30, kind, ...(await measured(url, taken, seconds)) });
  return rows;
}

async function measured(databaseUrl, taken, seconds) {
  const { config } = readConfig([], {});
  const server = await startAgenda({ ...config, port: 0, data: 'memory:', databaseUrl, logLevel: 'silent' });
  try {
    const today = Math.floor(Date.now() / DAY) * DAY;
    await fill(server.database, today, taken);
    const rooms = Array.from({ length: 10 }, (_, i) => `Location/room${i}`).join();
    const devices = Array.from({ length: 5 }, (_, i) => `Device/device${i}`).join();
    const iso = (instant) => encodeURIComponent(new Date(instant).toISOString());
    const who = Array.from({ length: AGENDAS }, (_, i) => `Practitioner/p${i}`).join();
    const times = [];
    let first;
    let n = 0;
    for (const until = Date.now() + seconds * 1000; Date.now() < until || times.length < 100; n++) {
      const start = today + DAY + (n % 5) * 3_600_000;
      const path = `/fhir/Appointment/$find?practitioner=${who}&location-reference=${rooms}&device=${devices}&duration=15&start=${iso(start)}&end=${iso(start + 30 * DAY)}&_count=20`;
      const began = performance.now();
      const reply = await fetch(server.url + path);
      const bundle = await reply.json();
      const took = performance.now() - began;
      if (first === undefined) first = took;
      else times.push(took);
      const found = bundle.entry?.[n % (bundle.entry?.length ?? 1)]?.resource;
      if (n % 10 !== 9 || found === undefined) continue;
      const body = {
        resourceType: 'Parameters',
        parameter: [{ name: 'appointment-reference', valueReference: { reference: `Appointment/${found.id}` } }],
      };
      await (
        await fetch(`${server.url}/fhir/Appointment/$book`, {
          method: 'POST',
          headers: { 'content-type': 'application/fhir+json' },
          body: JSON.stringify(body),
        })
      ).text();
    }
    times.sort((a, b) => a - b);
    const at = (part) => Number(times[Math.min(times.length - 1, Math.floor(times.length * part))].toFixed(1));
    return { requests: times.length, 'first ms': Number(first.toFixed(0)), 'p50 ms': at(0.5), 'p99 ms': at(0.99) };
  } finally {
    await server.close();
  }
}

async function fill(database, today, taken) {
  const meta = { versionId: '1', lastUpdated: new Date(today).toISOString() };
  const put = async (resources, agendas) => {
    const unit = new Unit();
    for (const resource of resources) unit.put({ ...resource, meta }, 'PUT');
    for (const { id, keys } of agendas) unit.setAgenda(id, agendaCode(id), 1, [`Schedule/${id}`, ...keys], {}, false);
    const result = await unit.commit(database);
    if (!result.ok) throw new Error(JSON.stringify(result));
  };
  const opening = {
    url: 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-schedule-availability-time',
    extension: [
      { url: 'identifier', valueIdentifier: { value: 'jour' } },
      { url: 'type', valueCode: 'free' },
      { url: 'start', valueDateTime: '2026-01-05T08:00:00+01:00' },
      { url: 'end', valueDateTime: '2026-01-05T16:00:00+01:00' },
      { url: 'rrule', extension: [{ url: 'freq', valueCode: 'DAILY' }] },
    ],
  };
  const schedule = (id, actor) => ({
    resourceType: 'Schedule',
    id,
    active: true,
    extension: [opening],
    actor: [{ reference: actor }],
  });
  const owners = [
    ...Array.from({ length: AGENDAS }, (_, i) => ({ resourceType: 'Practitioner', id: `p${i}` })),
    ...Array.from({ length: 10 }, (_, i) => ({
      resourceType: 'Location',
      id: `room${i}`,
      physicalType: { coding: [{ code: 'ro' }] },
    })),
    ...Array.from({ length: 5 }, (_, i) => ({ resourceType: 'Device', id: `device${i}` })),
  ];
  const agendas = owners.map((owner) => ({ id: `s-${owner.id}`, keys: [`${owner.resourceType}/${owner.id}`] }));
  await put(owners, []);
  await put(
    owners.map((owner, i) => schedule(agendas[i].id, `${owner.resourceType}/${owner.id}`)),
    agendas,
  );
  if (taken === 0) return;
  // Always the same, and other times on every agenda.
  for (const [i, { id }] of agendas.entries()) {
    const unit = new Unit();
    for (let day = 1; day < 32; day++) {
      for (let quarter = 0; quarter < QUARTERS; quarter++) {
        if (((quarter * 7 + day * 13 + i * 29) % 100) / 100 >= taken) continue;
        const start = today + day * DAY + (7 * 4 + quarter) * 900_000;
        unit.takeTime({
          appointment: `a-${id}-${day}-${quarter}`,
          schedule: id,
          start,
          end: start + 900_000,
          capacity: 1,
          overbook: false,
          tentative: false,
        });
      }
    }
    const result = await unit.commit(database);
    if (!result.ok) throw new Error(JSON.stringify(result));
  }
  await database.script('ANALYZE');
}
