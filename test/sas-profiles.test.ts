/**
 * Everything that leaves by `/sas` in the golden requests, against the profiles that it declares: ours, and the
 * published SAS package where
 * it is at hand. The answers are those of the files, which `golden.test.ts` holds the server to.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Conformance } from '../src/fhir/conformance.ts';
import type { Json, Resource } from '../src/fhir/resource.ts';
import { readGolden } from './golden.ts';

const GOLDEN = join(import.meta.dirname, 'golden/sas');
const PACKAGE = join(
  process.env['CRENEAU_IG'] ?? join(import.meta.dirname, '../../shared/ig'),
  'ans.fhir.fr.sas-1.1.0/definitions',
);

/** The slices by `pattern:$this` have no pattern: every consultation mode would have to be a CPTS (trap C32). */
const C32 = /serviceType\[\d+\] extension:sas-servicetype-r5 is there 0 times/;

interface Answer {
  title: string;
  resource: Resource;
}

const answers: Answer[] = readdirSync(GOLDEN)
  .filter((file) => file.endsWith('.http'))
  .flatMap((file) =>
    readGolden(join(GOLDEN, file)).flatMap(({ title, request, answer }) => {
      if (!/^<<< 20[01]/.test(answer) || !answer.includes('{') || /\/fhir|\$sas-preview|metadata/.test(request[0]!))
        return [];
      // The golden files replace ids and addresses by names, which the profiles would refuse.
      const text = answer
        .slice(answer.indexOf('\n{'))
        .replace(/<id-(\d+)>/g, 'id-$1')
        .replaceAll('[base]', 'https://agenda.test/sas')
        .replaceAll('[origin]', 'https://agenda.test');
      return [{ title: `${file}: ${title}`, resource: JSON.parse(text) as Resource }];
    }),
  );

/** An empty Bundle cannot have the four entries of its profile (trap H33). */
const isEmpty = (resource: Resource): boolean => resource.resourceType === 'Bundle' && resource['entry'] === undefined;

function faults(conformance: Conformance, { title, resource }: Answer): string[] {
  const all = [
    resource,
    ...((resource['entry'] as Json[] | undefined) ?? []).map((entry) => entry.resource as Resource),
  ];
  const unknown = all.flatMap(({ meta }) => meta?.profile ?? []).filter((url) => !conformance.profiles.has(url));
  const errors = isEmpty(resource)
    ? []
    : conformance.validator
        .validate(resource)
        .filter((issue) => issue.severity === 'error' && !C32.test(`${issue.expression} ${issue.diagnostics}`));
  return [
    ...unknown.map((url) => `${title}: ${url} is not known`),
    ...errors.map((error) => `${title}: ${error.expression} ${error.diagnostics}`),
  ];
}

it('the golden files have an answer of each kind of search', () => {
  const profiles = new Set(
    answers
      .flatMap(({ resource }) => [
        resource,
        ...((resource['entry'] as Json[] | undefined) ?? []).map((entry) => entry.resource),
      ])
      .flatMap((resource) => resource.meta?.profile ?? []),
  );
  expect(profiles.size).toBeGreaterThanOrEqual(15);
  expect(answers.length).toBeGreaterThan(30);
});

it('each answer is valid against our profiles (C20, C32)', () => {
  const conformance = new Conformance();
  expect(answers.flatMap((answer) => faults(conformance, answer))).toEqual([]);
});

it('a resource of an answer has one profile (C13)', () => {
  const all = answers.flatMap(({ resource }) =>
    ((resource['entry'] as Json[] | undefined) ?? []).map((entry) => entry.resource as Resource),
  );
  expect(
    all
      .filter((resource) => resource.meta?.profile?.length !== 1)
      .map(({ resourceType, id }) => `${resourceType}/${id}`),
  ).toEqual([]);
});

describe.skipIf(!existsSync(PACKAGE))('the published package', () => {
  it('accepts each answer', () => {
    const conformance = new Conformance(
      readdirSync(PACKAGE)
        .filter((name) => name.endsWith('.json'))
        .map((name) => JSON.parse(readFileSync(join(PACKAGE, name), 'utf8')) as Resource),
    );
    expect(answers.flatMap((answer) => faults(conformance, answer))).toEqual([]);
  });
});
