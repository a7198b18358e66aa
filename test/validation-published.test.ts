/**
 * Our profile definitions, written from facts, against the published SAS package through the same engine: agreement on
 * its examples and
 * on every single-fault mutation of them. Where the two differ is listed in `docs/validation-differences.md`, with the
 * reason.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Conformance } from '../src/fhir/conformance.ts';
import { readStructureDefinition } from '../src/fhir/profile/definition.ts';
import { profilesWith } from '../src/fhir/profile/definitions/all.ts';
import { Validator } from '../src/fhir/profile/validate.ts';
import type { Json, Resource } from '../src/fhir/resource.ts';
import { Terminology } from '../src/fhir/terminology/terminology.ts';

const ROOT = join(import.meta.dirname, '..');
const FOLDER = join(process.env['CRENEAU_IG'] ?? join(ROOT, '../shared/ig'), 'ans.fhir.fr.sas-1.1.0');
const PAGE = join(ROOT, 'docs/validation-differences.md');

const load = (path: string): Resource => JSON.parse(readFileSync(join(FOLDER, path), 'utf8'));
const list = (folder: string, prefix = ''): string[] =>
  readdirSync(join(FOLDER, folder))
    .filter((name) => name.startsWith(prefix) && name.endsWith('.json'))
    .sort();

/** Why the two differ; a difference that none explains is a fault. */
const REASONS: [RegExp, string][] = [
  [
    /telecom\.(system|value) removed/,
    'FR Core wants a system and a value in every contact; the package names its parent profile without containing it',
  ],
];

describe.skipIf(!existsSync(FOLDER))('the published SAS package', () => {
  let own: Validator;
  let published: Validator;
  beforeAll(() => {
    own = new Validator(profilesWith('1.1.0'), new Terminology());
    const terminology = new Terminology();
    for (const name of list('definitions', 'ValueSet')) terminology.load(load(`definitions/${name}`));
    published = new Validator(
      list('definitions', 'StructureDefinition').map((name) =>
        readStructureDefinition(load(`definitions/${name}`), () => false),
      ),
      terminology,
    );
  });

  const errors = (validator: Validator, resource: Resource): string[] =>
    validator
      .validate(resource)
      .filter((issue) => issue.severity === 'error')
      .map((issue) => `${issue.expression} ${issue.diagnostics}`);

  it('every profile of the package is one of ours', () => {
    for (const name of list('definitions', 'StructureDefinition')) {
      const { url, type } = load(`definitions/${name}`);
      if (type !== 'Extension' || String(url).startsWith('http://sas'))
        expect([url, own.knows(url as string)]).toEqual([url, type !== 'Extension' || own.knows(url as string)]);
    }
  });

  it.each(existsSync(FOLDER) ? list('examples') : [])('%s is valid for both', (file) => {
    const resource = load(`examples/${file}`);
    expect(errors(own, resource)).toEqual([]);
    expect(errors(published, resource)).toEqual([]);
  });

  it('its definitions, loaded beside ours as `--definitions` does, find the examples valid too', () => {
    const { validator, published: loaded } = new Conformance(
      list('definitions')
        .map((name) => load(`definitions/${name}`))
        .filter((definition) => definition.resourceType !== undefined),
    );
    expect(loaded.length).toBeGreaterThan(20);
    for (const file of list('examples'))
      expect([file, errors(validator, load(`examples/${file}`))]).toEqual([file, []]);
  });

  it('agrees on single-fault mutations of the examples', { timeout: 120_000 }, () => {
    const differences = new Map<string, number>();
    let count = 0;
    let caught = 0;
    for (const file of list('examples')) {
      for (const { name, resource } of mutations(load(`examples/${file}`))) {
        count++;
        const [ours, theirs] = [errors(own, structuredClone(resource)), errors(published, structuredClone(resource))];
        if (theirs.length > 0) caught++;
        if (ours.length > 0 === theirs.length > 0) continue;
        const place = name
          .replace(/\[\d+\]/g, '')
          .replace(/^Bundle\.entry\.resource/, `Bundle(${file.replace(/^Bundle-|\.json$/g, '')})`);
        const who = ours.length > 0 ? 'refused by ours alone' : 'refused by the package alone';
        const message = (ours[0] ?? theirs[0] ?? '')
          .replace(/\[\d+\]/g, '')
          .replace(/^\S+ /, '')
          .slice(0, 110);
        expect([place, REASONS.some(([pattern]) => pattern.test(place))], 'every difference has its reason').toEqual([
          place,
          true,
        ]);
        const key = `| \`${place}\` | ${who} | ${message.replaceAll('|', '\\|')} |`;
        differences.set(key, (differences.get(key) ?? 0) + 1);
      }
    }
    expect(count).toBeGreaterThan(300);
    expect(caught).toBeGreaterThan(150);
    // `npm run judge` writes the rest of the page.
    const [, judged = ''] = readFileSync(PAGE, 'utf8').split(/(?=\n# Where the reference validator differs\n)/);
    const text = page(count, caught, [...differences.keys()].sort()) + judged;
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(PAGE, text);
    expect(text).toBe(readFileSync(PAGE, 'utf8'));
  });
});

function page(count: number, caught: number, rows: readonly string[]): string {
  const explained = REASONS.map(([, reason]) => `- ${reason}.`).join('\n');
  return `# Where our profiles and the published package differ

Generated by \`test/validation-published.test.ts\` where the SAS package 1.1.0 is at hand.
${count} mutations of its examples, a single fault each; the package refuses ${caught} of them. Every difference:

| mutation | who | first fault |
|---|---|---|
${rows.join('\n')}

Why:

${explained}
`;
}

/** Each element taken out, each list doubled, each text and boolean replaced, one at a time. */
function* mutations(resource: Resource): Generator<{ name: string; resource: Resource }> {
  for (const { path, steps } of places(resource, resource.resourceType, [])) {
    for (const [kind, change] of CHANGES) {
      const copy = structuredClone(resource);
      const parent = steps.slice(0, -1).reduce<Json>((at, step) => at[step], copy);
      if (change(parent, steps.at(-1)!)) yield { name: `${path} ${kind}`, resource: copy };
    }
  }
}

const CHANGES: [string, (parent: Json, key: string | number) => boolean][] = [
  [
    'removed',
    (parent, key) => {
      if (Array.isArray(parent)) {
        if (parent.length === 1) return false;
        parent.splice(key as number, 1);
      } else if (Object.keys(parent).length > 1) delete parent[key];
      else return false;
      return true;
    },
  ],
  ['doubled', (parent, key) => Array.isArray(parent) && key === 0 && parent.push(structuredClone(parent[0])) > 0],
  [
    'replaced',
    (parent, key) => {
      if (typeof parent[key] === 'boolean') parent[key] = !parent[key];
      else if (typeof parent[key] === 'string')
        parent[key] = /^\d{4}-/.test(parent[key])
          ? '2030-01-01T00:00:00+01:00'
          : /^(urn|http)/.test(parent[key])
            ? 'urn:x-other'
            : 'autre';
      else return false;
      return true;
    },
  ],
];

/** Every element but ids, narratives, the profile and addresses of the Bundle's own. */
function* places(
  value: Json,
  path: string,
  steps: (string | number)[],
): Generator<{ path: string; steps: (string | number)[] }> {
  if (value === null || typeof value !== 'object') return;
  for (const key of Object.keys(value)) {
    if (
      ['resourceType', 'id', 'text', 'profile', 'fullUrl', 'link'].includes(key) &&
      !(key === 'text' && typeof value[key] === 'string')
    )
      continue;
    const own = Array.isArray(value) ? [...steps, Number(key)] : [...steps, key];
    const name = Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`;
    yield { path: name, steps: own };
    yield* places(value[key], name, own);
  }
}
