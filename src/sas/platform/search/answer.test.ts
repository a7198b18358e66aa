/** A partner's answer gives the same result read by texts as read by the parser, whatever is in it; and the breaker. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editorAnswer } from '../../../demo/editor-answer.ts';
import { bytesOf, textOf } from '../../../fhir/byte-text.ts';
import { parseSearch } from '../../../fhir/search/parse.ts';
import type { Json, Resource } from '../../../fhir/resource.ts';
import { CURRENT } from '../../contract/contract.ts';
import { readAggregatedQuery } from './aggregated-query.ts';
import { type PartnerAnswer, readAnswer } from './answer.ts';
import { Breaker } from '../partners/breaker.ts';
import { entryTexts } from './entry-texts.ts';
import { DEFAULTS, type Partner } from '../partners/partner.ts';
import { PartnerFailure } from '../partners/partner-link.ts';

const partner: Partner = {
  id: 'a',
  name: 'A',
  url: 'https://a.example',
  kinds: ['PS'],
  enabled: true,
  ...DEFAULTS,
  identity: {},
  caller: 'a',
  practitioners: undefined,
  since: 0,
};
const who = [1, 2, 3].map((n) => `urn:oid:1.2.250.1.71.4.2.1%7C8${10_000_000_000 + n}`).join(',');
const query = `start=ge2026-11-26T08:00:00&start=le2026-11-26T23:00:00&schedule.actor:Practitioner.identifier=${who}&status=free`;
const aggregated = readAggregatedQuery(parseSearch('Slot', query), CURRENT);
const whole = (): Json =>
  structuredClone(editorAnswer('Slot', query, { seed: 1, slots: 4, url: 'https://a.example/fhir' }));

/** The content of an answer, texts parsed. */
function seen(answer: PartnerAnswer): object {
  return {
    ...answer,
    slots: answer.slots.map((slot) => ({ ...slot, body: JSON.parse(textOf(slot.body)) })),
    others: [...answer.others].map(([name, body]) => [name, JSON.parse(textOf(body))]),
    needs: [...answer.needs],
    answered: [...answer.answered],
  };
}

function outcomeOf(text: string): object {
  try {
    return seen(readAnswer(partner, aggregated, Buffer.from(text)));
  } catch (error) {
    if (error instanceof PartnerFailure) return { failure: error.message };
    throw error;
  }
}

/** Values that an editor may send in an element of a slot, right or wrong. */
const values = fc.oneof(
  fc.constantFrom<Json>(
    'busy',
    'free',
    '',
    'L’accueil 🙂',
    'x"y',
    'a\\b',
    'é\u2028"},{"fullUrl":"',
    '2026-11-26T10:00:00.000+01:00',
    '2026-11-26T10:00:00',
    5,
    null,
    true,
    'Schedule/a-x',
    '../x',
  ),
  fc.string(),
  fc.constant(undefined),
);
const change = fc.record({
  entry: fc.nat(30),
  path: fc.constantFrom(
    'id',
    'status',
    'start',
    'end',
    'comment',
    'schedule.reference',
    'fullUrl',
    'serviceType',
    'meta',
    'extra',
    'resource',
    'mode',
  ),
  value: values,
});
const twist = fc.record({
  changes: fc.array(change, { maxLength: 6 }),
  order: fc.constantFrom('as it is', 'reversed', 'resource first', 'entry before all'),
});

function twisted({ changes, order }: { changes: { entry: number; path: string; value: Json }[]; order: string }): Json {
  const bundle = whole();
  for (const { entry, path, value } of changes) {
    const changed = bundle.entry[entry % bundle.entry.length];
    if (path === 'fullUrl' || path === 'resource') changed[path] = value;
    else if (path === 'mode') changed.search = { mode: value };
    else if (typeof changed.resource !== 'object' || changed.resource === null) continue;
    else if (path === 'schedule.reference') changed.resource.schedule = { reference: value };
    else changed.resource[path] = value;
  }
  if (order === 'reversed') bundle.entry.reverse();
  if (order === 'resource first')
    bundle.entry = bundle.entry.map(({ resource, ...rest }: Json) => ({ resource, ...rest }));
  return order === 'entry before all' ? { entry: bundle.entry, ...bundle } : bundle;
}

describe("a partner's answer", () => {
  it('gives the same result read by texts as read by the parser', () => {
    fc.assert(
      fc.property(twist, (drawn) => {
        const bundle = twisted(drawn);
        expect(outcomeOf(JSON.stringify(bundle))).toEqual(outcomeOf(JSON.stringify(bundle, undefined, 1)));
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it('is refused, or read as the parser reads it, when it is cut or spoilt anywhere', () => {
    const text = JSON.stringify(whole());
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom('', '"', '}', '{', ',', '\\', '\n', 'x'), (at, spoil) => {
        const spoilt = spoil === '' ? text.slice(0, at) : text.slice(0, at) + spoil + text.slice(at + 1);
        let isJson = true;
        try {
          JSON.parse(spoilt);
        } catch {
          isJson = false;
        }
        const read = outcomeOf(spoilt);
        if (isJson) expect(read).toEqual(outcomeOf(JSON.stringify(JSON.parse(spoilt), undefined, 1)));
        // Where the parser refuses the whole, reading by texts may lose an entry, but never invents one.
        else if (!('failure' in read)) expect(JSON.stringify(read)).not.toContain(spoil === '\n' ? '\\n' : '\u0000');
      }),
      { numRuns: 300, seed: 2 },
    );
  });

  it('is mostly read by texts', () => {
    const cut = entryTexts(bytesOf(JSON.stringify(whole())))!;
    expect(
      cut.entries
        .map((entry) => (JSON.parse(entry) as { resource: Resource }).resource.resourceType)
        .filter((resourceType) => resourceType === 'Slot'),
    ).toHaveLength(12);
    expect(seen(readAnswer(partner, aggregated, Buffer.from(JSON.stringify(whole()))))).toMatchObject({
      invalid: 0,
      duplicates: 0,
      slots: { length: 12 },
    });
  });

  it.each([
    '',
    'null',
    '[]',
    '{}',
    '{"resourceType":"Bundle","type":"history"}',
    '{"resourceType":"Bundle","type":"searchset","entry":{}}',
    '<html>',
  ])('is refused when it is %j', (text) => {
    expect(outcomeOf(text)).toHaveProperty('failure');
  });

  it('is refused in another character set, which would spoil names', () => {
    const latin1 = Buffer.from(JSON.stringify(whole()), 'latin1');
    expect(() => readAnswer(partner, aggregated, latin1)).toThrow('the answer is not in UTF-8');
  });
});

describe('a breaker', () => {
  it('opens after five failures in a row, tries once after a rest, and rests longer each time', () => {
    let now = 0;
    const breaker = new Breaker(() => now);
    for (let i = 0; i < 4; i++) breaker.failed();
    breaker.succeeded();
    for (let i = 0; i < 5; i++) {
      expect(breaker.allows()).toBe(true);
      breaker.failed();
    }
    expect([breaker.isOpen, breaker.allows(), breaker.restsFor]).toEqual([true, false, 5000]);
    now = 5000;
    // Only one request tries.
    expect([breaker.allows(), breaker.allows()]).toEqual([true, false]);
    breaker.failed();
    expect([breaker.allows(), breaker.restsFor]).toEqual([false, 10_000]);
    now += 10_000;
    expect(breaker.allows()).toBe(true);
    breaker.abandoned();
    expect(breaker.allows()).toBe(true);
    breaker.succeeded();
    expect([breaker.isOpen, breaker.allows(), breaker.allows(), breaker.restsFor]).toEqual([false, true, true, 0]);
  });
});
