/**
 * Requests with an `Idempotency-Key`: what was asked, what it has written, and its answer. Kept for a day. Answers are
 * sealed: some hold the address of a calendar, or the password of a device.
 */
import { FhirError } from '../../fhir/issue.ts';
import type { Secrets } from '../../runtime/secrets.ts';
import { type Database, PRESENCE } from '../engine/database.ts';

interface StoredAnswer {
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
  private readonly secrets: Secrets;
  /** The requests under way in this process, with the fingerprint of each. */
  private readonly running = new Map<string, string>();

  constructor(database: Database, secrets: Secrets) {
    this.database = database;
    this.secrets = secrets;
  }

  async begin(caller: string, key: string, print: string): Promise<KnownRequest> {
    const name = nameOf(caller, key);
    const own = this.running.get(name);
    if (own !== undefined)
      return own === print ? { kind: 'unfinished', isUnderWay: true, committed: [] } : { kind: 'other' };
    this.running.set(name, print);
    let known: KnownRequest | undefined;
    try {
      known = await this.ask(caller, key, print);
      return known;
    } finally {
      if (known?.kind !== 'new') this.running.delete(name);
    }
  }

  private async ask(caller: string, key: string, print: string): Promise<KnownRequest> {
    const [row] = await this.database.query<KnownRow>('SELECT * FROM begin_idempotent($1, $2, $3, $4, $5)', [
      ...[caller, key, print, await this.database.presence(), PRESENCE],
    ]);
    const { begun, same, alive, attempt, committed, status, headers, body } = row!;
    if (begun) return { kind: 'new', attempt };
    if (!same) return { kind: 'other' };
    if (status === null) return { kind: 'unfinished', isUnderWay: alive, committed };
    const opened = body === null ? undefined : this.secrets.open(body, answerPlace(caller, key));
    if (body !== null && opened === undefined)
      throw new FhirError('exception', 'No --secret-key opens the stored answer of this Idempotency-Key');
    return { kind: 'answered', answer: { status, headers: JSON.parse(headers!), body: opened } };
  }

  async answer(caller: string, key: string, { status, headers, body }: StoredAnswer): Promise<void> {
    const sealed = body === undefined ? null : this.secrets.seal(body, answerPlace(caller, key));
    try {
      await this.database.query(
        'UPDATE idempotency SET status = $3, headers = $4, body = $5 WHERE caller = $1 AND key = $2',
        [caller, key, status, JSON.stringify(headers), sealed],
      );
    } finally {
      this.running.delete(nameOf(caller, key));
    }
  }

  /** The request was refused: it may be sent again, unless it has written something. `isKnown` false: nobody knows. */
  async abandon(caller: string, key: string, isKnown: boolean): Promise<void> {
    try {
      if (isKnown)
        await this.database.query(
          `DELETE FROM idempotency WHERE caller = $1 AND key = $2 AND status IS NULL AND committed = '{}'`,
          [caller, key],
        );
    } finally {
      this.running.delete(nameOf(caller, key));
    }
  }
}

/** Where a sealed answer belongs. */
export function answerPlace(caller: string, key: string): string {
  return `answer:${nameOf(caller, key)}`;
}

function nameOf(caller: string, key: string): string {
  return JSON.stringify([caller, key]);
}
