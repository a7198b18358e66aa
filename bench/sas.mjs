/**
 * INT_R01 over mutual TLS with keep-alive: one practitioner, and 25 with 10 slots each, against the plain `/fhir`
 * search of the same slots over
 * the same kind of connection. One caller after the other, as a platform sees it: latency in milliseconds, and the
 * ratio of the medians.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { cpuOf, quantile, round, startServer, stopServer } from './server.mjs';

const RPPS = 'urn:oid:1.2.250.1.71.4.2.1';
const PRACTITIONERS = 100;
const rppsOf = (i) => `8${10_000_000_000 + i}`;

export async function sasSearches({ url, today, seconds }) {
  const folder = mkdtempSync(join(tmpdir(), 'creneau-bench-sas-'));
  const at = (name) => join(folder, name);
  const environment = url ? { DATABASE_URL: url } : {};
  const creneau = (...args) =>
    spawnSync('bin/creneau', args, { env: { ...process.env, ...environment }, encoding: 'utf8' });
  try {
    creneau('certs', at('pki'));
    writeFileSync(
      at('agendas.ndjson'),
      `${Array.from({ length: PRACTITIONERS }, (_, i) => agenda(i, today))
        .flat()
        .map((resource) => JSON.stringify(resource))
        .join('\n')}\n`,
    );
    const loaded = creneau('load', at('agendas.ndjson'), '--data', at('data'));
    if (loaded.status !== 0) throw new Error(loaded.stderr);
    const server = await start(at('pki'), at('data'), environment);
    const [platform, manager] = ['sas-platform', 'manager'].map((name) => caller(at('pki'), name));
    try {
      const rows = [];
      for (const count of [1, 25])
        rows.push({ practitioners: count, ...(await compare(server, platform, manager, count, today, seconds)) });
      return rows;
    } finally {
      await Promise.all([platform.close(), manager.close()]);
      await stopServer(server);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Interleaved, so that both see the same machine; other practitioners each time. */
async function compare(server, platform, manager, count, today, seconds) {
  const day = (n) => new Date(today + n * 86_400_000).toISOString().slice(0, 10);
  const pathOf = (base, set) => {
    const who = Array.from({ length: count }, (_, i) => `${RPPS}%7C${rppsOf((set * count + i) % PRACTITIONERS)}`).join(
      ',',
    );
    return `${server.url}/${base}/Slot?_include=Slot:schedule&_include:iterate=Schedule:actor&start=ge${day(1)}&start=le${day(3)}&schedule.actor:Practitioner.identifier=${who}&status=free`;
  };
  const ask = async (agent, path) => {
    const started = performance.now();
    const { statusCode, body } = await request(path, {
      dispatcher: agent,
      headers: { accept: 'application/json+fhir' },
    });
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`${statusCode}: ${text.slice(0, 300)}`);
    return { took: performance.now() - started, text };
  };
  const slots = JSON.parse((await ask(platform, pathOf('sas', 0))).text).total;
  if (slots !== count * 10) throw new Error(`${slots} slots of ${count} practitioners`);
  for (let set = 0; set < 100; set++)
    await Promise.all([ask(platform, pathOf('sas', set)), ask(manager, pathOf('fhir', set))]);
  const [sas, fhir] = [[], []];
  for (let set = 0, until = Date.now() + seconds * 1000; Date.now() < until || set < 300; set++) {
    sas.push((await ask(platform, pathOf('sas', set))).took);
    fhir.push((await ask(manager, pathOf('fhir', set))).took);
  }
  // Processor time, which other work on the machine alters little.
  const before = cpuOf(server);
  for (let set = 0; set < 200; set++) await ask(platform, pathOf('sas', set));
  const cpu = (cpuOf(server) - before) / 200;
  return {
    slots,
    requests: sas.length,
    'CPU ms': round(cpu, 2),
    'p50 ms': quantile(sas, 0.5, 2),
    'p99 ms': quantile(sas, 0.99, 2),
    'fhir p50': quantile(fhir, 0.5, 2),
    'fhir p99': quantile(fhir, 0.99, 2),
    'p50 ratio': round(quantile(sas, 0.5, 2) / quantile(fhir, 0.5, 2), 2),
  };
}

function caller(pki, name) {
  const read = (file) => readFileSync(join(pki, file));
  return new Agent({
    connections: 1,
    keepAliveTimeout: 60_000,
    connect: { ca: read('ca.pem'), cert: read(`${name}.pem`), key: read(`${name}.key`) },
  });
}

function start(pki, data, environment) {
  const at = (name) => join(pki, name);
  return startServer(
    'agenda',
    [
      '--data',
      data,
      '--auth',
      'mtls',
      '--tls-cert',
      at('server.pem'),
      '--tls-key',
      at('server.key'),
      '--tls-client-ca',
      at('ca.pem'),
      '--tls-crl',
      at('ca-root.crl'),
      '--tls-crl',
      at('ca-clients.crl'),
      '--callers',
      at('callers.json'),
    ],
    environment,
  );
}

/** A practitioner with one place and 10 slots a day, all given to the SAS. */
function agenda(i, today) {
  const first = new Date(today - 7 * 86_400_000).toISOString().slice(0, 10);
  const part = (url, value) => ({ url, ...value });
  const core = 'https://hl7.fr/ig/fhir/core/StructureDefinition';
  return [
    {
      resourceType: 'Practitioner',
      id: `p${i}`,
      identifier: [{ system: RPPS, value: rppsOf(i) }],
      name: [{ family: `FAMILLE-${i}`, given: ['Camille'] }],
    },
    {
      resourceType: 'Location',
      id: `l${i}`,
      address: { line: [`${i} rue de la Paix`], city: 'LYON', postalCode: '69001' },
    },
    {
      resourceType: 'PractitionerRole',
      id: `r${i}`,
      practitioner: { reference: `Practitioner/p${i}` },
      location: [{ reference: `Location/l${i}` }],
      telecom: [{ system: 'phone', value: '0400000000' }],
    },
    {
      resourceType: 'Schedule',
      id: `s${i}`,
      active: true,
      extension: [
        part(`${core}/fr-core-schedule-availability-time`, {
          extension: [
            part('identifier', { valueIdentifier: { value: 'matin' } }),
            part('type', { valueCode: 'free' }),
            part('start', { valueDateTime: `${first}T08:00:00+01:00` }),
            part('end', { valueDateTime: `${first}T10:30:00+01:00` }),
            part('rrule', {
              extension: [
                part('freq', { valueCoding: { system: 'https://www.ietf.org/rfc/rfc2445', code: 'DAILY' } }),
                part('interval', { valueInteger: 8 }),
              ],
            }),
          ],
        }),
        part('urn:creneau:fhir:slot-offer', {
          extension: [part('visibility', { valueCode: 'PUBLIC' }), part('mode', { valueCode: 'AMB' })],
        }),
      ],
      actor: [{ reference: `Practitioner/p${i}` }, { reference: `PractitionerRole/r${i}` }],
    },
  ];
}
