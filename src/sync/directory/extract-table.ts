/**
 * The open extracts of the directory (PS_LibreAcces): columns between bars, one header line, no quoting. The spelling
 * of the header varies: columns are found by their words, without case, accents or what stands in brackets.
 */
import { normalise } from '../../fhir/search/text.ts';

/** One line; the value of the column with this name, '' when it is missing or empty. */
export type ExtractLine = (column: string) => string;

export interface ExtractTable {
  has(column: string): boolean;
  read(line: string): ExtractLine;
}

export function isExtractHeader(line: string): boolean {
  return line.includes('|') && readHeader(line).has('identification nationale pp');
}

export function readHeader(header: string): ExtractTable {
  const places = new Map<string, number>();
  const names = header.replace(/^\uFEFF/, '').split('|');
  for (const [place, name] of names.entries()) {
    const words = normalise(name.replace(/\([^)]*\)?/g, ' '));
    if (words !== '' && !places.has(words)) places.set(words, place);
  }
  return {
    has: (column) => places.has(column),
    read(line) {
      const values = line.split('|');
      return (column) => values[places.get(column) ?? -1]?.trim() ?? '';
    },
  };
}
