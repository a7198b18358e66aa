/** A resource as the row of its table: the finished JSON text and the columns that it is found by. */
import type { Stored } from '../../fhir/interaction.ts';
import { extract } from '../../fhir/search/extract.ts';
import { stringifyJson } from '../../fhir/json.ts';
import type { Resource } from '../../fhir/resource.ts';

export interface StoredRow {
  id: string;
  version: number;
  updated_at: string;
  /** `null`: deleted. */
  body: string | null;
  /** The columns that it is found by. */
  search: Record<string, unknown>;
}

/** The row of a living resource; `meta.versionId` and `meta.lastUpdated` are already in it. */
export function toRow(resource: Resource): StoredRow {
  const row: StoredRow = {
    id: resource.id!,
    version: Number(resource.meta!.versionId),
    updated_at: resource.meta!.lastUpdated!,
    body: stringifyJson(resource),
    search: {},
  };
  for (const [name, value] of Object.entries(extract(resource))) row.search[name] = toColumn(value);
  return row;
}

/** The row of a deleted resource: its last version number, so that a later PUT continues the count. */
export function toTombstone(id: string, version: number, at: string): StoredRow {
  return { id, version, updated_at: at, body: null, search: {} };
}

/** The columns that `stored` reads, beside `type` and `id`. */
export const BODY = 'version, (extract(epoch FROM updated_at) * 1000)::float8 AS at, body';

export type BodyRow = { type: string; id: string; version: number; at: number; body: string | null };

export function stored(row: BodyRow): Stored {
  return { type: row.type, id: row.id, version: row.version, updatedAt: row.at, body: row.body ?? undefined };
}

function toColumn(value: ReturnType<typeof extract>[string]): unknown {
  if (Array.isArray(value)) return value.length === 0 ? null : value;
  if (value === null || typeof value !== 'object') return value;
  return toRange(value.start, value.end);
}

/** Milliseconds -> PostgreSQL's text of a half-open tstzrange; `null` is open. */
export function toRange(start: number | null, end: number | null): string {
  return `[${start === null ? '' : toTimestamp(start)},${end === null ? '' : toTimestamp(end)})`;
}

/**
 * The years that FHIR can write and PostgreSQL read as ISO text; earlier and later instants (the year 1 in Paris) are
 * without end.
 */
const FIRST = Date.parse('0001-01-01T00:00:00Z');
const LAST = Date.parse('9999-12-31T23:59:59.999Z');

export function toTimestamp(ms: number): string {
  if (ms < FIRST) return '-infinity';
  return ms > LAST ? 'infinity' : new Date(ms).toISOString();
}
