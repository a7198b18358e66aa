/**
 * `docs/conformance.md` follows from the golden requests: each flow, and the exchanges that show it; then the
 * requirements that are not met. `UPDATE_DOCS=1` writes it anew.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type IssueCode, STATUS } from '../src/fhir/issue.ts';
import { helpTable } from '../src/runtime/options/help.ts';
import { anchors, withLinks } from './citations.ts';
import { readGolden } from './golden.ts';
import { TRAPS } from './traps.ts';
import { UNMET } from './unmet.ts';

const ROOT = join(import.meta.dirname, '..');
const FOLDER = join(ROOT, 'test/golden');
/** Where the sections and traps of the digest stand. */
const digest = anchors();

function check(page: string, text: string): void {
  const file = join(ROOT, page);
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(file, text);
  expect(readFileSync(file, 'utf8'), `${page} is out of date: UPDATE_DOCS=1 npm test -- conformance`).toBe(text);
}

it('docs/conformance.md', () => {
  const parts = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.http'))
    .sort()
    .map((name) => {
      const [heading = name] = readFileSync(join(FOLDER, name), 'utf8').split('\n', 1);
      const rows = readGolden(join(FOLDER, name))
        .filter(({ title }) => !title.startsWith('('))
        .map(
          ({ title, request, answer }) =>
            `| ${cell(title)} | \`${cell(shorten(request[0] ?? ''))}\` | ${/^<<< (\d+)/.exec(answer)?.[1] ?? ''} |`,
        );
      return (
        `## ${withLinks(heading.replace(/^[#/ ]+/, ''), digest)}\n\n` +
        `[test/golden/${name}](../test/golden/${name}), ${rows.length} exchanges.\n\n` +
        `| shown | request | status |\n|---|---|---|\n${rows.join('\n')}\n`
      );
    });
  check(
    'docs/conformance.md',
    `# Conformance

Generated from the golden requests (\`UPDATE_DOCS=1 npm test -- conformance\`); do not edit. Every
line is a real HTTP exchange, run by \`npm test\` on the embedded database and on a PostgreSQL server, and compared with
its whole answer.

## Traps of the guides

The guides contradict themselves, and callers deviate from them. [docs/spec/7-traps.md](spec/7-traps.md)
explains each trap. Here is the behaviour of Créneau, and the exchanges and tests that show it: they name the trap in
their titles.

| | what | shown by |
|---|---|---|
${TRAPS.map(trapRow).join('\n')}

## Requirements that are not met

A test holds this list against the statements of the guides (\`test/unmet.test.ts\`).

| guide | requirement | why not |
|---|---|---|
${UNMET.map(unmetRow).join('\n')}

${parts.join('\n')}`,
  );
});

it('every trap is shown, or says why not', () => {
  expect(TRAPS.filter(({ id, note }) => shownBy(id).length === 0 && note === undefined).map(({ id }) => id)).toEqual(
    [],
  );
  const known = new Set(TRAPS.map(({ id }) => id));
  expect([...evidence.keys()].filter((id) => !known.has(id))).toEqual([]);
});

/** Files whose test titles name a trap in brackets, by its number. */
const evidence = new Map<string, Set<string>>();
for (const file of ['test', 'src']
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`),
  )
  .filter((path) => /\.http$|\.test\.ts$/.test(path) && path !== 'test/citations.test.ts')
  .sort()) {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const titles = file.endsWith('.http') ? text.matchAll(/^### .*$/gm) : text.matchAll(/(['"`])(?:(?!\1).)*\1/g);
  for (const [title] of titles) {
    for (const id of (/\(((?:[HUICL]\d+(?:, )?)+)\)/.exec(title)?.[1] ?? '').split(', ').filter(Boolean))
      evidence.set(id, (evidence.get(id) ?? new Set()).add(file));
  }
}

function unmetRow({ source, requirement, reason }: (typeof UNMET)[number]): string {
  return `| ${cell(source)} | ${cell(requirement)} | ${cell(reason)} |`;
}

function trapRow({ id, text, note }: (typeof TRAPS)[number]): string {
  const shown = [...shownBy(id), ...(note ? [cell(note)] : [])].join('; ');
  return `| [${id}](${digest.get(id)}) | ${cell(text)} | ${shown} |`;
}

function shownBy(id: string): string[] {
  return [...(evidence.get(id) ?? [])].map((file) => `[${file.split('/').at(-1)}](../${file})`);
}

it('docs/settings.md', () => {
  check(
    'docs/settings.md',
    `# Settings\n\nGenerated from \`src/runtime/options/\` (\`UPDATE_DOCS=1 npm test -- conformance\`); ` +
      `do not edit. The command line wins over the environment.\n\n${helpTable()}`,
  );
});

it('docs/errors.md', () => {
  const rows = Object.entries(STATUS)
    .filter(([, status]) => status >= 400)
    .sort((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1))
    .map(([code, status]) => `| ${status} | \`${code}\` | ${MEANING[code as IssueCode]} |`);
  check(
    'docs/errors.md',
    `# Errors

Generated from \`src/fhir/issue.ts\` (\`UPDATE_DOCS=1 npm test -- conformance\`); do not edit.

Every refusal and every failure is an \`OperationOutcome\`: \`issue.code\` from the table, \`details.text\` in French
for the person, \`diagnostics\` in English for the engineer, \`expression\` where it applies, and the request's id as
the outcome's \`id\` and in the header \`X-Request-Id\`. Some refusals answer another status than their code's usual
one: 412 (\`conflict\`: If-Match), 406 and 415 (\`not-supported\`: media types), 414 and 431 (\`too-long\`: the address,
the headers), 405 (\`not-supported\`: an interaction that is not offered), 422 (\`not-found\`: a reference to nothing).

| status | code | when |
|---|---|---|
${rows.join('\n')}
`,
  );
});

const MEANING: Record<IssueCode, string> = {
  invalid: 'the body is not JSON or XML, or says two different things',
  structure: 'an element that the resource does not have, or of the wrong type',
  required: 'something needed is missing',
  value: 'a value of the wrong form: a date, a number, an id, a token',
  'not-supported': 'an unknown parameter (strict handling), chain, modifier, type or media type',
  'too-costly': 'over a limit: window, OR-values, agendas, includes; the text tells the limit',
  'too-long': 'the body is over the limit',
  login: 'nobody is known by these credentials',
  forbidden: 'known, but without the right',
  'not-found': 'there is no such resource, version or path',
  deleted: 'it was deleted',
  conflict: 'the time is taken (nearest free slots follow), or the agenda has future appointments',
  duplicate: 'another resource has this business identifier',
  'multiple-matches': 'several resources match a conditional request',
  'business-rule':
    'outside availability, wrong duration, inactive agenda, impossible change of status, ' +
    'a recurrence that makes no sense',
  invariant: 'an invariant of the standard does not hold',
  'code-invalid': 'a code that its value set does not have',
  extension: 'an extension that cannot be understood',
  processing: 'a patch that cannot be applied, or whose result is not valid',
  throttled: 'too many requests',
  exception: 'a fault of the server; the log has the request id',
  transient: 'the database does not answer, or others keep changing the resource; nothing was written: try again',
  timeout: 'it took too long; nobody knows whether a write was done: read first, or use `Idempotency-Key`',
  'no-store': 'no space left; nothing was written',
  informational: '',
};

function shorten(text: string): string {
  return text.length > 110 ? `${text.slice(0, 109)}…` : text;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('`', "'");
}
