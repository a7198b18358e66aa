/** House rules of the rooms: who imports whom, which file opens which library, what stays in one room. */
import { describe, expect, it } from 'vitest';
import { CLOCK_READERS } from './allowances.ts';
import { roomOf, type Source, sources, textOf, withoutComments } from './sources.ts';

/** A room may import itself and these (the table of ARCHITECTURE.md). */
const MAY_IMPORT: Record<string, readonly string[]> = {
  fhir: [],
  towns: ['fhir'],
  scheduling: ['fhir'],
  store: ['fhir', 'towns', 'runtime'],
  rest: ['fhir', 'towns', 'runtime'],
  server: ['fhir', 'towns', 'store', 'rest', 'runtime'],
  agenda: ['fhir', 'scheduling', 'store', 'rest', 'server', 'runtime'],
  'sas/contract': ['fhir', 'scheduling'],
  'sas/editor': ['sas/contract', 'agenda', 'fhir', 'scheduling', 'store', 'rest', 'server', 'runtime'],
  'sas/platform': ['sas/contract', 'fhir', 'store', 'rest', 'server', 'runtime'],
  'sas/hub': ['sas/contract', 'fhir', 'store', 'runtime'],
  'sas/simulator': ['fhir', 'demo', 'server', 'runtime'],
  sync: ['fhir', 'scheduling', 'store', 'rest', 'server', 'runtime'],
  public: ['fhir', 'towns', 'scheduling', 'store', 'rest', 'server', 'agenda', 'sync', 'runtime'],
  runtime: [],
  demo: ['sas/contract', 'fhir', 'scheduling'],
  cli: [
    'agenda',
    'fhir',
    'towns',
    'scheduling',
    'store',
    'rest',
    'server',
    'runtime',
    'demo',
    'sas/contract',
    'sas/editor',
    'sas/platform',
    'sas/hub',
    'sas/simulator',
    'sync',
    'public',
  ],
};

/** Types are erased: these rooms may name the shapes of another room, but run none of its code. */
const TYPES_ONLY: Record<string, readonly string[]> = {
  demo: ['agenda'],
  sync: ['agenda'],
  'sas/hub': ['rest', 'server'],
};

/** Each outside library has one door, wherever that is possible; the others say why. */
const DOORS: Record<string, readonly string[]> = {
  pg: ['src/store/engine/client.ts'],
  '@electric-sql/pglite': ['src/store/engine/embedded-worker.ts'],
  fhirpath: ['src/fhir/fhirpath.ts'],
  saxes: ['src/fhir/xml/sax.ts'],
  rfc6902: ['src/fhir/patch/json-patch.ts'],
  // JSON Patch compares numbers digit for digit.
  'lossless-json': ['src/fhir/json.ts', 'src/fhir/patch/json-patch.ts'],
  pino: ['src/runtime/log.ts'],
  '@peculiar/x509': ['src/runtime/tls/pki.ts'],
  'prom-client': ['src/runtime/metrics.ts'],
  '@opentelemetry': ['src/runtime/telemetry/otlp.ts', 'src/runtime/telemetry/figures.ts'],
  'rabbitmq-client': ['src/sas/hub/amqp.ts'],
  ajv: ['src/sas/hub/hub-schema.ts'],
  'cli-progress': ['src/cli/commands/progress.ts'],
  '@fastify/static': ['src/rest/html/pages.ts'],
  'openid-client': ['src/rest/access/oidc.ts'],
  jose: ['src/rest/access/jwt.ts'],
  '@fastify/cookie': ['src/rest/access/session.ts'],
  // A command that calls a server, and the platform that calls its partners.
  undici: [
    'src/cli/commands/remote.ts',
    'src/sas/editor/reports/report-sender.ts',
    'src/sas/platform/partners/partner-link.ts',
    'src/sync/outbound-http.ts',
    'src/sync/insi/insi-connector.ts',
  ],
  nodemailer: ['src/sync/mail/transport.ts'],
  'cldr-core': ['src/sync/ical/zones/windows-zones.ts'],
};

describe('rooms', () => {
  it('import only what the table allows', () => {
    const wrong = sources.flatMap(({ file, room, imports }) =>
      imports
        .filter(({ target, typeOnly }) => {
          const other = roomOf(target);
          return (
            other !== room && !MAY_IMPORT[room]?.includes(other) && !(typeOnly && TYPES_ONLY[room]?.includes(other))
          );
        })
        .map(({ target }) => `${file} -> ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('are all in the table', () => {
    expect([...new Set(sources.map((source) => source.room))].filter((room) => !(room in MAY_IMPORT))).toEqual([]);
  });

  it('are described in ARCHITECTURE.md with what they may import', () => {
    const rows = [...textOf('ARCHITECTURE.md').matchAll(/^\| `([\w/]+)\/` \|.*\| ([^|]+) \|$/gm)];
    const described = Object.fromEntries(
      rows.map(([, room = '', text = '']) => [room, text.match(/[\w/]+(?=`)/g) ?? []]),
    );
    const { cli: all = [], ...others } = MAY_IMPORT;
    expect(described).toEqual({ ...others, cli: [] });
    expect([...all].sort()).toEqual(Object.keys(others).sort());
  });

  it('leave each library to its door', () => {
    const wrong = sources.flatMap(({ file, packages }) =>
      packages
        .filter((name) =>
          Object.entries(DOORS).some(
            ([library, doors]) => (name === library || name.startsWith(`${library}/`)) && !doors.includes(file),
          ),
        )
        .map((name) => `${file} -> ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it('leave SQL to the store', () => {
    // A statement somewhere in a text, or a text that begins as one (`SELECT 1`).
    const SQL =
      /\b(SELECT\s.+\sFROM|INSERT INTO|DELETE FROM|UPDATE \w+ SET|CREATE TABLE)\b|^.\s*(SELECT|EXPLAIN|SET)\s/s;
    const isSql = ({ text }: Source): boolean =>
      [...text.matchAll(/`[^`]*`|'[^'\n]*'/g)].some(([literal]) => SQL.test(literal));
    expect(sources.filter((source) => source.room !== 'store' && isSql(source)).map((source) => source.file)).toEqual(
      [],
    );
  });

  it('leave HTTP on the way in to the door', () => {
    expect(
      sources
        .filter(
          (source) =>
            source.packages.some((name) => name.startsWith('fastify') || name.startsWith('@fastify')) &&
            !['rest', 'server'].includes(source.room),
        )
        .map((source) => source.file),
    ).toEqual([]);
  });

  it('pure rooms wait for nothing and know no clock', () => {
    const impure = sources.filter(
      (source) =>
        ['fhir', 'scheduling'].includes(source.room) &&
        /\basync\b|\bawait\b|Date\.now\(|new Date\(\)|Math\.random|node:fs/.test(withoutComments(source.text)),
    );
    expect(impure.map((source) => source.file)).toEqual([]);
  });

  it('take the clock as an argument; only the command reads it', () => {
    const CLOCK = /\bDate\.now\b|new Date\(\)/;
    const readers = sources.filter(({ room, text }) => room !== 'cli' && CLOCK.test(withoutComments(text)));
    expect(readers.map(({ file }) => file).filter((file) => !CLOCK_READERS.includes(file))).toEqual([]);
  });

  it('read the environment in one place', () => {
    expect(sources.filter((source) => source.text.includes('process.env')).map((source) => source.file)).toEqual([
      'src/runtime/config.ts',
    ]);
  });
});
