/**
 * The agendas that the golden requests start from (`golden/fhir/fixture.json`), for any test that wants some; and what
 * such tests do with them.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../src/fhir/resource.ts';
import { call, type Reply, type TestServer } from './harness.ts';

export const FIXTURE: readonly Json[] = JSON.parse(
  readFileSync(join(import.meta.dirname, 'golden/fhir/fixture.json'), 'utf8'),
).entry.map((entry: Json) => entry.resource);

export function fixtureOf(id: string): Json {
  return FIXTURE.find((resource) => resource.id === id)!;
}

/** `base`: of a server that has nothing yet. */
export async function loadFixture(
  base: string,
  resources = FIXTURE,
  headers: Record<string, string> = {},
): Promise<void> {
  for (const resource of resources) {
    const { status, text } = await call(`${base}/${resource.resourceType}/${resource.id}`, 'PUT', resource, headers);
    if (status !== 201) throw new Error(`fixture ${resource.resourceType}/${resource.id}: ${status} ${text}`);
  }
}

export const ALICE = { actor: { reference: 'Patient/alice' }, status: 'accepted' };

export async function freeSlots({ request }: Pick<TestServer, 'request'>, query: string): Promise<Json[]> {
  const { json } = await request('GET', `Slot?status=free&_count=1000&${query}`);
  return json.entry.map((entry: Json) => entry.resource);
}

/** A booking of a free slot, to be posted. */
export function bookingOf(slot: string, ...others: Json[]): Json {
  return {
    resourceType: 'Appointment',
    status: 'booked',
    slot: [{ reference: `Slot/${slot}` }],
    participant: [ALICE, ...others],
  };
}

/** How often each status was answered. */
export function tally(replies: readonly Reply[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of replies) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
