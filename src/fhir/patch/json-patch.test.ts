/** JSON Patch against the public test suite of RFC 6902, and what FHIR adds. */
import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { FhirError } from '../issue.ts';
import { parseJson, stringifyJson } from '../json.ts';
import type { Json } from '../resource.ts';
import { applyJsonPatch, patchDocument } from './json-patch.ts';

interface Case {
  comment?: string;
  doc: Json;
  patch: Json;
  expected?: Json;
  error?: string;
  disabled?: boolean;
}

const load = createRequire(import.meta.url);
const cases: Case[] = ['tests.json', 'spec_tests.json'].flatMap((file) => load(`json-patch-test-suite/${file}`));

const isOurs = (vector: Case): boolean => vector.disabled !== true && vector.patch !== undefined;

describe('json-patch-test-suite', () => {
  test.each(cases.filter(isOurs).map((test, i) => [`${i} ${test.comment ?? test.error ?? ''}`, test] as const))(
    '%s',
    (_name, { doc, patch, expected, error }) => {
      if (error === undefined) {
        const result = patchDocument(doc, patch);
        if (expected !== undefined) expect(result).toEqual(expected);
      } else expect(() => patchDocument(doc, patch)).toThrow(FhirError);
    },
  );

  test('the suite is whole', () => expect(cases.filter(isOurs).length).toBeGreaterThan(90));
});

const PATIENT = { resourceType: 'Patient', id: '1', name: [{ family: 'A', given: ['B', 'C'] }], active: true };

function refusal(patch: Json): [string, number] {
  try {
    applyJsonPatch(PATIENT, patch);
  } catch (error) {
    return [(error as FhirError).code, (error as FhirError).status];
  }
  throw new Error('not refused');
}

describe('on resources', () => {
  test.each<[string, Json, [string, number]]>([
    ['no array', { op: 'add' }, ['structure', 400]],
    ['an unknown operation', [{ op: 'merge', path: '/active' }], ['structure', 400]],
    ['no path', [{ op: 'remove' }], ['structure', 400]],
    ['no pointer', [{ op: 'remove', path: 'active' }], ['structure', 400]],
    ['no value', [{ op: 'add', path: '/gender' }], ['structure', 400]],
    ['a failed test', [{ op: 'test', path: '/active', value: false }], ['processing', 422]],
    ['a test of nothing', [{ op: 'test', path: '/gender', value: 'male' }], ['processing', 422]],
    ['nothing to remove', [{ op: 'remove', path: '/gender' }], ['processing', 422]],
    ['an index beyond the end', [{ op: 'add', path: '/name/3', value: {} }], ['processing', 422]],
    ['another id', [{ op: 'replace', path: '/id', value: '2' }], ['processing', 422]],
    ['another type', [{ op: 'replace', path: '/resourceType', value: 'Practitioner' }], ['processing', 422]],
    ['the whole resource by nothing', [{ op: 'remove', path: '' }], ['processing', 422]],
    ['the whole resource by a number', [{ op: 'replace', path: '', value: 1 }], ['processing', 422]],
    ['a move into itself', [{ op: 'move', from: '/name', path: '/name/0' }], ['processing', 422]],
  ])('%s is refused', (_name, patch, expected) => {
    expect(refusal(patch)).toEqual(expected);
  });

  test('a failed patch leaves the resource as it was', () => {
    const before = structuredClone(PATIENT);
    refusal([
      { op: 'remove', path: '/name' },
      { op: 'test', path: '/active', value: false },
    ]);
    expect(PATIENT).toEqual(before);
  });

  test('a patch cannot reach a prototype', () => {
    for (const path of ['/__proto__/polluted', '/constructor/prototype/polluted']) {
      try {
        applyJsonPatch(PATIENT, parseJson(`[{"op":"add","path":"${path}","value":true}]`));
      } catch {
        // Refused: as good as harmless.
      }
      expect(({} as Json).polluted).toBe(undefined);
    }
  });

  test('decimals keep their digits, and are equal by value', () => {
    const location = parseJson('{"resourceType":"Location","id":"1","position":{"longitude":2.3500,"latitude":48.10}}');
    const patched = applyJsonPatch(
      location,
      parseJson(
        '[{"op":"test","path":"/position/latitude","value":48.1},{"op":"copy","from":"/position/longitude","path":"/position/altitude"}]',
      ),
    );
    expect(stringifyJson(patched)).toBe(
      '{"resourceType":"Location","id":"1","position":{"longitude":2.3500,"latitude":48.10,"altitude":2.3500}}',
    );
  });
});
