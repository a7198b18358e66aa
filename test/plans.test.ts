/**
 * How much of the database a request reads must not depend on how much there is. The statements of each flow are run
 * again under EXPLAIN, and the blocks that they touch are held against a budget: no clock, so no machine, decides.
 * `npm run scale` tries the same on a database of the size of a country. ADR 0030
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isEmbedded, startTestServer, type TestServer } from './harness.ts';
import { fill, numbered, RPPS, rppsOf, type Sizes } from './scale-database.ts';

const sizes: Sizes = JSON.parse(
  process.env['CRENEAU_SCALE'] ?? '{"agendas": 8000, "patients": 20000, "appointments": 20000}',
);
const isBig = process.env['CRENEAU_SCALE'] !== undefined;

let test: TestServer;
let statements: { sql: string; params: unknown[] }[] = [];

const identifiers = (count: number): string =>
  Array.from({ length: count }, (_, i) => `${RPPS}|${rppsOf(100 + i * 7)}`).join(',');
const slots = (count: number): string =>
  'Slot?status=free&start=ge2027-01-10T00:00:00Z&start=lt2027-01-12T00:00:00Z&_include=Slot:schedule' +
  `&_include:iterate=Schedule:actor&_count=1000&schedule.actor:Practitioner.identifier=${identifiers(count)}`;

/** The flow, the most blocks that it may touch, and how many it must find. `_total=none`: as conditional requests. */
const FLOWS: [name: string, path: string, blocks: number, found: number][] = [
  ['Slot-1', slots(1), 60, 64],
  ['Slot-25', slots(25), 900, 1000],
  ['appointments of a patient', `Appointment?patient=Patient/u${numbered(1234)}`, 20, 1],
  ['an appointment by identifier', `Appointment?identifier=urn:rdv|R${numbered(4321)}`, 20, 1],
  [
    'the same, as conditional requests ask',
    `Appointment?identifier=urn:rdv|R${numbered(4321)}&_count=2&_total=none`,
    20,
    1,
  ],
  ['a patient by identifier', `Patient?identifier=urn:dossier|D${numbered(2345)}`, 20, 1],
  [
    'a day of an actor',
    `Appointment?actor=PractitionerRole/r${numbered(0)}&date=ge2027-01-04&date=lt2027-01-05`,
    60,
    Math.ceil(sizes.appointments / sizes.agendas),
  ],
  ['agendas of a practitioner', `Schedule?actor:Practitioner.identifier=${identifiers(1)}`, 30, 1],
  [
    'appointments by the identifier of the patient',
    `Appointment?patient.identifier=urn:dossier|D${numbered(99)}`,
    30,
    1,
  ],
  ['patients of an appointment', `Patient?_has:Appointment:patient:identifier=urn:rdv|R${numbered(4321)}`, 30, 1],
  ['nothing new', 'Appointment?_lastUpdated=gt2100-01-01', 10, 0],
  ['everything new', 'Appointment?_lastUpdated=gt2020-01-01&_count=20', 3_000, 20],
  ['a page of everything', 'Appointment?_count=50', 3_000, 50],
  ['a common name', 'Patient?family=MARTIN&_count=20', 6_000, 20],
  ['a common status', 'Appointment?status=booked&_count=20', 6_000, 20],
  ['agendas of a common specialty', 'Schedule?actor:PractitionerRole.specialty=SM54&_count=20', 6_000, 20],
  ['patients with a common appointment', 'Patient?_has:Appointment:patient:status=booked&_count=20', 6_000, 20],
  ['the history of one', `Appointment/a${numbered(777)}/_history`, 20, 1],
];

describe.skipIf(isEmbedded)('a database of many agendas', () => {
  beforeAll(async () => {
    test = await startTestServer();
    await fill(test, sizes, isBig ? (line) => console.log(line) : undefined);
    const { database } = test.server;
    for (const name of ['query', 'queryWithin'] as const) {
      const run = database[name].bind(database) as (...args: unknown[]) => unknown;
      Object.assign(database, {
        [name]: (...args: unknown[]) => {
          const [sql, params = []] = args.slice(name === 'query' ? 0 : 1) as [string, unknown[]?];
          statements.push({ sql, params });
          return run(...args);
        },
      });
    }
  }, 3_600_000);
  afterAll(() => test?.close());

  it.each(FLOWS)('reads few blocks for %s', async (_name, path, budget, found) => {
    // The second time, the server has at hand whatever it keeps.
    await test.request('GET', encode(path));
    statements = [];
    const { status, json } = await test.request('GET', encode(path));
    const matches = (json.entry ?? []).filter(
      (entry: { search?: { mode: string } }) => entry.search?.mode !== 'include',
    );
    expect([status, matches.length]).toEqual([200, found]);
    const read = statements.filter(({ sql }) => OF_REQUESTS.test(sql));
    expect(read.length).toBeGreaterThan(0);
    let blocks = 0;
    for (const { sql, params } of read) blocks += await blocksOf(sql, params);
    if (isBig) console.log(`${path.slice(0, 60)}: ${blocks} blocks`);
    expect(blocks).toBeLessThanOrEqual(budget);
  });

  it('refuses a search of the slots of everybody before the work', async () => {
    const everybody =
      'Slot?status=free&schedule.actor:PractitionerRole.specialty=SM54&start=ge2027-01-10&start=lt2027-01-11';
    const { status, json } = await test.request('GET', everybody);
    expect([status, json.issue[0].code]).toEqual([400, 'too-costly']);
  });

  it('gives every version a number after a great load', async () => {
    await test.sql(`UPDATE feed_mark SET seq = 0, n = 0, since = '0', until = NULL`);
    await test.sql('TRUNCATE feed, feed_agenda');
    await test.request('GET', '_history?_count=1');
    await expect
      .poll(async () => (await test.sql('SELECT until IS NULL AND seq > 0 AS done FROM feed_mark'))[0], {
        timeout: 600_000,
        interval: 200,
      })
      .toEqual({ done: true });
    const [counts] = await test.sql(
      'SELECT (SELECT count(*) FROM feed) AS fed, (SELECT count(*) FROM history) AS kept, ' +
        '(SELECT max(seq) FROM feed) AS last',
    );
    expect(counts).toEqual({ fed: counts!['kept'], kept: counts!['kept'], last: counts!['kept'] });
  });
});

/** Statements that answer requests; what the server does beside them has other tables, or no such form. */
const OF_REQUESTS = /MATERIALIZED|LATERAL|FROM history h|= ANY\(\$1::text\[\]\) AND NOT deleted/;
const encode = (path: string): string => path.replaceAll('|', '%7C');

async function blocksOf(sql: string, params: unknown[]): Promise<number> {
  const [row] = await test.sql<Record<string, [{ Plan: Record<string, number> }]>>(
    `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${sql}`,
    params,
  );
  const { Plan: plan } = Object.values(row!)[0]![0];
  return plan['Shared Hit Blocks']! + plan['Shared Read Blocks']!;
}
