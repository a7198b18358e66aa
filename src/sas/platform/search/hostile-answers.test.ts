/** Answers of one partner that are made to cost: each is read and joined within a second of processor time. */
import { describe, expect, it } from 'vitest';
import { editorAnswer } from '../../../demo/editor-answer.ts';
import { parseSearch } from '../../../fhir/search/parse.ts';
import type { Json } from '../../../fhir/resource.ts';
import { CURRENT } from '../../contract/contract.ts';
import { DEFAULTS, type Partner } from '../partners/partner.ts';
import { PartnerFailure } from '../partners/partner-link.ts';
import { readAggregatedQuery } from './aggregated-query.ts';
import { readAnswer } from './answer.ts';
import { entriesOf, Merger } from './merge.ts';

const PARTNER: Partner = {
  ...{ id: 'a', name: 'A', url: 'https://a.example', kinds: ['PS'], enabled: true },
  ...DEFAULTS,
  ...{ identity: {}, caller: 'a', practitioners: undefined, since: 0 },
};
const WHO = [1, 2, 3].map((n) => `urn:oid:1.2.250.1.71.4.2.1%7C8${10_000_000_000 + n}`).join(',');
const QUERY = `start=ge2026-11-26T08:00:00&start=le2026-11-26T23:00:00&schedule.actor:Practitioner.identifier=${WHO}&status=free`;
const AGGREGATED = readAggregatedQuery(parseSearch('Slot', QUERY), CURRENT);
const MAX_CPU_MS = 1_000;

/** Slots made from the first of an honest answer. */
function answerOf(count: number, change: (slot: Json, i: number) => Json): string {
  const answer: Json = structuredClone(
    editorAnswer('Slot', QUERY, { seed: 1, slots: 4, url: 'https://a.example/fhir' }),
  );
  const isSlot = ({ resource }: Json): boolean => resource.resourceType === 'Slot';
  const first = answer.entry.find(isSlot);
  const slots = Array.from({ length: count }, (_, i) => ({
    ...first,
    fullUrl: `https://a.example/fhir/Slot/h${i}`,
    resource: change({ ...first.resource, id: `h${i}` }, i),
  }));
  return JSON.stringify({
    ...answer,
    total: count,
    entry: [...slots, ...answer.entry.filter((e: Json) => !isSlot(e))],
  });
}

function joined(text: string): number | string {
  try {
    const answer = readAnswer(PARTNER, AGGREGATED, Buffer.from(text));
    return entriesOf([new Merger().add(answer)], 'PS').length;
  } catch (error) {
    if (error instanceof PartnerFailure) return error.message;
    throw error;
  }
}

const minute = (i: number): string => new Date(Date.parse('2026-11-26T08:00:00Z') + i * 1_000).toISOString();

describe('an answer', () => {
  it.each<[string, () => string]>([
    [
      'of 20,000 slots at one time',
      () => answerOf(20_000, (slot, i) => ({ ...slot, comment: `https://a.example/${i}` })),
    ],
    [
      'of 20,000 slots that end differently',
      () => answerOf(20_000, (slot, i) => ({ ...slot, end: minute(7_200 + i) })),
    ],
    ['of 30,000 slots at their own times', () => answerOf(30_000, (slot, i) => ({ ...slot, start: minute(i) }))],
    ['of 20,000 forms of a slot', () => answerOf(20_000, (slot, i) => ({ ...slot, [`x${i}`]: i }))],
    ['of brackets', () => '['.repeat(7_000_000)],
    ['of objects', () => '{"a":'.repeat(1_400_000)],
    ['of quotes', () => `{"resourceType":"Bundle","entry":[{"x":"${'\\"'.repeat(3_000_000)}`],
    ['of spaces', () => `{"resourceType":"Bundle","entry":[${' '.repeat(7_000_000)}`],
  ])('%s costs a second at most', (_name, write) => {
    const text = write();
    joined(answerOf(100, (slot) => slot));
    const before = process.cpuUsage();
    const result = joined(text);
    const { user, system } = process.cpuUsage(before);
    expect([result, (user + system) / 1_000 < MAX_CPU_MS ? 'in time' : (user + system) / 1_000]).toEqual([
      expect.anything(),
      'in time',
    ]);
  });
});
