/**
 * 10,000 random searches over random resources: the server finds what a naive reading of the standard finds, page by
 * page in a stable order.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { startTestServer, type TestServer } from './harness.ts';
import { naive } from './naive-search.ts';
import { queries, queryText, resources } from './random-search.ts';

const QUERIES = 10_000;
let test: TestServer;
const all = resources();
beforeAll(async () => {
  test = await startTestServer();
  for (const resource of all) {
    const { status, text } = await test.request('PUT', `${resource.resourceType}/${resource.id}`, resource);
    if (status !== 201) throw new Error(text);
  }
});
afterAll(() => test.close());

it(`${QUERIES} random searches`, { timeout: 240_000 }, async () => {
  const asked = fc.sample(queries, { numRuns: QUERIES, seed: 20261124 });
  let found = 0;
  await Promise.all(
    Array.from({ length: 8 }, async (_, worker) => {
      for (let i = worker; i < asked.length; i += 8) {
        const { type, clauses } = asked[i]!;
        const text = queryText(clauses);
        const expected = naive(all, type, clauses).sort();
        const { json } = await test.request('GET', `${type}?${text}&_count=100&_elements=id`);
        const ids = (json.entry ?? []).map((entry: Json) => entry.resource.id).sort();
        expect({ text, total: json.total, ids }).toEqual({ text, total: expected.length, ids: expected });
        found += ids.length;
      }
    }),
  );
  expect(found, 'the searches are not all empty').toBeGreaterThan(QUERIES);
});

it('pages of any size, in any order, hold every match once while others write', async () => {
  for (const [sort, size] of [
    ['family', 7],
    ['-birthdate,family', 5],
    ['_id', 1],
    ['-_lastUpdated', 13],
  ] as const) {
    const seen: string[] = [];
    let path: string | undefined = `Patient?active:not=x&_sort=${sort}&_count=${size}&_elements=id`;
    for (let page = 0; path !== undefined; page++) {
      const { json }: { json: Json } = await test.request('GET', path);
      seen.push(...json.entry.map((entry: Json) => entry.resource.id).filter((id: string) => id.startsWith('p')));
      path = json.link.find((link: Json) => link.relation === 'next')?.url.slice(test.base.length + 1);
      if (page < 3)
        await test.request('PUT', `Patient/${sort.replace(/\W/g, '')}${page}`, {
          resourceType: 'Patient',
          id: `${sort.replace(/\W/g, '')}${page}`,
          name: [{ family: 'Martin' }],
        });
    }
    const own = seen.filter((id) => /^p\d+$/.test(id));
    expect([own.length, new Set(own).size]).toEqual([60, 60]);
  }
});

it.each([
  ['a search', 'Patient?_sort=family&_count=7&_elements=id'],
  ['a long search, one by one', 'Patient?_count=3&_elements=id'],
  ['the history of a type', 'Patient/_history?_count=15'],
  ['a search of the first page without parameters', 'Patient'],
])('%s can be read backwards', async (_what, first) => {
  const page = async (path: string): Promise<{ ids: string[]; to: (relation: string) => string | undefined }> => {
    const { json } = await test.request('GET', path);
    return {
      ids: (json.entry ?? []).map((entry: Json) => entry.resource.id),
      to: (relation) => json.link.find((link: Json) => link.relation === relation)?.url.slice(test.base.length + 1),
    };
  };
  const forth: { path: string; ids: string[] }[] = [];
  for (let path: string | undefined = first; path !== undefined; ) {
    const { ids, to } = await page(path);
    forth.push({ path, ids });
    path = to('next');
  }
  expect(forth.length).toBeGreaterThan(1);
  for (let i = forth.length - 1, back = forth.at(-1)!.path; i >= Math.max(forth.length - 15, 0); i--) {
    const { ids, to } = await page(back);
    expect(ids).toEqual(forth[i]!.ids);
    expect(to('previous') === undefined).toBe(i === 0);
    back = to('previous')!;
  }
});
