/**
 * The audit trail in the database: facts are added and read, never changed. Months are its partitions; the retention
 * drops whole ones. ADR 0025
 */
import type { AuditFact } from '../../fhir/audit/fact.ts';
import { FhirError, unsupported } from '../../fhir/issue.ts';
import { type Criterion, type ParameterCriterion, valuesOf } from '../../fhir/search/request.ts';
import type { DateValue } from '../../fhir/search/value.ts';
import type { Database } from '../engine/database.ts';
import { decodeCursor, encodeCursor, fromCursor } from '../resources/cursor.ts';
import { toTimestamp } from '../resources/row.ts';
import { Sql } from '../resources/sql.ts';

export interface TrailPage {
  total: number | undefined;
  facts: AuditFact[];
  cursor: string | undefined;
}

export interface TrailQuery {
  criteria: readonly Criterion[];
  count: number;
  cursor?: string | undefined;
  withTotal: boolean;
  /** The oldest first. */
  isAscending?: boolean;
  /** Only facts about this agenda or patient. */
  about?: { type: 'Schedule' | 'Patient'; id: string };
}

type Row = { at: string; id: string; fact: string; total: number };

export class AuditTrail {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** `lines`: facts as JSON texts. */
  async append(lines: readonly string[]): Promise<void> {
    await this.database.query('SELECT audit_append($1::json)', [`[${lines.join(',')}]`]);
  }

  /** Makes the partitions of this month and the next, so that no request has to. */
  async prepareMonths(nowMs: number): Promise<void> {
    await this.database.query(
      `SELECT audit_month($1::timestamptz), audit_month($1::timestamptz + interval '1 month')`,
      [toTimestamp(nowMs)],
    );
  }

  /** Drops the months that ended before this instant; gives their number. */
  async forget(beforeMs: number): Promise<number> {
    const [row] = await this.database.query<{ n: number }>('SELECT audit_forget($1::timestamptz) AS n', [
      toTimestamp(beforeMs),
    ]);
    return row!.n;
  }

  async read(id: string): Promise<AuditFact | undefined> {
    const [row] = await this.database.query<Row>('SELECT fact FROM audit_event WHERE id = $1', [id]);
    return row && factOf(row);
  }

  /** The newest first, unless asked otherwise. Throws `not-supported` (400) for chains. */
  async search({ criteria, count, cursor, withTotal, isAscending, about }: TrailQuery): Promise<TrailPage> {
    const sql = new Sql();
    const direction = isAscending ? 'ASC' : 'DESC';
    const where = ['true', ...criteria.map((criterion) => condition(sql, criterion))];
    if (about !== undefined) where.push(aboutCondition(sql, about));
    const all = where.join(' AND ');
    const total = withTotal ? `(SELECT count(*) FROM audit_event e WHERE ${all})` : 'NULL';
    const [at, id] = cursor === undefined ? [] : decodeCursor(cursor);
    const later =
      cursor === undefined
        ? 'true'
        : `(e.at, e.id) ${isAscending ? '>' : '<'} (${sql.bind(at, 'timestamptz')}, ${sql.bind(id, 'text')})`;
    const rows = await fromCursor(cursor, () =>
      this.database.query<Row>(
        `SELECT e.at::text AS at, e.id, e.fact, ${total} AS total FROM audit_event e WHERE ${all} AND ${later}
         ORDER BY e.at ${direction}, e.id ${direction} LIMIT ${count + 1}`,
        sql.params,
      ),
    );
    const page = rows.slice(0, count);
    const last = page.at(-1);
    return {
      total: withTotal ? (rows[0]?.total ?? (cursor === undefined ? 0 : undefined)) : undefined,
      facts: page.map(factOf),
      cursor: rows.length > count && last !== undefined ? encodeCursor([last.at, last.id]) : undefined,
    };
  }

  /** Pages of facts, the oldest first: for an export. */
  async *pages(sinceMs: number, untilMs: number, size = 1_000): AsyncGenerator<AuditFact[]> {
    let [at, id] = [toTimestamp(sinceMs), ''];
    for (;;) {
      const rows = await this.database.query<Row>(
        `SELECT e.at::text AS at, e.id, e.fact FROM audit_event e
         WHERE (e.at, e.id) > ($1::timestamptz, $2) AND e.at < $3::timestamptz ORDER BY e.at, e.id LIMIT ${size}`,
        [at, id, toTimestamp(untilMs)],
      );
      if (rows.length > 0) yield rows.map(factOf);
      const last = rows.at(-1);
      if (rows.length < size || last === undefined) return;
      ({ at, id } = last);
    }
  }
}

function factOf({ fact }: Pick<Row, 'fact'>): AuditFact {
  return JSON.parse(fact) as AuditFact;
}

/**
 * About an agenda: what names it, or an appointment that was once on it. About a patient: what names the patient, or a
 * calendar with names of an agenda on which the patient was once booked.
 */
function aboutCondition(sql: Sql, { type, id }: { type: string; id: string }): string {
  const name = sql.bind([`${type}/${id}`], 'text[]');
  if (type === 'Schedule')
    return `(e.entity && ${name} OR e.entity && ARRAY(SELECT DISTINCT 'Appointment/' || h.id FROM history h
      WHERE h.type = 'Appointment' AND h.agendas @> ARRAY[${sql.bind(id, 'text')}]))`;
  return `(e.patient && ${name} OR e.code && ARRAY['calendar-names', 'caldav-names'] AND e.entity && ARRAY(
    SELECT DISTINCT 'Schedule/' || unnest(h.agendas) FROM appointment a
    JOIN history h ON h.type = 'Appointment' AND h.id = a.id WHERE a.patient && ${name}))`;
}

function condition(sql: Sql, criterion: Criterion): string {
  if (criterion.is !== 'parameter') throw noChain();
  const { parameter, modifier } = criterion;
  if (modifier === 'missing') throw noChain();
  switch (parameter.name) {
    case '_id':
      return `e.id = ANY(${sql.bind(codesOf(criterion), 'text[]')})`;
    case 'date':
    case '_lastUpdated':
      return `(${valuesOf(criterion, 'date')
        .map((value) => dateCondition(sql, value))
        .join(' OR ')})`;
    case 'action':
    case 'outcome':
      return negated(criterion, `e.${parameter.name} = ANY(${sql.bind(codesOf(criterion), 'text[]')})`);
    case 'type':
    case 'subtype':
      return negated(criterion, `e.code && ${sql.bind(codesOf(criterion), 'text[]')}`);
    case 'patient':
    case 'entity': {
      const names = sql.bind(referencesOf(criterion), 'text[]');
      return parameter.name === 'patient' ? `e.patient && ${names}` : `(e.entity && ${names} OR e.patient && ${names})`;
    }
    case 'agent':
      return `e.agents && ${sql.bind([...referencesOf(criterion), ...codesOf(criterion)], 'text[]')}`;
    case 'agent-name':
      return `(${valuesOf(criterion, 'string')
        .map(({ text }) => `strpos(lower(e.name), lower(${sql.bind(text, 'text')})) > 0`)
        .join(' OR ')})`;
    default:
      throw unsupported(
        `AuditEvent is not searched by ${parameter.name}`,
        `Critère « ${parameter.name} » non pris en charge.`,
        parameter.name,
      );
  }
}

function noChain(): FhirError {
  return new FhirError('not-supported', 'AuditEvent is searched by its own parameters only: no chain, no _has', {
    text: "Le journal d'accès se cherche par ses propres critères seulement.",
  });
}

function negated({ modifier }: ParameterCriterion, found: string): string {
  return modifier === 'not' ? `NOT ${found}` : found;
}

function codesOf(criterion: ParameterCriterion): string[] {
  return valuesOf(criterion, 'token').map(({ code }) => code ?? '');
}

function referencesOf(criterion: ParameterCriterion): string[] {
  const targets = criterion.parameter.targets;
  return valuesOf(criterion, 'reference').flatMap(({ type, id }) =>
    type === undefined ? targets.map((target) => `${target}/${id}`) : [`${type}/${id}`],
  );
}

/** A fact has an instant: every comparison is with the ends of what the text covers. */
function dateCondition(sql: Sql, { prefix, start, end }: DateValue): string {
  const from = (): string => (start === null ? `'-infinity'` : sql.bind(toTimestamp(start), 'timestamptz'));
  const to = (): string => (end === null ? `'infinity'` : sql.bind(toTimestamp(end), 'timestamptz'));
  switch (prefix) {
    case 'ne':
      return `NOT (e.at >= ${from()} AND e.at < ${to()})`;
    case 'gt':
    case 'sa':
      return `e.at >= ${to()}`;
    case 'lt':
    case 'eb':
      return `e.at < ${from()}`;
    case 'ge':
      return `e.at >= ${from()}`;
    case 'le':
      return `e.at < ${to()}`;
    default:
      return `(e.at >= ${from()} AND e.at < ${to()})`;
  }
}
