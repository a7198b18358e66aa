/**
 * The open extract of the national directory (PS_LibreAcces_Personne_activite): fields between bars, columns found by
 * their names, one line for each activity of a person.
 */
import type { NewPractitioner } from './practitioners.ts';

export interface ExtractRow {
  /** In the file, from 1. */
  line: number;
  person: NewPractitioner | undefined;
  /** Why it cannot be read: the French name of what is missing. */
  fault: 'rpps' | 'name' | undefined;
}

export interface ReadExtract {
  lines: ExtractRow[];
  /** A column without which nothing can be read. */
  missing: RequiredColumn | undefined;
}

/** The names of the columns, as `plain` writes them. */
const COLUMNS = {
  rpps: ['identifiant pp', 'identification nationale pp'],
  family: ["nom d'exercice"],
  given: ["prenom d'exercice"],
  prefix: ["code civilite d'exercice"],
  specialtyCode: ['code savoir-faire'],
  specialtyName: ['libelle savoir-faire'],
} as const satisfies Record<string, readonly string[]>;

type Column = keyof typeof COLUMNS;

const REQUIRED = ['rpps', 'family', 'given'] as const satisfies readonly Column[];
export type RequiredColumn = (typeof REQUIRED)[number];

/** Some releases of the file are in the encoding of Windows: octets that are not UTF-8 say so. */
export function decodeExtract(octets: ArrayBuffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(octets);
  } catch {
    return new TextDecoder('windows-1252').decode(octets);
  }
}

export function readExtract(text: string): ReadExtract {
  const [head = '', ...rows] = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const names = head.split('|').map(plain);
  const at = (column: Column): number => {
    const known: readonly string[] = COLUMNS[column];
    return names.findIndex((name) => known.includes(name));
  };
  const missing = REQUIRED.find((column) => at(column) < 0);
  if (missing !== undefined) return { lines: [], missing };
  const lines = rows.flatMap((row, i): ExtractRow[] => {
    if (row.trim() === '') return [];
    const cells = row.split('|');
    const cell = (column: Column): string => (cells[at(column)] ?? '').trim();
    return [{ line: i + 2, ...personOf(cell) }];
  });
  return { lines, missing: undefined };
}

/** Capitals, accents and apostrophes differ from release to release. */
function plain(name: string): string {
  return name.normalize('NFD').replaceAll(/\p{M}/gu, '').replaceAll('’', "'").trim().toLowerCase();
}

function personOf(cell: (column: Column) => string): Omit<ExtractRow, 'line'> {
  const digits = cell('rpps').replaceAll(/\s/g, '');
  // The national identification is the number behind the digit of its register.
  const rpps = /^8\d{11}$/.test(digits) ? digits.slice(1) : digits;
  if (!/^\d{11}$/.test(rpps)) return { person: undefined, fault: 'rpps' };
  const [family, given] = [cell('family'), cell('given')];
  if (family === '' || given === '') return { person: undefined, fault: 'name' };
  const code = cell('specialtyCode');
  const prefix = cell('prefix').toUpperCase();
  return {
    person: {
      prefix: ['DR', 'PR'].includes(prefix) ? prefix : '',
      ...{ family, given, rpps },
      specialty: code === '' ? undefined : { code, display: cell('specialtyName') || code },
    },
    fault: undefined,
  };
}

/** Several activities of a person are one line of the preview. */
export function peopleOf(lines: readonly ExtractRow[]): NewPractitioner[] {
  return [...new Map(lines.flatMap(({ person }) => (person === undefined ? [] : [[person.rpps, person]]))).values()];
}
