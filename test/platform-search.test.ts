/**
 * The aggregated search against simulated partners of every mood: what is in the answer, what became of each, what is
 * remembered.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { editorAnswer } from '../src/demo/editor-answer.ts';
import type { Json } from '../src/fhir/resource.ts';
import type { Mood } from '../src/runtime/options/demo.ts';
import { NOW } from './harness.ts';
import { eventsOf, fatesOf, rpps, slotQuery, slotsOf, startTestPlatform, type TestPlatform } from './platform.ts';
import { type Closing, good, partnersOf, type TestPartners } from './simulated.ts';

let test: TestPlatform;
let register: TestPartners['register'];
let partner: TestPartners['partner'];
let scripted: TestPartners['scripted'];
const running: Closing[] = [];
beforeAll(async () => {
  test = await startTestPlatform();
  ({ register, partner, scripted } = partnersOf(test, running));
});
afterAll(() => test.close());
beforeEach(async () => {
  await test.reset();
  test.clock.now = NOW;
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.close()));
});

const of = (bundle: Json, type: string): Json[] =>
  bundle.entry.map((entry: Json) => entry.resource).filter((resource: Json) => resource.resourceType === type);

describe('one searchset', () => {
  it('holds every slot of every partner, with ids of its own, in the order of their start', async () => {
    await scripted('a', good(1));
    await scripted('b', good(2));
    const { status, json } = await test.request('GET', slotQuery([rpps(1), rpps(2)]));
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
        .map((one) => one.id)
        .sort(),
    ).toEqual([`ps-${rpps(1)}`, `ps-${rpps(2)}`]);
    const there = new Set(
      json.entry
        .filter((entry: Json) => entry.search.mode !== 'outcome')
        .map((entry: Json) => `${entry.resource.resourceType}/${entry.resource.id}`),
    );
    const references = JSON.stringify(json)
      .match(/"reference":"[^"#]+"/g)!
      .map((one) => one.slice(13, -1));
    expect(references.filter((reference) => !there.has(reference))).toEqual([]);
    expect(fatesOf(json)).toMatchObject({ a: { fate: 'ok', count: 8, batches: 1 }, b: { fate: 'ok', count: 8 } });
    expect(fatesOf(json)['a']!.text).toMatch(/^Éditeur a : 8 créneaux en \d+ ms\.$/);
  });

  it('counts once what two partners publish of one practitioner, place and time', async () => {
    await scripted('a', good(1));
    await scripted('b', good(1));
    const { json } = await test.request('GET', slotQuery([rpps(1)]));
    expect(json.total).toBe(4);
    expect(fatesOf(json)).toMatchObject({ a: { count: 4, folded: 0 }, b: { count: 0, folded: 4, fate: 'ok' } });
    expect(of(json, 'PractitionerRole')).toHaveLength(1);
  });

  it('keeps apart what differs: another time, another mode, another place', async () => {
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
    expect((await test.request('GET', slotQuery([rpps(1)]))).json.total).toBe(6);
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
    const { json } = await test.request('GET', slotQuery([rpps(1)]));
    expect([json.total, fatesOf(json)['a']]).toMatchObject([1, { fate: 'ok', count: 1, invalid: 10 }]);
    expect(fatesOf(json)['a']!.text).toContain('10 éléments invalides écartés');
    expect(JSON.stringify(json)).not.toContain('Patient');
  });

  it('nobody slips in who was not asked for', async () => {
    await scripted(
      'a',
      (path, query) =>
        editorAnswer(path, query.replace(rpps(1), rpps(7)), { seed: 1, slots: 3, url: 'http://a.example' }) as Json,
    );
    const { json } = await test.request('GET', slotQuery([rpps(1)]));
    expect([json.total, of(json, 'Practitioner'), fatesOf(json)['a']!.invalid]).toEqual([0, [], 3]);
  });

  it('SOS Médecins: agendas are the matches, slots come with them', async () => {
    await scripted('a', good(1));
    await scripted('b', good(2));
    const { status, json } = await test.request(
      'GET',
      `Schedule?_has:Slot:schedule:start=ge2026-11-24T10:00:00&_has:Slot:schedule:start=le2026-11-25&_has:Slot:schedule:status=free&actor:Location.organization.identifier=urn:oid:1.2.250.1.71.4.2.2%7C350000000000001`,
    );
    expect([status, json.total]).toEqual([200, 8]);
    expect(json.entry.map((entry: Json) => `${entry.search.mode} ${entry.resource.resourceType}`).slice(0, 3)).toEqual([
      'match Schedule',
      'match Schedule',
      'include Slot',
    ]);
    expect(of(json, 'Organization').map((one) => one.id)).toEqual(['st-350000000000001']);
  });

  it('asks the CPTS question of CPTS editors only', async () => {
    const asked = await scripted('a', good(1), { kinds: ['PS', 'CPTS'] });
    await scripted('b', good(2), { kinds: ['PS'] });
    const { json } = await test.request('GET', `${slotQuery([rpps(1)])}&_include=Slot:service-type-reference`);
    expect(Object.keys(fatesOf(json))).toEqual(['a']);
    expect(asked[0]).toContain('_include=Slot:service-type-reference&_include:iterate=HealthcareService:organization');
  });

  it('puts the question of the contract, 25 identifiers at a time', async () => {
    const asked = await scripted('a', good(1));
    const all = Array.from({ length: 60 }, (_, i) => rpps(i));
    const { json } = await test.request('POST', 'Slot/_search', slotQuery(all).slice(5), {
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect([json.total, fatesOf(json)['a']!.batches]).toEqual([240, 3]);
    expect(asked.map((one) => one.match(/\|8\d{11}/g)!.length).sort()).toEqual([10, 25, 25]);
    expect(asked[0]!.replace(/identifier=[^&]*/, 'identifier=X')).toBe(
      '_include=Slot:schedule&_include:iterate=Schedule:actor&start=ge2026-11-24T10:00:00&start=le2026-11-26T23:59:59&schedule.actor:Practitioner.identifier=X&status=free',
    );
  });
});

describe('the fate of each partner', () => {
  it('is told, whatever it is', async () => {
    const moods: Mood[] = ['good', 'slow', 'drip', 'dead', '500', 'rubbish', 'huge', 'duplicate', 'wrong-tls'];
    for (const mood of moods) await partner(mood, mood, { deadlineMs: 2000, maxBytes: 200_000 });
    await register('gone', 'http://127.0.0.1:1/fhir');
    await partner('off', 'good', { enabled: false });
    const { status, json } = await test.request('GET', slotQuery([rpps(1)]));
    const fates = Object.fromEntries(Object.entries(fatesOf(json)).map(([id, one]) => [id, one.fate]));
    expect([status, fates]).toEqual([
      200,
      {
        ...{
          good: 'ok',
          slow: 'timeout',
          drip: 'timeout',
          dead: 'timeout',
          '500': 'error',
          rubbish: 'invalid',
          huge: 'invalid',
          duplicate: 'ok',
        },
        'wrong-tls': 'error',
        gone: 'error',
      },
    ]);
    for (const [id, { text }] of Object.entries(fatesOf(json)))
      expect(text.startsWith(`Éditeur ${id} : `), text).toBe(true);
    // 10 of each of the two good ones: what is there twice counts once.
    expect([json.total, fatesOf(json)['duplicate']!.folded]).toEqual([20, 20]);
  });

  it('an answer that is too large is cut off, announced or not', async () => {
    await scripted('a', good(1), { maxBytes: 5000 });
    await partner('b', 'huge', { maxBytes: 5000 });
    await scripted('c', good(2));
    const fates = fatesOf((await test.request('GET', slotQuery([rpps(1)]))).json);
    expect(fates).toMatchObject({ a: { fate: 'invalid' }, b: { fate: 'invalid' }, c: { fate: 'ok' } });
    expect(fates['a']!.text).toContain('réponse trop volumineuse (plus de 5000 octets)');
  });

  it('all failed: 502, with each', async () => {
    await partner('a', 'dead', { deadlineMs: 300 });
    await partner('b', '500');
    const { status, json } = await test.request('GET', slotQuery([rpps(1)]));
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

  it('half an answer is told as half', async () => {
    await scripted('a', (path, query) => (query.includes(rpps(30)) ? 500 : good(1)(path, query)));
    const { status, json } = await test.request('GET', slotQuery(Array.from({ length: 40 }, (_, i) => rpps(i))));
    expect([status, json.total, fatesOf(json)['a']]).toMatchObject([
      200,
      100,
      { fate: 'error', count: 100, batchesAnswered: 1, batches: 2 },
    ]);
    expect(fatesOf(json)['a']!.text).toContain('réponse partielle : 1 demandes sur 2');
  });

  it('who failed five times is left alone, and says so; its return is found out', async () => {
    let isDown = true;
    const asked = await scripted('a', (path, query) => (isDown ? 500 : good(1)(path, query)));
    await scripted('b', good(2));
    for (let i = 0; i < 5; i++)
      expect(fatesOf((await test.request('GET', slotQuery([rpps(i)]))).json)['a']!.fate).toBe('error');
    const resting = fatesOf((await test.request('GET', slotQuery([rpps(9)]))).json)['a']!;
    expect([resting.fate, asked.length]).toEqual(['breaker-open', 5]);
    expect(resting.text).toMatch(/^Éditeur a : suspendu après plusieurs échecs, nouvel essai dans [1-5] s/);
    expect((await test.request('GET', '$partners')).json.parameter[0].part).toContainEqual({
      name: 'state',
      valueCode: 'breaker-open',
    });
    isDown = false;
    test.clock.now += 5100;
    expect(fatesOf((await test.request('GET', slotQuery([rpps(10)]))).json)['a']!.fate).toBe('ok');
  });
});

describe('who is where', () => {
  it('is learnt when everybody has answered, and only they are asked then; names are kept', { retry: 2 }, async () => {
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
    test.clock.now += 1000;
    await test.request('GET', slotQuery([rpps(4241)]));
    await expect
      .poll(() => test.sql('SELECT identifier, partner FROM known_at'), { timeout: 20_000 })
      .toEqual([{ identifier: `urn:oid:1.2.250.1.71.4.2.1|${rpps(4241)}`, partner: 'a' }]);
    const again = await test.request('GET', slotQuery([rpps(4241)]));
    expect([Object.keys(fatesOf(again.json)), a.length, b.length]).toEqual([['a'], 2, 1]);
    // Somebody new among them is asked for everywhere.
    await test.request('GET', slotQuery([rpps(4241), rpps(4242)]));
    expect(b.at(-1)).toContain(`|${rpps(4242)}`);
    expect(b.at(-1)).not.toContain(`|${rpps(4241)}`);
    // So is who was known before a partner came.
    test.clock.now += 1000;
    const c = await scripted('c', good(3));
    expect(Object.keys(fatesOf((await test.request('GET', slotQuery([rpps(4241)]))).json))).toEqual(['a', 'c']);
    expect(c).toHaveLength(1);
    await expect
      .poll(
        async () =>
          (await test.request('GET', `Practitioner/ps-${rpps(4241)}`)).json.qualification?.[0].code.coding[0].code,
        { timeout: 20_000 },
      )
      .toBe('SM54');
  });

  it('is not learnt from half of them: the silent one may know', async () => {
    await scripted('a', good(1));
    await partner('b', '500');
    await test.request('GET', slotQuery([rpps(1)]));
    expect(Object.keys(fatesOf((await test.request('GET', slotQuery([rpps(1)]))).json))).toEqual(['a', 'b']);
    expect(await test.sql('SELECT * FROM known_at')).toEqual([]);
  });
});

describe('progressive', () => {
  it('tells each partner as it answers, a figure of progress, the end', async () => {
    await partner('fast', 'good');
    await partner('slow', 'slow', {}, { slowMs: 600 });
    await partner('dead', 'dead', { deadlineMs: 1200 });
    const events = await eventsOf(`${test.base}/${slotQuery([rpps(1)])}`);
    expect(events.map((event) => [event.event, event.data.partner ?? event.data.waiting])).toEqual([
      ['progress', 3],
      ['partner', 'fast'],
      ['progress', 2],
      ['partner', 'slow'],
      ['progress', 1],
      ['partner', 'dead'],
      ['progress', 0],
      ['end', 0],
    ]);
    const [fast, slow, dead] = events.filter((event) => event.event === 'partner');
    expect(fast!.data).toMatchObject({
      name: 'Éditeur fast',
      fate: 'ok',
      count: 10,
      bundle: { type: 'searchset', total: 10 },
    });
    expect(slotsOf(fast!.data.bundle)).toHaveLength(10);
    expect(fast!.data.outcome.issue[0].details.text).toMatch(/^Éditeur fast : 10 créneaux/);
    expect([slow!.data.count, dead!.data.fate]).toEqual([10, 'timeout']);
    expect(events.at(-1)!.data).toEqual({ count: 20, answered: 2, failed: 1, waiting: 0, total: 3 });
    // Nobody waits for the slow or the dead one.
    expect(fast!.at).toBeLessThan(slow!.at - 200);
    expect(slow!.at).toBeLessThan(dead!.at - 200);
  });

  it('the first event comes with the first answer', async () => {
    await partner('fast', 'good', {}, { slots: 3 });
    await partner('dead', 'dead', { deadlineMs: 500 });
    const late: number[] = [];
    for (let i = 0; i < 5; i++) {
      const first = (await eventsOf(`${test.base}/${slotQuery([rpps(i)])}`)).find(
        (event) => event.event === 'partner',
      )!;
      late.push(first.at - first.data.delayMs);
    }
    expect(Math.min(...late)).toBeLessThan(50);
  });

  it('who leaves is no longer waited for: the partners are let go, which is no fault of theirs', async () => {
    const letGo: number[] = [];
    const silent = createServer((_request, response) => response.on('close', () => letGo.push(performance.now())));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    running.push({ close: () => new Promise((resolve) => silent.close(() => resolve())) });
    await register('silent', `http://127.0.0.1:${(silent.address() as AddressInfo).port}/fhir`);
    // More often than a breaker bears faults.
    for (let i = 1; i <= 7; i++) {
      const leaving = new AbortController();
      const reply = await fetch(`${test.base}/${slotQuery([rpps(i)])}`, {
        headers: { accept: 'text/event-stream' },
        signal: leaving.signal,
      });
      expect(reply.status).toBe(200);
      leaving.abort();
      // The deadline is seven seconds.
      await expect.poll(() => letGo.length, { timeout: 5000, interval: 10 }).toBe(i);
    }
  });

  it('a wrong question is refused as ever', async () => {
    const reply = await test.request('GET', 'Slot?status=free', undefined, { accept: 'text/event-stream' });
    expect([reply.status, reply.json.resourceType]).toEqual([400, 'OperationOutcome']);
  });
});

describe('chaos', () => {
  const DEADLINE = 2000;

  /**
   * Milliseconds after the deadline. A machine that others keep busy makes 100 ms of work longer: then the work counts,
   * which cannot wait for anything.
   */
  const isInTime = ({ late, work }: { late: number; work: number }): boolean =>
    late < 100 || (late < 1500 && work < 100);
  const MOODS: Mood[] = [
    'good',
    'good',
    'good',
    'slow',
    'drip',
    'dead',
    '500',
    'rubbish',
    'huge',
    'duplicate',
    'wrong-tls',
  ];

  it('30 partners of any moods: in time, with every slot of every good one, within bounds of memory', async () => {
    const mixes = fc.sample(fc.array(fc.constantFrom(...MOODS), { minLength: 30, maxLength: 30 }), {
      seed: 20261124,
      numRuns: 2,
    });
    for (const [round, mix] of mixes.entries()) {
      for (const [i, mood] of mix.entries())
        await partner(`p${i}`, mood, { deadlineMs: DEADLINE, maxBytes: 500_000 }, { seed: i + 1 });
      const answers: { late: number; work: number; json: Json }[] = [];
      const before = process.memoryUsage().rss;
      let most = before;
      const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 10);
      for (let i = 0; i < 3; i++) {
        const started = performance.now();
        // From the deadline on, what this process (both sides of it) works.
        const timer = new Promise<NodeJS.CpuUsage>((resolve) =>
          setTimeout(() => resolve(process.cpuUsage()), DEADLINE),
        );
        const { status, json } = await test.request(
          'GET',
          slotQuery([rpps(1000 * round + i), rpps(1000 * round + 500 + i)]),
        );
        const late = performance.now() - started - DEADLINE;
        const { user, system } = process.cpuUsage(await timer);
        expect(status).toBe(200);
        answers.push({ late, work: (user + system) / 1000, json });
      }
      clearInterval(watch);
      for (const { json } of answers) {
        const fates = fatesOf(json);
        const expected = mix.map(
          (mood) =>
            ({
              good: 'ok',
              duplicate: 'ok',
              slow: 'timeout',
              drip: 'timeout',
              dead: 'timeout',
              '500': 'error',
              'wrong-tls': 'error',
              rubbish: 'invalid',
              huge: 'invalid',
            })[mood],
        );
        // On a busy machine the time may be over before the limit of size.
        expect(
          mix.map((mood, i) =>
            mood === 'huge' && fates[`p${i}`]!.fate === 'timeout' ? 'invalid' : fates[`p${i}`]!.fate,
          ),
        ).toEqual(expected);
        expect(
          mix.map((mood, i) =>
            ['good', 'duplicate'].includes(mood)
              ? fates[`p${i}`]!.count + (mood === 'good' ? fates[`p${i}`]!.folded : 0)
              : 0,
          ),
        ).toEqual(mix.map((mood) => (['good', 'duplicate'].includes(mood) ? 20 : 0)));
      }
      for (const { late, work } of answers) expect({ late, work }).toSatisfy(isInTime);
      expect(most - before).toBeLessThan(250_000_000);
      await Promise.all(running.splice(0).map((one) => one.close()));
      await test.reset();
    }
  });
});
