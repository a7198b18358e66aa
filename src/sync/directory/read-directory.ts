/** Groups of entries that belong together, from any of the published forms: a person's lines, a resource, a page. */
import { FhirError } from '../../fhir/issue.ts';
import { parseJson } from '../../fhir/json.ts';
import type { Resource } from '../../fhir/resource.ts';
import { isType, list } from '../../fhir/resources.ts';
import type { DirectoryEntry } from './entry.ts';
import { type ExtractLine, isExtractHeader, readHeader } from './extract-table.ts';
import { fromExtract, PERSON } from './from-extract.ts';
import { fromFhir } from './from-fhir.ts';

export interface DirectorySource {
  /** For the report. */
  name: string;
  lines: AsyncIterable<string>;
  /** The lines of the page after this Bundle, if there is one. */
  next(text: string): Promise<AsyncIterable<string> | undefined>;
}

/** A group, or a line that cannot be read. */
export type DirectoryGroup = DirectoryEntry[] | { where: string; reason: string };

export async function* readDirectory(source: DirectorySource): AsyncGenerator<DirectoryGroup> {
  const iterator = source.lines[Symbol.asyncIterator]();
  let first = await iterator.next();
  while (!first.done && first.value.trim() === '') first = await iterator.next();
  if (first.done) return;
  const rest: AsyncIterable<string> = { [Symbol.asyncIterator]: () => iterator };
  if (isExtractHeader(first.value)) yield* readExtract(source.name, first.value, rest);
  else if (isWholeResource(first.value)) yield* readLines(source, first.value, rest);
  else yield* readBundle(source, await textOf(first.value, rest));
}

function isWholeResource(line: string): boolean {
  try {
    return typeof parseJson(line).resourceType === 'string';
  } catch {
    return false;
  }
}

async function* readExtract(
  name: string,
  header: string,
  lines: AsyncIterable<string>,
): AsyncGenerator<DirectoryGroup> {
  const table = readHeader(header);
  let number = 1;
  let person = '';
  let group: ExtractLine[] = [];
  let began = 2;
  for await (const text of lines) {
    number++;
    if (text.trim() === '') continue;
    const line = table.read(text);
    if (line(PERSON) === '') {
      yield { where: `${name}:${number}`, reason: 'no national identifier' };
      continue;
    }
    if (line(PERSON) !== person) {
      if (group.length > 0) yield fromExtract(table, group, `${name}:${began}`);
      group = [];
      person = line(PERSON);
      began = number;
    }
    group.push(line);
  }
  if (group.length > 0) yield fromExtract(table, group, `${name}:${began}`);
}

async function* readLines(
  source: DirectorySource,
  first: string,
  lines: AsyncIterable<string>,
): AsyncGenerator<DirectoryGroup> {
  yield* readResource(source, first, 1);
  let number = 1;
  for await (const text of lines) {
    number++;
    if (text.trim() !== '') yield* readResource(source, text, number);
  }
}

async function* readResource(source: DirectorySource, text: string, line: number): AsyncGenerator<DirectoryGroup> {
  const where = `${source.name}:${line}`;
  const resource = readJson(text);
  if (resource === undefined) yield { where, reason: 'this line is not JSON' };
  else if (isType(resource, 'Bundle')) yield* readBundle(source, text);
  else yield entriesOf(resource, where);
}

/** A page, and those that it leads to. */
async function* readBundle(source: DirectorySource, text: string): AsyncGenerator<DirectoryGroup> {
  for (let page: string | undefined = text; page !== undefined; ) {
    const bundle = readJson(page);
    if (bundle === undefined || !isType(bundle, 'Bundle')) {
      yield { where: source.name, reason: 'neither NDJSON, nor a Bundle, nor an open extract' };
      return;
    }
    const groups = list(bundle.entry).map(({ resource }, i) =>
      resource === undefined ? [] : entriesOf(resource, `${source.name} entry[${i}]`),
    );
    for (const group of groups) if (!Array.isArray(group)) yield group;
    // Together: a role may come before the person and the structure that the page includes.
    yield groups.filter(Array.isArray).flat();
    const next: AsyncIterable<string> | undefined = await source.next(page);
    page = next === undefined ? undefined : await textOf('', next);
  }
}

function entriesOf(resource: Resource, where: string): DirectoryGroup {
  try {
    return fromFhir(resource, where);
  } catch (error) {
    if (error instanceof FhirError) return { where, reason: error.message };
    throw error;
  }
}

function readJson(text: string): Resource | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

async function textOf(first: string, lines: AsyncIterable<string>): Promise<string> {
  const all = [first];
  for await (const line of lines) all.push(line);
  return all.join('\n');
}
