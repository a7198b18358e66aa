/**
 * `GET /activity?from=&to=&by=`: how many appointments were reported, by day of the appointment, partner, status,
 * category and regulator, in JSON or CSV.
 */
import { parseDateRange } from '../../../fhir/date.ts';
import { FhirError } from '../../../fhir/issue.ts';
import type { PlainAnswer, PlainRequest } from '../../../rest/files/plain-route.ts';
import { countAppointments, DIMENSIONS, type Dimension } from '../../../store/records/activity.ts';
import type { Database } from '../../../store/engine/database.ts';
import type { Registry } from '../partners/registry.ts';
import { ownerOf } from './report.ts';

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 30;
/** Days of one request. */
const MAX_DAYS = 366;
const COLUMN_TITLES: Record<Dimension | 'count', string> = {
  day: 'jour',
  partner: 'éditeur',
  status: 'statut',
  category: 'catégorie',
  regulator: 'régulateur',
  count: 'rendez-vous',
};

/**
 * `from`, `to`: dates, both included (default: the last 30 days); `by`: dimensions in their order (default:
 * day,status); `format=csv` or `Accept: text/csv`.
 */
export async function activity(
  database: Database,
  registry: Registry,
  { query, header, now }: PlainRequest,
): Promise<PlainAnswer> {
  const asked = new URLSearchParams(query);
  const from = dayOf(asked, 'from', now - DEFAULT_DAYS * DAY_MS).start;
  const to = dayOf(asked, 'to', now).end;
  if (to <= from) throw refusal('to', 'to is not before from', '« to » précède « from »');
  if (to - from > MAX_DAYS * DAY_MS) throw refusal('to', `at most ${MAX_DAYS} days`, `${MAX_DAYS} jours au plus`);
  const by = (asked.get('by') ?? 'day,status')
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
  const isDimension = (name: string): boolean => (DIMENSIONS as readonly string[]).includes(name);
  if (by.length === 0 || !by.every(isDimension) || new Set(by).size < by.length)
    throw refusal(
      'by',
      `by is some of ${DIMENSIONS.join(', ')}, each once`,
      `« by » : ${DIMENSIONS.join(', ')}, chacun une fois`,
    );
  const rows = (await countAppointments(database, { from, to, by: by as Dimension[] })).map((row) =>
    'partner' in row ? { ...row, partner: partnerName(registry, row.partner) } : row,
  );
  const isCsv = asked.get('format') === 'csv' || /^text\/csv\b/i.test(header('accept') ?? '');
  if (!isCsv)
    return {
      type: 'application/json; charset=utf-8',
      text: JSON.stringify({
        from: new Date(from).toISOString(),
        to: new Date(to).toISOString(),
        by,
        total: rows.reduce((sum, row) => sum + row.count, 0),
        rows,
      }),
    };
  const columns = [...(by as Dimension[]), 'count' as const];
  const lines = [
    columns.map((column) => COLUMN_TITLES[column]),
    ...rows.map((row) => columns.map((column) => String(row[column] ?? ''))),
  ];
  return { type: 'text/csv; charset=utf-8', text: lines.map((line) => `${line.map(cell).join(';')}\r\n`).join('') };
}

/** The partner's name in the registry, else the caller's own name. */
function partnerName(registry: Registry, source: string | null | undefined): string | null {
  const caller = source ? ownerOf({ resourceType: 'Appointment', meta: { source } }) : undefined;
  return caller === undefined ? null : (registry.ofCaller(caller)?.name ?? caller);
}

function dayOf(asked: URLSearchParams, name: string, fallback: number): { start: number; end: number } {
  const text = asked.get(name) ?? new Date(fallback).toISOString().slice(0, 10);
  const range = /^\d{4}-\d\d-\d\d$/.test(text) ? parseDateRange(text) : undefined;
  if (range === undefined) throw refusal(name, `${name} is a day: 2026-11-24`, `« ${name} » est un jour : 2026-11-24`);
  return range;
}

/** As in RFC 4180, and so that no spreadsheet reads a cell as a formula. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[";\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function refusal(expression: string, english: string, french: string): FhirError {
  return new FhirError('value', english, { expression, text: `${french}.` });
}
