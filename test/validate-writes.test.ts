/**
 * `$validate` with a mode refuses a resource if the write refuses it, and only then: random single faults in the
 * resources of the fixture, under a server whose profiles all refuse. A time that is taken is
 * decided by the commit alone, and left out.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { readConfig } from '../src/runtime/config.ts';
import { FIXTURE, loadFixture } from './fixture.ts';
import { startTestServer, type TestServer } from './harness.ts';

const RUNS = 300;

let test: TestServer;
beforeAll(async () => {
  test = await startTestServer({ validation: readConfig(['--validation', 'refuse'], {}).config.validation });
  await loadFixture(test.base);
});
afterAll(() => test.close());

type Path = (string | number)[];

/** The places of all values below an object, the id and the type left out. */
function places(value: Json, at: Path = []): Path[] {
  if (value === null || typeof value !== 'object') return at.length === 0 ? [] : [at];
  const inner = Object.keys(value)
    .filter((key) => at.length > 0 || (key !== 'id' && key !== 'resourceType'))
    .flatMap((key) => places(value[key], [...at, Array.isArray(value) ? Number(key) : key]));
  return at.length === 0 ? inner : [at, ...inner];
}

const WRONG: Json[] = [
  'zzz',
  '',
  7,
  true,
  null,
  [],
  {},
  { text: 'x' },
  { reference: 'Patient/nobody' },
  { reference: 'Slot/x' },
  '2026-13-45',
  'urn:oid:abc',
  { coding: [{ system: 'urn:x', code: 'y' }] },
];
const FAULTS: Record<string, (holder: Json, key: string | number, wrong: Json) => void> = {
  remove: (holder, key) => (Array.isArray(holder) ? holder.splice(key as number, 1) : delete holder[key]),
  replace: (holder, key, wrong) => (holder[key] = wrong),
  rename: (holder, key) => {
    if (!Array.isArray(holder)) holder[`${key}x`] = holder[key];
  },
  repeat: (holder, key) => {
    if (Array.isArray(holder)) holder.push(structuredClone(holder[key as number]));
    else holder[key] = [holder[key], holder[key]];
  },
  extend: (holder, key) => {
    if (Array.isArray(holder)) return;
    holder[`_${key}`] = {
      extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }],
    };
    delete holder[key];
  },
};

it('refuses the same resources as an update does', { timeout: 240_000 }, async () => {
  let refused = 0;
  let written = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.nat(),
      fc.nat(),
      fc.constantFrom(...Object.keys(FAULTS)),
      fc.constantFrom(...WRONG),
      async (nth, at, fault, wrong) => {
        const resource: Json = structuredClone(FIXTURE[nth % FIXTURE.length]!);
        const all = places(resource);
        const place = all[at % all.length]!;
        const holder = place.slice(0, -1).reduce((value: Json, key) => value[key], resource);
        FAULTS[fault]!(holder, place.at(-1)!, structuredClone(wrong));
        const { resourceType: type, id } = resource;
        const judged = await test.request('POST', `${type}/$validate?mode=update`, resource);
        const asked = await test.request('PUT', `${type}/${id}`, resource);
        if (asked.status === 409) return;
        const errors = (judged.json.issue ?? []).filter(({ severity }: Json) => /error|fatal/.test(severity));
        const told = [type, place.join('.'), fault, judged.status];
        expect([...told, asked.status < 400 ? errors : errors.length > 0, asked.status >= 500]).toEqual([
          ...told,
          asked.status < 400 ? [] : true,
          false,
        ]);
        if (asked.status < 400) written += 1;
        else refused += 1;
      },
    ),
    { numRuns: RUNS, seed: 13, endOnFailure: true },
  );
  expect([refused > RUNS / 4, written > RUNS / 10]).toEqual([true, true]);
});
