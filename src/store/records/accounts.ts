/**
 * The holders of identifiers of regulator accounts. There are three kinds of `business_key`: identifiers and e-mails
 * of active accounts, which one account holds alone, and every identifier that an account ever had, which several
 * accounts may have had in turn. Spec: 6.4, trap U3
 */
import type { Identifier } from '../../fhir/resource.ts';
import type { Database } from '../engine/database.ts';

export const ACCOUNT_KEY = 'RegulatorAccount';
export const EMAIL_KEY = 'RegulatorEmail';
export const HISTORY_KEY = 'RegulatorAlias';

/** An account has, or had, an identifier (`system|value`). Of its owners the one with the highest turn took it last. */
export interface Owner {
  key: string;
  id: string;
  turn: number;
}

/**
 * An owner as the key that the database holds: the identifier is the system, so that its owners are read by the primary
 * key.
 */
export function historyKey({ key, id, turn }: Owner): Identifier {
  return { system: key, value: `${turn} ${id}` };
}

export class AccountReader {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** Every account that has or had one of these identifiers. */
  owners(keys: readonly string[]): Promise<Owner[]> {
    return this.history('system = ANY($2::text[])', keys);
  }

  /** Every identifier that an account has or had. */
  historyOf(id: string): Promise<Owner[]> {
    return this.history('id = $2', id);
  }

  /** The one active account that holds a key now. */
  async holder(
    type: typeof ACCOUNT_KEY | typeof EMAIL_KEY,
    { system = '', value }: Identifier,
  ): Promise<string | undefined> {
    const [row] = await this.database.query<{ id: string }>(
      'SELECT id FROM business_key WHERE type = $1 AND system = $2 AND value = $3',
      [type, system, value],
    );
    return row?.id;
  }

  private async history(where: string, parameter: unknown): Promise<Owner[]> {
    const rows = await this.database.query<{ system: string; value: string; id: string }>(
      `SELECT system, value, id FROM business_key WHERE type = $1 AND ${where}`,
      [HISTORY_KEY, parameter],
    );
    return rows.map((row) => ({ key: row.system, id: row.id, turn: Number.parseInt(row.value, 10) }));
  }
}
