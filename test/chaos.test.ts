/**
 * Everything is done to two servers and their database while clients write, and afterwards it is proved that nothing
 * acknowledged is lost, nothing is double, and everything was numbered and delivered. The short form has each fault
 * once; `npm run chaos` is the long one, with its table in docs/fiabilite.md.
 */
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DECLARED } from './chaos/agendas.ts';
import { FAULTS, type Fault, rollingUpgrade } from './chaos/faults.ts';
import { type Call, CallHistory } from './chaos/history.ts';
import { ChaosRun, type Finding } from './chaos/run.ts';
import { openWorld } from './chaos/world.ts';
import { type Evidence, faultsOf, type WrittenVersion } from './chaos/verify.ts';
import { isEmbedded } from './harness.ts';
import { OVERBOOKING } from './shared-agendas.ts';
import { hasPostgres } from './own-postgres.ts';
import { otherVersion, THIS_LEVEL, type Version } from './version.ts';

const TIMES = Number(process.env['CRENEAU_CHAOS_TIMES'] ?? 1);
const IS_LONG = TIMES > 1;
const SEED = Number(process.env['CRENEAU_CHAOS_SEED'] ?? Date.now() % 1_000_000);
/** Faults of the long run alone. */
const ONLY = process.env['CRENEAU_CHAOS_ONLY'];
const RESULTS = process.env['CRENEAU_CHAOS_RESULTS'];

const KINDS = [
  'If-None-Exist',
  'book',
  'cancel',
  'close',
  'conditional PUT',
  'declare',
  'edit agenda',
  'move',
  'overbook',
  'transaction',
];

describe.skipIf(isEmbedded || !hasPostgres)(`under load, seed ${SEED}`, () => {
  const run = new ChaosRun(SEED, openWorld);
  const findings: Finding[] = [];
  let next: Version | undefined;
  beforeAll(() => run.open(IS_LONG ? 300 : 60));
  afterAll(async () => {
    await run.close();
    next?.remove();
    if (RESULTS !== undefined) writeFileSync(RESULTS, JSON.stringify({ seed: SEED, findings }, undefined, 1));
  });

  const upgrade: Fault = {
    ...rollingUpgrade(''),
    run(world, random) {
      next ??= otherVersion({ level: THIS_LEVEL + 1, adds: { comment: 'string comment' } });
      return rollingUpgrade(next.root).run(world, random);
    },
  };
  const chosen = (IS_LONG ? [...FAULTS, upgrade] : FAULTS).filter(({ name }) => ONLY === undefined || name === ONLY);
  it.each(chosen)(
    '$name: nothing is lost, nothing double, everything delivered',
    {
      timeout: 120_000 + TIMES * 30_000,
    },
    async (fault) => {
      const finding = await run.inflict(fault, fault.name === 'rolling upgrade' ? 1 : TIMES, IS_LONG ? 1500 : 400);
      findings.push(finding);
      expect(finding.faults.slice(0, 20)).toEqual([]);
      expect(finding.acknowledged).toBeGreaterThan(0);
    },
  );

  it('every kind of write was among them', () => expect(run.acknowledgedKinds()).toEqual(KINDS));
});

describe('the checker', () => {
  const SLOTS = ['vasseur-paris', 'vasseur-lyon', 'vaccins', 'commun', 'equipe', 'delegue'].map((schedule) => ({
    ...{ id: schedule, schedule, start: '2026-12-01T09:00:00Z', end: '2026-12-01T09:20:00Z' },
  }));
  const appointment = (id: string, version: number, marker: string, changes: object = {}): WrittenVersion => {
    const { start, end } = SLOTS[0]!;
    const slot = [{ reference: 'Slot/vasseur-paris' }];
    const body = { ...{ resourceType: 'Appointment', id, status: 'booked', start, end, slot }, ...changes };
    return { type: 'Appointment', id, version, marker, body };
  };
  const call = (marker: string, outcome: Call['outcome'], ...written: Call['written']): Call => ({
    ...{
      client: 1,
      program: 'cabinet',
      kind: 'book',
      marker,
      from: 0,
      to: 1,
      outcome,
      status: 201,
      code: undefined,
      written,
      json: {},
    },
  });
  const faults = (calls: Call[], versions: WrittenVersion[], changes: Partial<Evidence> = {}): string[] => {
    const history = new CallHistory();
    history.calls.push(...calls);
    const followed = versions.map(({ type, id, version }) => `${type}/${id}/${version}`);
    return faultsOf({ history, versions, followed, before: new Set(), slots: SLOTS, ...changes });
  };
  const on = (agenda: string, version: WrittenVersion): WrittenVersion => ({
    ...version,
    body: { ...version.body, slot: [{ reference: `Slot/${agenda}` }] },
  });
  const CLOSING: Call = {
    ...call('m1x1', 'ok', { reference: 'Schedule/x', version: 1 }),
    ...{ kind: 'close', closes: { schedule: 'vasseur-paris', start: 0, end: Number.MAX_SAFE_INTEGER } },
  };
  const told = { reference: 'Appointment/a', version: 1 };
  const NAMED = { participant: [{ actor: { reference: 'Practitioner/vasseur' }, status: 'accepted' }] };

  it('finds nothing where nothing is wrong', () => {
    expect(faults([call('m1x1', 'ok', told), call('m1x2', 'unknown')], [appointment('a', 1, 'm1x1')])).toEqual([]);
  });

  it('knows what may stand: what was sent before, overbookings, the delegate, a new incarnation', () => {
    const early = call('m1x2', 'unknown');
    const over = appointment('a', 1, 'm1x1', OVERBOOKING);
    expect(faults([call('m1x1', 'ok', told), early], [over, on('commun', appointment('b', 1, 'm1x2'))])).toEqual([]);
    expect(faults([call('m1x1', 'unknown')], [appointment('a', 201, 'm1x1')], { floors: new Set([200]) })).toEqual([]);
    const team = ['a', 'b', 'c'].map((id, i) => on('equipe', appointment(id, 1, `m1x${i + 1}`)));
    const calls = [1, 2, 3].map((n) => call(`m1x${n}`, 'unknown'));
    expect(faults(calls, team)).toEqual([]);
    const mine: Call = { ...call('m1x1', 'unknown'), program: 'editeur' };
    expect(faults([mine], [on('delegue', appointment('a', 1, 'm1x1'))])).toEqual([]);
  });

  it.each<[string, string[]]>([
    ['lost', faults([call('m1x1', 'ok', told)], [])],
    ['lost', faults([call('m1x1', 'ok', told), call('m2x1', 'unknown')], [appointment('a', 1, 'm2x1')])],
    ['lie', faults([call('m1x1', 'refused')], [appointment('a', 1, 'm1x1')])],
    ['phantom', faults([], [appointment('a', 1, 'm1x1')])],
    ['twice', faults([call('m1x1', 'unknown')], [appointment('a', 1, 'm1x1'), appointment('a', 2, 'm1x1')])],
    ['gap', faults([call('m1x1', 'unknown')], [appointment('a', 2, 'm1x1')])],
    ['gap', faults([call('m1x1', 'unknown')], [appointment('a', 9, 'm1x1')], { floors: new Set([7]) })],
    [
      'was acknowledged for',
      faults([call('m1x1', 'ok', told), call('m1x2', 'ok', told)], [appointment('a', 1, 'm1x1')]),
    ],
    [
      'overlap',
      faults(
        [call('m1x1', 'unknown'), call('m1x2', 'unknown')],
        [appointment('a', 1, 'm1x1'), appointment('b', 1, 'm1x2', { slot: [{ reference: 'Slot/vasseur-lyon' }] })],
      ),
    ],
    [
      'overlap: vasseur',
      faults(
        [call('m1x1', 'unknown'), call('m1x2', 'unknown')],
        ['a', 'b'].map((id, i) => on('equipe', appointment(id, 1, `m1x${i + 1}`, NAMED))),
      ),
    ],
    [
      'overlap: delorme',
      faults(
        [call('m1x1', 'unknown'), call('m1x2', 'unknown')],
        ['commun', 'delegue'].map((agenda, i) => on(agenda, appointment(`${i}`, 1, `m1x${i + 1}`))),
      ),
    ],
    [
      'over an overbooking',
      faults(
        [call('m1x1', 'ok', told), { ...call('m1x2', 'unknown'), from: 2, to: 3 }],
        [appointment('a', 1, 'm1x1', OVERBOOKING), on('commun', appointment('b', 1, 'm1x2'))],
      ),
    ],
    [
      'closed',
      faults(
        [CLOSING, { ...call('m1x2', 'unknown'), from: 2, to: 3 }],
        [{ type: 'Schedule', id: 'x', version: 1, marker: 'm1x1', body: {} }, appointment('b', 1, 'm1x2')],
      ),
    ],
    ['intruder', faults([call('m1x1', 'unknown')], [on('delegue', appointment('a', 1, 'm1x1'))])],
    [
      'intruder',
      faults(
        [{ ...call('m1x1', 'unknown'), kind: 'declare' }],
        [appointment('a', 1, 'm1x1', { slot: undefined, participant: [{ actor: { reference: DECLARED.role } }] })],
      ),
    ],
    [
      'one condition, several resources',
      faults(
        [call('m1x1', 'unknown'), call('m1x2', 'unknown')],
        ['a', 'b'].map((id, i) =>
          appointment(id, 1, `m1x${i + 1}`, {
            ...{ status: 'cancelled', identifier: [{ system: 'urn:x-chaos', value: 'v' }] },
          }),
        ),
      ),
    ],
    ['feed', faults([call('m1x1', 'unknown')], [appointment('a', 1, 'm1x1')], { followed: [] })],
    [
      'feed',
      faults([call('m1x1', 'unknown')], [appointment('a', 1, 'm1x1')], {
        followed: ['Appointment/a/1', 'Appointment/a/1'],
      }),
    ],
  ])('finds what it is for: %s', (word, found) => {
    expect(found.length).toBeGreaterThan(0);
    expect(
      found.some((fault) => fault.includes(word)),
      found.join(),
    ).toBe(true);
  });

  it('lets a group be as large as its capacity, and no larger', () => {
    const group = ['a', 'b', 'c'].map((id) => appointment(id, 1, 'm1x1', { slot: [{ reference: 'Slot/vaccins' }] }));
    const known = { before: new Set(group.map(({ id }) => `Appointment/${id}/1`)) };
    expect(faults([], group.slice(0, 2), known)).toEqual([]);
    expect(faults([], group, known).every((fault) => fault.startsWith('overlap'))).toBe(true);
    expect(faults([], group, known).length).toBeGreaterThan(0);
  });
});
