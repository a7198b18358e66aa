/** A small deterministic generator (Mulberry32): the same seed always gives the same territory. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  whole(below: number): number;
  pick<T>(list: readonly T[]): T;
  /** A UUID from the generator's numbers. */
  uuid(): string;
}

export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const whole = (below: number): number => Math.floor(next() * below);
  const hex = (length: number): string => Array.from({ length }, () => whole(16).toString(16)).join('');
  return {
    next,
    whole,
    pick: (list) => list[whole(list.length)]!,
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
  };
}
