/**
 * The list of towns: the one that a deployer has loaded into the database, else the one made at build time. It is kept
 * in memory; the database is asked every half minute whether a newer one was loaded.
 */
import { readFileSync } from 'node:fs';
import { type Town, TownIndex, type TownQuery } from '../../towns/town.ts';
import type { Database } from '../engine/database.ts';

const BUILT_IN = new URL('../../../generated/places.json', import.meta.url);
const POLL_MS = 30_000;

export class Towns {
  private readonly database: Database;
  private readonly more: readonly Town[];
  private index: { at: string; list: TownIndex } | undefined;
  private checkedAt = Number.NEGATIVE_INFINITY;

  /** `more`: towns that are in no official list. */
  constructor(database: Database, more: readonly Town[] = []) {
    this.database = database;
    this.more = more;
  }

  async find(query: TownQuery): Promise<Town[]> {
    return (await this.current()).find(query);
  }

  /** Replaces the whole list. */
  async replace(towns: readonly Town[]): Promise<void> {
    await this.database.query(
      `INSERT INTO place_list (one, at, places) VALUES (true, clock_timestamp(), $1)
       ON CONFLICT (one) DO UPDATE SET at = excluded.at, places = excluded.places`,
      [JSON.stringify(towns)],
    );
    this.checkedAt = Number.NEGATIVE_INFINITY;
  }

  private async current(): Promise<TownIndex> {
    if (this.index !== undefined && performance.now() - this.checkedAt < POLL_MS) return this.index.list;
    const [loaded] = await this.database.query<{ at: string }>('SELECT at::text AS at FROM place_list');
    const at = loaded?.at ?? 'built in';
    if (this.index?.at !== at)
      this.index = {
        at,
        list: new TownIndex([
          ...(loaded === undefined ? (JSON.parse(readFileSync(BUILT_IN, 'utf8')) as Town[]) : await this.loaded()),
          ...this.more,
        ]),
      };
    this.checkedAt = performance.now();
    return this.index.list;
  }

  private async loaded(): Promise<Town[]> {
    const [row] = await this.database.query<{ places: string }>('SELECT places FROM place_list');
    return JSON.parse(row!.places);
  }
}
