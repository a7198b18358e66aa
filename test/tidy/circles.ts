/** House rule: imports form no circle, in `src` and in `web`, whether they import values or types. */
import { describe, expect, it } from 'vitest';
import { CIRCLES } from './allowances.ts';
import { all, type Source, webSources } from './sources.ts';

type Graph = ReadonlyMap<string, readonly string[]>;

/**
 * The circles of a graph: its strongly connected components of two files or more (Tarjan 1972), and files that import
 * themselves. Each is sorted, so that a failure reads the same whichever file was visited first.
 */
function circlesOf(graph: Graph): string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[][] = [];

  function visit(file: string): void {
    const index = order.size;
    order.set(file, index);
    lowest.set(file, index);
    stack.push(file);
    for (const target of graph.get(file) ?? []) {
      if (!order.has(target)) visit(target);
      // A file that has left the stack belongs to a component that is complete.
      if (stack.includes(target)) lowest.set(file, Math.min(lowest.get(file)!, lowest.get(target)!));
    }
    if (lowest.get(file) !== index) return;
    const component = stack.splice(stack.indexOf(file));
    if (component.length > 1 || graph.get(file)?.includes(file)) circles.push(component.sort());
  }

  for (const file of graph.keys()) if (!order.has(file)) visit(file);
  return circles.sort();
}

const graphOf = (files: readonly Source[]): Graph =>
  new Map(files.map(({ file, imports }) => [file, imports.map(({ target }) => target)]));

describe('circles of imports', () => {
  it('are found by the search for them', () => {
    const graph = new Map([
      ['a', ['b', 'e']],
      ['b', ['c', 'd']],
      ['c', ['a']],
      ['d', []],
      ['e', ['f']],
      ['f', ['e', 'c-less']],
      ['g', ['g']],
    ]);
    expect(circlesOf(graph)).toEqual([['a', 'b', 'c'], ['e', 'f'], ['g']]);
    expect(
      circlesOf(
        new Map([
          ['a', ['b', 'c']],
          ['b', ['c']],
          ['c', []],
        ]),
      ),
    ).toEqual([]);
  });

  it('are not in src and web', () => {
    const isAllowed = (circle: string[]) => CIRCLES.some((allowed) => circle.every((file) => allowed.includes(file)));
    expect(circlesOf(graphOf([...all, ...webSources])).filter((circle) => !isAllowed(circle))).toEqual([]);
  });
});
