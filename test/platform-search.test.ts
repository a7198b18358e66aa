/** The aggregated search with simulated partners of every mood: its answer, the outcomes, the directory. */
import { describe, expect, it } from 'vitest';
import { editorAnswer } from '../src/demo/editor-answer.ts';
import type { Json } from '../src/fhir/resource.ts';
import { MOODS } from '../src/runtime/options/demo.ts';
import { fatesOf, rpps, slotQuery, slotsOf } from './platform.ts';
import { good, OUTCOMES, usePlatform } from './simulated.ts';

const platform = usePlatform();
const { register, partner, scripted } = platform;

const of = (bundle: Json, type: string): Json[] =>
  bundle.entry.map((entry: Json) => entry.resource).filter((resource: Json) => resource.resourceType === type);

describe('one searchset', () => {
  it('holds every slot of every partner, with ids of its own, in the order of their start', async () => {
    await scripted('a', good(1));
    await scripted('b', good(2));
    const { status, json } = await platform.test.request('GET', slotQuery([rpps(1), rpps(2)]));
    expect([status, json.type, json.total]).toEqual([200, 'searchset', 16]);
    const slots = slotsOf(json);
    expect(new Set(slots.map((slot) => slot.id)).size).toBe(16);
    expect(slots.map((slot) => Date.parse(slot.start))).toEqual(
      [...slots].map((slot) => Date.parse(slot.start)).sort((a, b) => a - b),
    );
    expect(new Set(slots.map((slot) => slot.meta.source))).toEqual(
      new Set(['urn:creneau:partner:a', 'urn:creneau:partner:b']),
    );
    // The same practitioner is one for both partners; everything refers to what is there.
    expect(
      of(json, 'Practitioner')
        .map(({ id }) => id)
        .sort(),
    ).toEqual([`ps-${rpps(1)}`, `ps-${rpps(2)}`]);
    const there = new Set(
      json.entry
        .filter((entry: Json) => entry.search.mode !== 'outcome')
        .map((entry: Json) => `${entry.resource.resourceType}/${entry.resource.id}`),
    );
    const references = JSON.stringify(json)
      .match(/"reference":"[^"#]+"/g)!
      .map((reference) => reference.slice(13, -1));
    expect(references.filter((reference) => !there.has(reference))).toEqual([]);
    expect(fatesOf(json)).toMatchObject({ a: { fate: 'ok', count: 8, batches: 1 }, b: { fate: 'ok', count: 8 } });
    expect(fatesOf(json)['a']!.text).toMatch(/^Éditeur a : 8 créneaux en \d+ ms\.$/);
  });

  it('counts a slot once when two partners publish the same practitioner, place and time', async () => {
    await scripted('a', good(1));
    await scripted('b', good(1));
    const { json } = await platform.test.request('GET', slotQuery([rpps(1)]));
    expect(json.total).toBe(4);
    expect(fatesOf(json)).toMatchObject({ a: { count: 4, folded: 0 }, b: { count: 0, folded: 4, fate: 'ok' } });
    expect(of(json, 'PractitionerRole')).toHaveLength(1);
  });

  it('keeps slots apart that differ in time, mode or place', async () => {
    await scripted('a', good(1));
    await scripted(
      'b',
      good(1, (bundle) => {
        const slots = of(bundle, 'Slot');
        slots[0].serviceType = [
          { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'VR' }] },
        ];
        slots[1].end = slots[1].end.replace(/:00:00/, ':05:00');
      }),
    );
    expect((await platform.test.request('GET', slotQuery([rpps(1)]))).json.total).toBe(6);
  });

  it('leaves out wrong entries one by one, and says how many', async () => {
    await scripted(
      'a',
      good(1, (bundle) => {
        const slots = bundle.entry
          .filter((entry: Json) => entry.resource.resourceType === 'Slot')
          .map((entry: Json) => entry.resource);
        slots[0].status = 'busy';
        slots[1].end = slots[1].start;
        slots[2].start = 'demain';
        bundle.entry.push(
          { resource: { ...slots[3], id: 'x1', comment: 5 } },
          { resource: { ...slots[3], id: 'x2', schedule: { reference: 'Schedule/nowhere' } } },
          { resource: { ...slots[3], id: 'x3', start: '2027-01-01T10:00:00+01:00', end: '2027-01-01T10:15:00+01:00' } },
          { resource: { ...slots[3], id: '../x4' } },
          { resource: null },
          {},
          { resource: { resourceType: 'Patient', id: 'p' } },
        );
      }),
    );
    const { json } = await platform.test.request('GET', slotQuery([rpps(1)]));
    expect([json.total, fatesOf(json)['a']]).toMatchObject([1, { fate: 'ok', count: 1, invalid: 10 }]);
    expect(fatesOf(json)['a']!.text).toContain('10 éléments invalides écartés');
    expect(JSON.stringify(json)).not.toContain('Patient');
  });

  it('leaves out practitioners who were not asked for', async () => {
    await scripted(
      'a',
      (path, query) =>
        editorAnswer(path, query.replace(rpps(1), rpps(7)), { seed: 1, slots: 3, url: 'http://a.example' }) as Json,
    );
    const { json } = await platform.test.request('GET', slotQuery([rpps(1)]));
    expect([json.total, of(json, 'Practitioner'), fatesOf(json)['a']!.invalid]).toEqual([0, [], 3]);
  });

  it('has agendas as matches, with their slots, for SOS Médecins', async () => {
    await scripted('a', good(1));
    await scripted('b', good(2));
    const { status, json } = await platform.test.request(
      'GET',
      `Schedule?_has:Slot:schedule:start=ge2026-11-24T10:00:00&_has:Slot:schedule:start=le2026-11-25&_has:Slot:schedule:status=free&actor:Location.organization.identifier=urn:oid:1.2.250.1.71.4.2.2%7C350000000000001`,
    );
    expect([status, json.total]).toEqual([200, 8]);
    expect(json.entry.map((entry: Json) => `${entry.search.mode} ${entry.resource.resourceType}`).slice(0, 3)).toEqual([
      'match Schedule',
      'match Schedule',
      'include Slot',
    ]);
    expect(of(json, 'Organization').map(({ id }) => id)).toEqual(['st-350000000000001']);
  });

  it('asks only CPTS editors for CPTS slots', async () => {
    const asked = await scripted('a', good(1), { kinds: ['PS', 'CPTS'] });
    await scripted('b', good(2), { kinds: ['PS'] });
    const { json } = await platform.test.request('GET', `${slotQuery([rpps(1)])}&_include=Slot:service-type-reference`);
    expect(Object.keys(fatesOf(json))).toEqual(['a']);
    expect(asked[0]).toContain('_include=Slot:service-type-reference&_include:iterate=HealthcareService:organization');
  });

  it('sends the requests of the contract, 25 identifiers at a time', async () => {
    const asked = await scripted('a', good(1));
    const all = Array.from({ length: 60 }, (_, i) => rpps(i));
    const { json } = await platform.test.request('POST', 'Slot/_search', slotQuery(all).slice(5), {
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect([json.total, fatesOf(json)['a']!.batches]).toEqual([240, 3]);
    expect(asked.map((url) => url.match(/\|8\d{11}/g)!.length).sort()).toEqual([10, 25, 25]);
    expect(asked[0]!.replace(/identifier=[^&]*/, 'identifier=X')).toBe(
      '_include=Slot:schedule&_include:iterate=Schedule:actor&start=ge2026-11-24T10:00:00&start=le2026-11-26T23:59:59&schedule.actor:Practitioner.identifier=X&status=free',
    );
  });
});

describe('the outcome of each partner', () => {
  it('is in the answer, for every kind of outcome', async () => {
    for (const mood of MOODS) await partner(mood, mood, { deadlineMs: 2000, maxBytes: 200_000 });
    await register('gone', 'http://127.0.0.1:1/fhir');
    await partner('off', 'good', { enabled: false });
    const { status, json } = await platform.test.request('GET', slotQuery([rpps(1)]));
    const fates = Object.fromEntries(Object.entries(fatesOf(json)).map(([id, { fate }]) => [id, fate]));
    expect([status, fates]).toEqual([200, { ...OUTCOMES, gone: 'error' }]);
    for (const [id, { text }] of Object.entries(fatesOf(json)))
      expect(text.startsWith(`Éditeur ${id} : `), text).toBe(true);
    // 10 of each of the two good ones: what is there twice counts once.
    expect([json.total, fatesOf(json)['duplicate']!.folded]).toEqual([20, 20]);
  });

  it('is invalid when the answer is too large, with or without a Content-Length', async () => {
    await scripted('a', good(1), { maxBytes: 5000 });
    await partner('b', 'huge', { maxBytes: 5000 });
    await scripted('c', good(2));
    const fates = fatesOf((await platform.test.request('GET', slotQuery([rpps(1)]))).json);
    expect(fates).toMatchObject({ a: { fate: 'invalid' }, b: { fate: 'invalid' }, c: { fate: 'ok' } });
    expect(fates['a']!.text).toContain('réponse trop volumineuse (plus de 5000 octets)');
  });

  it('is in the refusal (502) when all failed', async () => {
    await partner('a', 'dead', { deadlineMs: 300 });
    await partner('b', '500');
    const { status, json } = await platform.test.request('GET', slotQuery([rpps(1)]));
    expect([
      status,
      json.resourceType,
      json.issue.map((issue: Json) => [issue.severity, issue.details.text.split(' : ')[0]]),
    ]).toEqual([
      502,
      'OperationOutcome',
      [
        ['error', 'Éditeur a'],
        ['error', 'Éditeur b'],
      ],
    ]);
  });

  it('says that only some of the requests were answered', async () => {
    await scripted('a', (path, query) => (query.includes(rpps(30)) ? 500 : good(1)(path, query)));
    const { status, json } = await platform.test.request(
      'GET',
      slotQuery(Array.from({ length: 40 }, (_, i) => rpps(i))),
    );
    expect([status, json.total, fatesOf(json)['a']]).toMatchObject([
      200,
      100,
      { fate: 'error', count: 100, batchesAnswered: 1, batches: 2 },
    ]);
    expect(fatesOf(json)['a']!.text).toContain('réponse partielle : 1 demandes sur 2');
  });

  it('is breaker-open after five failures, until a try succeeds', async () => {
    let isDown = true;
    const asked = await scripted('a', (path, query) => (isDown ? 500 : good(1)(path, query)));
    await scripted('b', good(2));
    for (let i = 0; i < 5; i++)
      expect(fatesOf((await platform.test.request('GET', slotQuery([rpps(i)]))).json)['a']!.fate).toBe('error');
    const resting = fatesOf((await platform.test.request('GET', slotQuery([rpps(9)]))).json)['a']!;
    expect([resting.fate, asked.length]).toEqual(['breaker-open', 5]);
    expect(resting.text).toMatch(/^Éditeur a : suspendu après plusieurs échecs, nouvel essai dans [1-5] s/);
    expect((await platform.test.request('GET', '$partners')).json.parameter[0].part).toContainEqual({
      name: 'state',
      valueCode: 'breaker-open',
    });
    isDown = false;
    platform.test.clock.now += 5100;
    expect(fatesOf((await platform.test.request('GET', slotQuery([rpps(10)]))).json)['a']!.fate).toBe('ok');
  });
});

describe('the directory', () => {
  it('learns when every partner has answered, and later searches ask only the right ones', { retry: 2 }, async () => {
    const a = await scripted('a', good(1));
    const b = await scripted(
      'b',
      (path, query) =>
        editorAnswer(path, query.replace(/identifier=[^&]*/, 'identifier='), {
          seed: 2,
          slots: 3,
          url: 'http://b.example',
        }) as Json,
    );
    platform.test.clock.now += 1000;
    await platform.test.request('GET', slotQuery([rpps(4241)]));
    await expect
      .poll(() => platform.test.sql('SELECT identifier, partner FROM known_at'), { timeout: 20_000 })
      .toEqual([{ identifier: `urn:oid:1.2.250.1.71.4.2.1|${rpps(4241)}`, partner: 'a' }]);
    const again = await platform.test.request('GET', slotQuery([rpps(4241)]));
    expect([Object.keys(fatesOf(again.json)), a.length, b.length]).toEqual([['a'], 2, 1]);
    // A new practitioner among them is asked for everywhere.
    await platform.test.request('GET', slotQuery([rpps(4241), rpps(4242)]));
    expect(b.at(-1)).toContain(`|${rpps(4242)}`);
    expect(b.at(-1)).not.toContain(`|${rpps(4241)}`);
    // A new partner is asked for practitioners who were known before it came.
    platform.test.clock.now += 1000;
    const c = await scripted('c', good(3));
    expect(Object.keys(fatesOf((await platform.test.request('GET', slotQuery([rpps(4241)]))).json))).toEqual([
      'a',
      'c',
    ]);
    expect(c).toHaveLength(1);
    await expect
      .poll(
        async () =>
          (await platform.test.request('GET', `Practitioner/ps-${rpps(4241)}`)).json.qualification?.[0].code.coding[0]
            .code,
        { timeout: 20_000 },
      )
      .toBe('SM54');
  });

  it('learns nothing when a partner has not answered, because that partner may know the practitioner', async () => {
    await scripted('a', good(1));
    await partner('b', '500');
    await platform.test.request('GET', slotQuery([rpps(1)]));
    expect(Object.keys(fatesOf((await platform.test.request('GET', slotQuery([rpps(1)]))).json))).toEqual(['a', 'b']);
    expect(await platform.test.sql('SELECT * FROM known_at')).toEqual([]);
  });
});
