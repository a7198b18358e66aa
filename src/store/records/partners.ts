/**
 * The SAS platform's memory of its partners: the practitioners whom each knows, and the version of each account
 * that it has acknowledged.
 */
import type { Database } from '../engine/database.ts';
import { MESSAGE_STATE, type OutboxState } from '../delivery/outbox.ts';

/** `identifier` is known at `partner`. */
export interface KnownAt {
  identifier: string;
  partner: string;
}

export interface Acknowledged {
  version: number;
  /** `system|value` by which the partner knows the account. */
  identifier: string;
}

/** A partner that knows a practitioner. `loaded`: by an operator; else learnt, the last time at `at` (epoch ms). */
export interface Whereabouts {
  partners: Set<string>;
  loaded: boolean;
  at: number;
}

/** An account at one partner: the acknowledged version, and the last message about it. */
export interface AccountState {
  partner: string;
  acknowledged: Acknowledged | undefined;
  message: { state: OutboxState; attempts: number; lastError: string | undefined; nextAttemptAt: number } | undefined;
}

export class PartnerReader {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** The partners that know these identifiers: loaded, or learnt since (epoch ms). Unknown identifiers are absent. */
  async knownAt(identifiers: readonly string[], since: number): Promise<Map<string, Whereabouts>> {
    const rows = await this.database.query<{ identifier: string; partner: string; loaded: boolean; at: number }>(
      `SELECT identifier, partner, loaded, extract(epoch FROM seen_at)::float8 * 1000 AS at FROM known_at
       WHERE identifier = ANY($1::text[]) AND (loaded OR seen_at >= $2::timestamptz)`,
      [identifiers, new Date(since).toISOString()],
    );
    const found = new Map<string, Whereabouts>();
    for (const { identifier, partner, loaded, at } of rows) {
      const before = found.get(identifier) ?? { partners: new Set(), loaded: false, at: 0 };
      found.set(identifier, {
        partners: before.partners.add(partner),
        loaded: before.loaded || loaded,
        at: Math.max(before.at, at),
      });
    }
    return found;
  }

  async learn(known: readonly KnownAt[], now: number): Promise<void> {
    await this.database.query(
      `INSERT INTO known_at (identifier, partner, loaded, seen_at)
       SELECT DISTINCT k->>'identifier', k->>'partner', false, $2::timestamptz FROM json_array_elements($1::json) k
         ORDER BY 1, 2
       ON CONFLICT (identifier, partner) DO UPDATE SET seen_at = excluded.seen_at`,
      [JSON.stringify(known), new Date(now).toISOString()],
    );
  }

  /** Replaces the loaded practitioners of a partner. */
  async load(partner: string, identifiers: readonly string[], now: number): Promise<void> {
    await this.database.query(
      `WITH gone AS (DELETE FROM known_at WHERE partner = $1 AND loaded AND NOT identifier = ANY($2::text[]))
       INSERT INTO known_at (identifier, partner, loaded, seen_at) SELECT DISTINCT i, $1, true, $3::timestamptz
         FROM unnest($2::text[]) i ORDER BY 1
       ON CONFLICT (identifier, partner) DO UPDATE SET loaded = true`,
      [partner, identifiers, new Date(now).toISOString()],
    );
  }

  async acknowledged(partner: string, account: string): Promise<Acknowledged | undefined> {
    const [row] = await this.database.query<Acknowledged & Record<string, unknown>>(
      'SELECT version, identifier FROM partner_account WHERE partner = $1 AND account = $2',
      [partner, account],
    );
    return row && { version: row.version, identifier: row.identifier };
  }

  async acknowledge(partner: string, account: string, { version, identifier }: Acknowledged): Promise<void> {
    await this.database.query(
      `INSERT INTO partner_account (partner, account, version, identifier) VALUES ($1, $2, $3, $4)
       ON CONFLICT (account, partner) DO UPDATE
         SET version = excluded.version, identifier = excluded.identifier, at = now()`,
      [partner, account, version, identifier],
    );
  }

  /** Every partner that has, or was to have, this account. */
  async accountStates(account: string): Promise<AccountState[]> {
    const rows = await this.database.query<{
      partner: string;
      version: number | null;
      identifier: string | null;
      state: OutboxState | null;
      attempts: number | null;
      last_error: string | null;
      next: number | null;
    }>(
      `SELECT COALESCE(a.partner, m.partner) AS partner, a.version, a.identifier, m.state, m.attempts, m.last_error,
       m.next
       FROM (SELECT * FROM partner_account WHERE account = $1) a
       FULL JOIN (SELECT DISTINCT ON (destination) substr(destination, 9) AS partner, ${MESSAGE_STATE} AS state,
         attempts, last_error,
                    extract(epoch FROM next_attempt_at)::float8 * 1000 AS next
                  FROM outbox WHERE destination LIKE 'partner:%' AND ordering_key = $1
                    ORDER BY destination, id DESC) m ON m.partner = a.partner
       ORDER BY 1`,
      [account],
    );
    return rows.map(({ partner, version, identifier, state, attempts, last_error, next }) => ({
      partner,
      acknowledged: version === null ? undefined : { version, identifier: identifier! },
      message:
        state === null
          ? undefined
          : { state, attempts: attempts!, lastError: last_error ?? undefined, nextAttemptAt: next! },
    }));
  }
}
