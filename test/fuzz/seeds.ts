/** The requests that fuzzing starts from: those of the golden stories, and the calendars that an import understands. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readGolden } from '../golden.ts';

export interface FuzzRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string;
}

const GOLDEN = join(import.meta.dirname, '../golden');

/** Requests that name parts of earlier answers are left out. */
export function seedsOf(folder: string): FuzzRequest[] {
  return readdirSync(join(GOLDEN, folder))
    .filter((name) => name.endsWith('.http'))
    .sort()
    .flatMap((name) => readGolden(join(GOLDEN, folder, name)))
    .map(({ request }) => toRequest(request))
    .filter(({ path, body = '' }) => !/\{\{|<id/.test(path + body));
}

function toRequest(lines: readonly string[]): FuzzRequest {
  const blank = lines.indexOf('');
  const [first = '', ...rest] = blank < 0 ? lines : lines.slice(0, blank);
  const [method = 'GET', ...path] = first.split(' ');
  const headers = Object.fromEntries(
    rest
      .filter((line) => line.includes(': '))
      .map((line) => [line.split(': ')[0]!, line.split(': ').slice(1).join(': ')]),
  );
  const body = blank < 0 ? undefined : lines.slice(blank + 1).join('\n');
  if (body !== undefined) headers['Content-Type'] ??= 'application/fhir+json';
  return { method, path: path.join(' '), headers, ...(body === undefined ? {} : { body }) };
}
