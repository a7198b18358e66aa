/**
 * The pages for the public: the search over 200 practitioners who are on line, three quarters of their first two days
 * taken, and the pages of a practice and of a practitioner. One in ten requests follows a booking, so that an agenda
 * has changed. The budget: first free times of 200 practitioners within 300 ms, the 95th percentile of a page within
 * 200 ms, 30 kB a page.
 *
 *     node bench/public-page.mjs [seconds] [postgres://... | memory:] [practitioners]
 */
import { gzipSync } from 'node:zlib';
import { startAgenda } from '../dist/cli/servers/agenda.js';
import { readConfig } from '../dist/runtime/config.js';
import { PublicationStore } from '../dist/store/records/publications.js';
import { publicPractice } from '../dist/demo/public-practice.js';

const PRACTITIONERS = Number(process.argv[4] ?? 200);
const PRACTICES = 20;
const FILLED_DAYS = 2;
const DAY = 86_400_000;

export async function publicPages(databaseUrl, seconds) {
  const { config } = readConfig([], {});
  const own = { port: 0, data: 'memory:', databaseUrl, logLevel: 'silent', publicPages: true };
  const server = await startAgenda({ ...config, ...own });
  try {
    const agendas = await publish(server);
    await fill(server, agendas, 0.75);
    const rows = [];
    for (const [name, path] of [
      ['search', '/trouver?quoi=m%C3%A9decine'],
      ['practice', '/p/cabinet-0'],
      ['practitioner', '/p/cabinet-0/medecin-0'],
    ])
      rows.push({ page: name, ...(await measured(server, agendas, path, seconds)) });
    return rows;
  } finally {
    await server.close();
  }
}

async function measured(server, agendas, path, seconds) {
  const times = [];
  let first;
  let size = 0;
  for (let n = 0, until = Date.now() + seconds * 1000; Date.now() < until || times.length < 20; n++) {
    const began = performance.now();
    const text = await (await fetch(server.url + path)).text();
    const took = performance.now() - began;
    if (first === undefined) first = took;
    else times.push(took);
    size = gzipSync(text).length;
    if (n % 10 === 9) await book(server, agendas[n % agendas.length]);
  }
  times.sort((a, b) => a - b);
  const at = (part) => Number(times[Math.min(times.length - 1, Math.floor(times.length * part))].toFixed(1));
  return {
    requests: times.length,
    'first ms': Number(first.toFixed(0)),
    'p50 ms': at(0.5),
    'p95 ms': at(0.95),
    gzip: size,
  };
}

const contextOf = (server) => ({
  ...{ now: Date.now(), requestId: 'bench', caller: 'bench', roles: ['*'], strict: false, loading: true },
  base: `${server.url}/fhir`,
});

/** 20 practices of ten, like the one of the demonstration. */
async function publish(server) {
  const store = new PublicationStore(server.database);
  const { resources } = publicPractice(Date.now());
  const of = (type) => resources.find(({ resourceType }) => resourceType === type);
  const write = (resource) => server.backend.update(contextOf(server), resource, resource.id, {});
  const online = async (practice, practitioner, slug, profile) => {
    const page = { practice, practitioner, slug, isIndexed: false, profile: JSON.stringify(profile) };
    await store.write(page, Date.now());
    if (practitioner !== '') await store.consent(page, Date.now());
    await store.publish(page, Date.now());
  };
  const agendas = [];
  for (let p = 0; p < PRACTICES; p++) {
    const organization = { reference: `Organization/cabinet-${p}` };
    await write({ ...of('Organization'), id: `cabinet-${p}`, identifier: undefined, name: `Cabinet ${p}` });
    await write({ ...of('Location'), id: `cabinet-${p}`, identifier: undefined, managingOrganization: organization });
    await online(organization.reference, '', `cabinet-${p}`, {});
    for (let i = p; i < PRACTITIONERS; i += PRACTICES) {
      const practitioner = { reference: `Practitioner/medecin-${i}` };
      const identifier = [{ ...of('Practitioner').identifier[0], value: String(810_000_000_000 + i) }];
      await write({ ...of('Practitioner'), id: `medecin-${i}`, identifier, name: [{ family: `Médecin ${i}` }] });
      const location = [{ reference: `Location/cabinet-${p}` }];
      const role = { ...of('PractitionerRole'), id: `medecin-${i}`, identifier: undefined };
      await write({ ...role, practitioner, organization, location });
      const actor = [practitioner, { reference: `PractitionerRole/medecin-${i}` }];
      await write({ ...of('Schedule'), id: `medecin-${i}`, identifier: undefined, actor });
      await online(organization.reference, practitioner.reference, `medecin-${i}`, { sector: '1', fees: '30 €' });
      agendas.push(`medecin-${i}`);
    }
  }
  return agendas;
}

/** Takes a share of the next days of each agenda. */
async function fill(server, agendas, share) {
  for (const schedule of agendas) {
    const { slots } = await free(server, schedule, FILLED_DAYS);
    let until = 0;
    for (const [n, slot] of slots.entries()) {
      if (slot.start < until || (n % 100) / 100 >= share) continue;
      until = slot.end;
      await write(server, schedule, slot);
    }
  }
}

async function book(server, schedule) {
  const { slots } = await free(server, schedule, 7);
  const slot = slots.find(({ start }) => start > Date.now() + 3_600_000);
  if (slot !== undefined) await write(server, schedule, slot);
}

async function free({ backend }, schedule, days) {
  const loaded = await backend.agendas.load(await backend.agendas.stored.rows([schedule]));
  const window = { start: Date.now(), end: Date.now() + days * DAY };
  return (await backend.slots.states.of(loaded, window, Date.now())).get(schedule);
}

function write(server, schedule, { start, end }) {
  const participant = [`Practitioner/${schedule}`, `PractitionerRole/${schedule}`].map((reference) => ({
    actor: { reference },
    status: 'accepted',
  }));
  const time = { start: new Date(start).toISOString(), end: new Date(end).toISOString() };
  return server.backend.create(contextOf(server), {
    resourceType: 'Appointment',
    status: 'booked',
    ...time,
    participant,
  });
}

/** `memory:`: the embedded database. */
function databaseOf(text) {
  return text === 'memory:' ? undefined : text;
}

if (process.argv[1]?.endsWith('public-page.mjs'))
  console.table(await publicPages(databaseOf(process.argv[3]), Number(process.argv[2] ?? 10)));
