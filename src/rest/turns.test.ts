/** Turns under load: how many work, who comes first, who is turned away, who is forgotten. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Rank, rankOf, Turns } from './turns.ts';

const stays = (): void => {};
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Turns with a clock of their own; `starts` has what has begun, in order. */
function open(most: number, maxLeavingBytes = 1e9) {
  const clock = { ms: 0 };
  const turns = new Turns(most, () => clock.ms, maxLeavingBytes);
  const starts: string[] = [];
  const refusals: string[] = [];
  const ends = new Map<string, () => void>();
  const ask = (name: string, rank: Rank, onLeft: (leave: () => void) => void = stays): void => {
    turns.take(rank, onLeft).then(
      (end) => {
        starts.push(name);
        ends.set(name, end);
      },
      () => refusals.push(name),
    );
  };
  return { turns, clock, starts, refusals, ends, ask };
}

describe('turns', () => {
  it('go to writes before searches before exports, and in each rank to the first', async () => {
    const { ask, starts, ends } = open(3);
    for (const name of ['w1', 'w2', 'w3']) ask(name, 'write');
    ask('e1', 'export');
    for (const name of ['s1', 's2']) ask(name, 'search');
    ask('w4', 'write');
    await settled();
    expect(starts).toEqual(['w1', 'w2', 'w3']);
    for (const name of ['w1', 'w2', 'w3', 'w4', 's1', 's2']) {
      ends.get(name)!();
      await settled();
    }
    expect(starts.slice(3)).toEqual(['w4', 's1', 's2', 'e1']);
  });

  it('are refused at once when they would come too late, and after a second in any case', async () => {
    const { turns, clock, ask, starts, refusals, ends } = open(1);
    for (let i = 0; i < 100; i++) {
      ask(`slow${i}`, 'write');
      await settled();
      clock.ms += 400;
      ends.get(`slow${i}`)!();
    }
    ask('working', 'write');
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) ask(name, 'write');
    await settled();
    expect(refusals).toEqual(['d', 'e', 'f']);
    clock.ms += 1_001;
    turns.expire();
    await settled();
    expect([refusals.slice(3), starts.at(-1)]).toEqual([['a', 'b', 'c'], 'working']);
    expect(turns.figures()).toEqual({ working: 1, waiting: 0, refused: { write: 6, search: 0, export: 0 } });
  });

  it('are not for callers who have left', async () => {
    const { turns, ask, starts, refusals, ends } = open(1);
    let leave = stays;
    ask('working', 'write');
    ask('gone', 'write', (callback) => (leave = callback));
    ask('there', 'write');
    await settled();
    leave();
    ends.get('working')!();
    await settled();
    expect([starts, refusals, turns.figures().waiting]).toEqual([['working', 'there'], ['gone'], 0]);
  });

  it('are for writes only while large answers are still leaving', () => {
    const { turns } = open(10, 1_000);
    const gone = turns.leaving(2_000);
    expect(() => turns.requireRoom('search')).toThrow('too much to do');
    expect(() => turns.requireRoom('write')).not.toThrow();
    gone();
    gone();
    expect(() => turns.requireRoom('search')).not.toThrow();
  });

  it('are never more than allowed, none is lost, and whatever waits gets its turn', async () => {
    const rank = fc.constantFrom<Rank>('write', 'search', 'export');
    const step = fc.oneof({ weight: 3, arbitrary: rank }, { weight: 2, arbitrary: fc.nat(20) });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 60 }), async (most, steps) => {
        const { turns, ask, starts, refusals, ends } = open(most);
        let asked = 0;
        const endOne = (n: number): void => {
          const [name] = [...ends.keys()].slice(n % Math.max(1, ends.size));
          if (name === undefined) return;
          ends.get(name)!();
          ends.delete(name);
        };
        for (const next of steps) {
          if (typeof next === 'number') endOne(next);
          else ask(String(asked++), next);
          await settled();
          expect(turns.figures().working).toBeLessThanOrEqual(most);
        }
        for (let i = 0; i < 200 && starts.length + refusals.length < asked; i++) {
          endOne(0);
          await settled();
        }
        expect(starts.length + refusals.length).toBe(asked);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ['POST', '/fhir/Appointment', 'write'],
    ['POST', '/fhir', 'write'],
    ['GET', '/fhir/Slot', 'search'],
    ['POST', '/sas/Slot/_search', 'search'],
    ['GET', '/fhir/$export', 'export'],
    ['POST', '/fhir/Patient/$validate', 'export'],
  ])('%s %s is a %s', (method, path, rank) => expect(rankOf(method, path)).toBe(rank));
});
