/**
 * A database of any size, built soon: one practitioner with an agenda, one patient and one appointment are written by a
 * server; then each of their rows, in every table, is copied with other numbers and times. So the rows are those that
 * the server writes, and nothing here knows their columns.
 */
import pg from 'pg';
import type { Json } from '../src/fhir/resource.ts';
import { agendaCode } from '../src/scheduling/slot-id.ts';
import type { TestServer } from './harness.ts';

/** Stands in every id and identifier of the rows that are copied. */
const MARK = '7654321';
const START = Date.parse('2027-01-04T08:00:00Z');
const QUARTER = 900_000;
/** Quarters of an hour that an agenda has in a day, and days over which the appointments are spread. */
const QUARTERS = 32;
const DAYS = 250;

export interface Sizes {
  agendas: number;
  patients: number;
  appointments: number;
}

export const RPPS = 'urn:oid:1.2.250.1.71.4.2.1';
export const rppsOf = (n: number): string => `8100${numbered(n)}`;
export const numbered = (n: number): string => String(n).padStart(7, '0');

/** Fills the database of a server that has nothing yet. */
export async function fill(test: TestServer, sizes: Sizes, say: (line: string) => void = () => {}): Promise<void> {
  for (const resource of [...agendaModels(), patientModel(), appointmentModel()]) {
    const { status, text } = await test.request('PUT', `${resource.resourceType}/${resource.id}`, resource);
    if (status !== 201) throw new Error(`${resource.resourceType}: ${status} ${text}`);
  }
  const client = new pg.Client({ connectionString: test.databaseUrl });
  await client.connect();
  try {
    await copyAll(client, sizes, say);
  } finally {
    await client.end();
  }
}

const AGENDA_TABLES = ['practitioner', 'practitionerrole', 'schedule', 'agenda'];
const COPIED = [...AGENDA_TABLES, 'patient', 'appointment', 'busy', 'business_key', 'history', 'patient_practice'];
const TYPES: Record<keyof Sizes, string> = {
  agendas: '{Practitioner,PractitionerRole,Schedule}',
  patients: '{Patient}',
  appointments: '{Appointment}',
};

async function copyAll(client: pg.Client, sizes: Sizes, say: (line: string) => void): Promise<void> {
  await client.query(`SET synchronous_commit = off; SET maintenance_work_mem = '256MB'`);
  const again = await dropIndexes(client);
  await writeCodes(client, sizes.agendas);
  const copyOf = async (table: string, kind: keyof Sizes, where = 'true'): Promise<void> => {
    await copy(client, table, kind, sizes, where);
    say(`${table}: ${sizes[kind]}`);
  };
  for (const table of AGENDA_TABLES) await copyOf(table, 'agendas');
  for (const table of ['patient', 'patient_practice']) await copyOf(table, 'patients');
  for (const table of ['appointment', 'busy']) await copyOf(table, 'appointments');
  for (const table of ['business_key', 'history'])
    for (const [kind, types] of Object.entries(TYPES))
      await copyOf(table, kind as keyof Sizes, `type = ANY('${types}')`);
  for (const sql of again) await client.query(sql);
  say(`${again.length} indexes`);
  await client.query('VACUUM ANALYZE');
}

/** The names of the agendas in slot ids follow from their ids by a hash that the database does not have. */
async function writeCodes(client: pg.Client, agendas: number): Promise<void> {
  await client.query('CREATE TEMP TABLE code_of (n integer PRIMARY KEY, code text)');
  for (let first = 0; first < agendas; first += 50_000) {
    const ns = Array.from({ length: Math.min(50_000, agendas - first) }, (_, i) => first + i);
    const codes = ns.map((n) => agendaCode(`s${numbered(n)}`));
    await client.query('INSERT INTO code_of SELECT * FROM unnest($1::integer[], $2::text[])', [ns, codes]);
  }
}

/** Replaces the marked rows of a table by copies. */
async function copy(client: pg.Client, table: string, kind: keyof Sizes, sizes: Sizes, where: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT quote_ident(attname) AS name FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0
     AND NOT attisdropped AND attgenerated = '' AND pg_get_serial_sequence($1::text, attname) IS NULL ORDER BY attnum`,
    [table],
  );
  const names = rows.map(({ name }) => name);
  const isAgenda = table === 'agenda';
  const text = kind === 'appointments' ? appointmentText(sizes) : `replace(m.row, '${MARK}', k.number)`;
  await client.query(
    `INSERT INTO ${table} (${names.join(', ')}) SELECT ${names.map((name) => `f.${name}`).join(', ')}
     FROM (SELECT to_jsonb(t)::text AS row${isAgenda ? ', t.code' : ''} FROM ${table} t
         WHERE to_jsonb(t)::text LIKE '%${MARK}%' AND ${where}) m,
       (SELECT n, lpad(n::text, 7, '0') AS number FROM generate_series(0, ${sizes[kind] - 1}) n) k
       ${isAgenda ? 'JOIN code_of c ON c.n = k.n' : ''},
       jsonb_populate_record(NULL::${table}, (${isAgenda ? `replace(${text}, m.code, c.code)` : text})::jsonb) f`,
  );
  await client.query(`DELETE FROM ${table} t WHERE to_jsonb(t)::text LIKE '%${MARK}%' AND ${where}`);
}

/**
 * The row of appointment `k.n` as text: of an agenda and a patient by turns, and at a time that the agenda has once. A
 * time is written in one form in a body, in another in a column.
 */
function appointmentText({ agendas, patients }: Sizes): string {
  const number = (n: string): string => `lpad((${n})::text, 7, '0')`;
  let text = 'm.row';
  const replace = (from: string, to: string): void => {
    text = `replace(${text}, '${from}', ${to})`;
  };
  // Ids of one kind have one letter before the number.
  for (const letter of ['p', 'r', 's']) replace(`${letter}${MARK}`, `'${letter}' || ${number(`k.n % ${agendas}`)}`);
  replace(`u${MARK}`, `'u' || ${number(`k.n % ${patients}`)}`);
  replace(MARK, 'k.number');
  const turn = `(k.n / ${agendas})`;
  const start = `(timestamp '${sqlTime(START)}'
    + (k.n % ${agendas} * 7 + ${turn} / ${QUARTERS}) % ${DAYS} * interval '1 day'
    + (k.n % ${agendas} + ${turn}) % ${QUARTERS} * interval '15 min')`;
  const ends = [
    [START, '0 min', 'start'],
    [START + QUARTER, '15 min', 'end'],
  ] as const;
  // Named first: the end of one appointment is the start of another.
  for (const [at, , name] of ends) {
    replace(sqlTime(at).replace(' ', 'T'), `'<${name}T>'`);
    replace(sqlTime(at), `'<${name}>'`);
  }
  for (const [, after, name] of ends) {
    replace(`<${name}T>`, `to_char(${start} + interval '${after}', 'YYYY-MM-DD"T"HH24:MI:SS')`);
    replace(`<${name}>`, `to_char(${start} + interval '${after}', 'YYYY-MM-DD HH24:MI:SS')`);
  }
  return text;
}

const sqlTime = (at: number): string => new Date(at).toISOString().slice(0, 19).replace('T', ' ');

/** Drops what every copied row would have to be sorted into; returns the statements that make it again. */
async function dropIndexes(client: pg.Client): Promise<string[]> {
  const { rows: constraints } = await client.query<{ table: string; name: string; definition: string }>(
    `SELECT conrelid::regclass::text AS table, quote_ident(conname) AS name, pg_get_constraintdef(oid) AS definition
     FROM pg_constraint WHERE contype IN ('p', 'u', 'x') AND conrelid = ANY($1::regclass[])`,
    [COPIED],
  );
  for (const { table, name } of constraints) await client.query(`ALTER TABLE ${table} DROP CONSTRAINT ${name} CASCADE`);
  const { rows: indexes } = await client.query<{ name: string; definition: string }>(
    `SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index
     WHERE indrelid = ANY($1::regclass[])`,
    [COPIED],
  );
  for (const { name } of indexes) await client.query(`DROP INDEX ${name}`);
  return [
    ...constraints.map(({ table, name, definition }) => `ALTER TABLE ${table} ADD CONSTRAINT ${name} ${definition}`),
    ...indexes.map(({ definition }) => definition),
  ];
}

const R38 = 'https://mos.esante.gouv.fr/NOS/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale';
const AVAILABILITY = 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-schedule-availability-time';

function agendaModels(): Json[] {
  const part = (url: string, value: object): object => ({ url, ...value });
  return [
    {
      ...{ resourceType: 'Practitioner', id: `p${MARK}` },
      identifier: [{ system: RPPS, value: `8100${MARK}` }],
      name: [{ family: `FAMILLE-${MARK}`, given: ['Camille'] }],
    },
    {
      ...{ resourceType: 'PractitionerRole', id: `r${MARK}`, practitioner: { reference: `Practitioner/p${MARK}` } },
      specialty: [{ coding: [{ system: R38, code: 'SM54' }] }],
      telecom: [{ system: 'phone', value: '+33100000000' }],
    },
    {
      ...{ resourceType: 'Schedule', id: `s${MARK}`, active: true },
      extension: [
        {
          url: AVAILABILITY,
          extension: [
            part('identifier', { valueIdentifier: { value: 'jour' } }),
            part('type', { valueCode: 'free' }),
            part('start', { valueDateTime: '2026-01-05T09:00:00+01:00' }),
            part('end', { valueDateTime: '2026-01-05T17:00:00+01:00' }),
            part('rrule', { extension: [part('freq', { valueCode: 'DAILY' })] }),
          ],
        },
      ],
      actor: [{ reference: `Practitioner/p${MARK}` }, { reference: `PractitionerRole/r${MARK}` }],
    },
  ];
}

const patientModel = (): Json => ({
  ...{ resourceType: 'Patient', id: `u${MARK}`, birthDate: '1980-05-12', gender: 'female' },
  identifier: [{ system: 'urn:dossier', value: `D${MARK}` }],
  name: [{ family: `MARTIN-${MARK}`, given: ['Alice'] }],
  telecom: [{ system: 'phone', value: '+33600000000' }],
});

const appointmentModel = (): Json => ({
  ...{ resourceType: 'Appointment', id: `a${MARK}`, status: 'booked' },
  identifier: [{ system: 'urn:rdv', value: `R${MARK}` }],
  start: new Date(START).toISOString(),
  end: new Date(START + QUARTER).toISOString(),
  participant: [
    { actor: { reference: `PractitionerRole/r${MARK}` }, status: 'accepted' },
    { actor: { reference: `Patient/u${MARK}` }, status: 'accepted' },
  ],
});
