/** Many resources are written at once, and in the order that matters. */
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { FhirError } from '../../fhir/issue.ts';
import type { Resource } from '../../fhir/resource.ts';
import { type LoadItem, writeItems } from './write-items.ts';

const item = (resourceType: string, id: string | undefined, n: number): LoadItem => ({
  resource: { resourceType, ...(id === undefined ? {} : { id }), n } as unknown as Resource,
  where: `line ${n}`,
});
const RANKS = ['A', 'B'];

it('works on several at once, one type after the other, and on versions of a resource in their order', async () => {
  const items = Array.from({ length: 200 }, (_, n) => item(RANKS[n % 2]!, n % 5 === 0 ? undefined : `r${n % 7}`, n));
  const [seen, order]: [number[], number[]] = [[], []];
  let [running, most] = [0, 0];
  const refused = await writeItems(items, {
    atOnce: 8,
    rank: ({ resourceType }) => RANKS.indexOf(resourceType),
    async write(resource) {
      const { n } = resource as unknown as { n: number };
      order.push(RANKS.indexOf(resource.resourceType));
      most = Math.max(most, ++running);
      await setTimeout((n * 7) % 5);
      running--;
      seen.push(n);
      if (n % 10 === 3) throw new FhirError('invalid', `${n}`);
    },
    written() {},
  });
  expect(seen).toHaveLength(200);
  expect(order).toEqual([...order].sort((a, b) => a - b));
  expect(most).toBeGreaterThan(4);
  expect(refused.map(({ reason }) => Number(reason))).toEqual(Array.from({ length: 20 }, (_, i) => i * 10 + 3));
  const versions = new Map<string, number[]>();
  for (const n of seen) {
    const { resource } = items[n]!;
    if (resource.id === undefined) continue;
    const key = `${resource.resourceType}/${resource.id}`;
    versions.set(key, [...(versions.get(key) ?? []), n]);
  }
  for (const list of versions.values()) expect(list).toEqual([...list].sort((a, b) => a - b));
});

it('any other error ends it', async () => {
  const write = async (): Promise<void> => {
    throw new Error('the database is away');
  };
  const items = [item('A', '1', 1), item('A', '1', 2), item('A', '2', 3)];
  await expect(writeItems(items, { atOnce: 2, rank: () => 0, write, written() {} })).rejects.toThrow('away');
});
