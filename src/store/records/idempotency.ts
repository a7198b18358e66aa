/** Requests with an `Idempotency-Key`: what was asked, what it has written, and its answer. Kept for a day. */
import { type Database, PRESENCE } from '../engine/database.ts';

export interface StoredAnswer {
  status: number;
  headers: Record<string, string>;
  body: string | undefined;
}

type KnownRequest =
  | { kind: 'new'; attempt: number }
  | { kind: 'other' }
  | { kind: 'answered'; answer: StoredAnswer }
  | { kind: 'unfinished'; isUnderWay: boolean; committed: readonly string[] };

interface KnownRow extends Record<string, unknown> {
  begun: boolean;
  same: boolean;
  alive: boolean;
  attempt: number;
  committed: string[];
  status: number | null;
  headers: string | null;
  body: string | null;
}

export class IdempotentRequests {
  private readonly database: Database;
  /** Under way in this process. */
  private readonly running = new Set<string>();

  constructor(database: Database) {
    this.database = database;
  }

  async begin(caller: string, key: string, print: string): Promise<KnownRequest> {
    const name = nameOf(caller, key);
    const isRunning = this.running.has(name);
    const [row] = await this.database.query<KnownRow>('SELECT * FROM begin_idempotent($1, $2, $3, $4, $5, $6)', [
      ...[caller, key, print, await this.database.presence(), isRunning, PRESENCE],
    ]);
    const { begun, same, alive, attempt, committed, status, headers, body } = row!;
    if (begun) {
      this.running.add(name);
      return { kind: 'new', attempt };
    }
    if (!same) return { kind: 'other' };
    if (status === null) return { kind: 'unfinished', isUnderWay: alive, committed };
    return { kind: 'answered', answer: { status, headers: JSON.parse(headers!), body: body ?? undefined } };
  }

  async answer(caller: string, key: string, { status, headers, body }: StoredAnswer): Promise<void> {
    this.running.delete(nameOf(caller, key));
    await this.database.query(
      'UPDATE idempotency SET status = $3, headers = $4, body = $5 WHERE caller = $1 AND key = $2',
      [caller, key, status, JSON.stringify(headers), body ?? null],
    );
  }

  /** The request was refused: it may be sent again, unless it has written something. `isKnown` false: nobody knows. */
  async abandon(caller: string, key: string, isKnown: boolean): Promise<void> {
    this.running.delete(nameOf(caller, key));
    if (!isKnown) return;
    await this.database.query(
      `DELETE FROM idempotency WHERE caller = $1 AND key = $2 AND status IS NULL AND committed = '{}'`,
      [caller, key],
    );
  }
}

function nameOf(caller: string, key: string): string {
  return JSON.stringify([caller, key]);
}
