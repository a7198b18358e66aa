/**
 * Turns: a process works on so many requests at once, because more of them would only make each slower. Others wait
 * for a moment, writes before searches before exports; a request whose turn would come too late is turned away at
 * once, and one whose caller leaves is forgotten. Answers that are still leaving count too: slow readers of large
 * answers must not fill the memory.
 */
import { getHeapStatistics } from 'node:v8';
import type { FhirError } from '../fhir/issue.ts';
import { callerLeft, Overloaded } from '../fhir/refusals.ts';

/** In the order of their turns. */
const RANKS = ['write', 'search', 'export'] as const;
export type Rank = (typeof RANKS)[number];

/** A request that has waited longer is turned away. */
const MAX_WAIT_MS = 1_000;
/** The duration of a request, as the last so many have told. */
const REMEMBERED = 50;
/** Answers on their way may take this share of the heap. */
const LEAVING_SHARE = 0.25;
/** Of the turns, exports take at most this share; searches leave one for writes. */
const EXPORT_SHARE = 0.1;

interface Waiting {
  rank: Rank;
  since: number;
  go(): void;
  refuse(error: FhirError): void;
}

export interface TurnFigures {
  working: number;
  waiting: number;
  /** Turned away since the start, by rank. */
  refused: Record<Rank, number>;
}

export class Turns {
  private readonly most: number;
  private readonly now: () => number;
  private readonly maxLeavingBytes: number;
  private readonly working: Record<Rank, number> = { write: 0, search: 0, export: 0 };
  private readonly refused: Record<Rank, number> = { write: 0, search: 0, export: 0 };
  private readonly queues: Record<Rank, Set<Waiting>> = { write: new Set(), search: new Set(), export: new Set() };
  /** Mean duration of a request, in ms. */
  private meanMs = 10;
  private leavingBytes = 0;

  /** `most`: requests at once. */
  constructor(
    most: number,
    now: () => number = () => performance.now(),
    maxLeavingBytes: number = getHeapStatistics().heap_size_limit * LEAVING_SHARE,
  ) {
    this.most = most;
    this.now = now;
    this.maxLeavingBytes = maxLeavingBytes;
  }

  /** Throws `transient` (503) when a turn of this rank would come too late. */
  requireRoom(rank: Rank): void {
    const isFull = rank !== 'write' && this.leavingBytes > this.maxLeavingBytes;
    if (isFull || this.waitMs(rank) > MAX_WAIT_MS) throw this.refusal(rank);
  }

  /** Resolves with the function that ends the turn. `onLeft` calls back when the caller leaves, which ends the wait. */
  async take(rank: Rank, onLeft: (leave: () => void) => void): Promise<() => void> {
    this.requireRoom(rank);
    if (!this.isFree(rank)) await this.wait(rank, onLeft);
    const since = this.now();
    this.working[rank]++;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.working[rank]--;
      this.meanMs += (this.now() - since - this.meanMs) / REMEMBERED;
      this.next();
    };
  }

  /** An answer begins to leave; the function that is returned says that it is gone. */
  leaving(bytes: number): () => void {
    this.leavingBytes += bytes;
    let isGone = false;
    return () => {
      if (isGone) return;
      isGone = true;
      this.leavingBytes -= bytes;
    };
  }

  /** Turns away those who have waited too long. */
  expire(): void {
    const oldest = this.now() - MAX_WAIT_MS;
    for (const rank of RANKS)
      for (const waiting of this.queues[rank]) {
        if (waiting.since > oldest) break;
        this.queues[rank].delete(waiting);
        waiting.refuse(this.refusal(rank));
      }
  }

  figures(): TurnFigures {
    const waiting = RANKS.reduce((sum, rank) => sum + this.queues[rank].size, 0);
    return { working: this.total(), waiting, refused: { ...this.refused } };
  }

  private total(): number {
    return RANKS.reduce((sum, rank) => sum + this.working[rank], 0);
  }

  /** How long a request would wait: those of its rank and above come first. */
  private waitMs(rank: Rank): number {
    const before = RANKS.slice(0, RANKS.indexOf(rank) + 1).reduce((sum, other) => sum + this.queues[other].size, 0);
    return (before * this.meanMs) / this.mostOf(rank);
  }

  private mostOf(rank: Rank): number {
    if (rank === 'write') return this.most;
    return Math.max(1, rank === 'search' ? this.most - 1 : Math.floor(this.most * EXPORT_SHARE));
  }

  private isFree(rank: Rank): boolean {
    const above = RANKS.slice(0, RANKS.indexOf(rank)).some((other) => this.queues[other].size > 0);
    const own = rank === 'export' ? this.working.export : this.total();
    return !above && own < this.mostOf(rank) && this.total() < this.most;
  }

  private wait(rank: Rank, onLeft: (leave: () => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const queue = this.queues[rank];
      const waiting: Waiting = { rank, since: this.now(), go: resolve, refuse: reject };
      const leave = (): void => {
        queue.delete(waiting);
        reject(callerLeft());
      };
      queue.add(waiting);
      onLeft(leave);
    });
  }

  private next(): void {
    for (const rank of RANKS) {
      const [first] = this.queues[rank];
      if (first === undefined || !this.isFree(rank)) continue;
      this.queues[rank].delete(first);
      first.go();
      return;
    }
  }

  private refusal(rank: Rank): FhirError {
    this.refused[rank]++;
    return new Overloaded('The server has too much to do at the moment');
  }
}

/** Rank of a request, before anything of it is read. */
export function rankOf(method: string, path: string): Rank {
  if (path.endsWith('/$export') || path.endsWith('/$validate') || path.includes('/$export/')) return 'export';
  if (method === 'GET' || method === 'HEAD' || path.endsWith('/_search') || path.endsWith('/$find')) return 'search';
  return 'write';
}
