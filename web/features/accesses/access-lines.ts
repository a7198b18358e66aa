/** Accesses as lines for people, and all of those to one patient as a table for the patient. */
import type { AuditEvent } from '../../../src/fhir/foundation.ts';
import { list } from '../../../src/fhir/resources.ts';
import { accessesTo } from '../../fhir/accesses.ts';

export interface AccessLine {
  id: string;
  /** Instant. */
  at: string;
  who: string;
  /** Roles of that person or program. */
  roles: readonly string[];
  /** Code of the interaction: `read`, `$agenda`. */
  act: string;
  isRefused: boolean;
}

export function lineOf({ id, recorded, agent, subtype, outcome }: AuditEvent): AccessLine {
  const [caller] = list(agent);
  return {
    id: id!,
    at: recorded,
    who: caller?.who?.display ?? '',
    roles: list(caller?.role).flatMap(({ text }) => text ?? []),
    act: list(subtype)[0]?.code ?? '',
    isRefused: outcome !== undefined && outcome !== '0',
  };
}

const PAGE = '1000';
const MAX_LINES = 50_000;

/** Every access, the newest first. */
export async function everyAccess(about: string): Promise<AccessLine[]> {
  const lines: AccessLine[] = [];
  let cursor: string | undefined;
  do {
    const page = await accessesTo(about, { _count: PAGE, ...(cursor === undefined ? {} : { _cursor: cursor }) });
    lines.push(...page.events.map(lineOf));
    cursor = page.next;
  } while (cursor !== undefined && lines.length < MAX_LINES);
  return lines;
}

/** For a spreadsheet: with a byte order mark, and no cell that it would take for a formula. */
export function tableText(rows: readonly (readonly string[])[]): string {
  return `\uFEFF${rows.map((row) => row.map(cellOf).join(';')).join('\r\n')}\r\n`;
}

function cellOf(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[";\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
