/**
 * The list of towns: the one that a deployer has loaded into the database, else the one made at build time. Kept in
 * memory, looked after every half minute.
 */
import { readFileSync } from 'node:fs';
import { type Place, PlaceIndex, type PlaceQuery } from '../../towns/town.ts';
import type { Database } from '../engine/database.ts';

const BUILT_IN = new URL('../../../generated/places.json', import.meta.url);
const LOOK_AGAIN_MS = 30_000;

export class Places {
  private readonly database: Database;
  private readonly more: readonly Place[];
  private index: { at: string; list: PlaceIndex } | undefined;
  private looked = 0;

  /** `more`: towns that no official list has. */
  constructor(database: Database, more: readonly Place[] = []) {
    this.database = database;
    this.more = more;
  }

  async find(query: PlaceQuery): Promise<Place[]> {
    return (await this.current()).find(query);
  }

  /** Replaces the whole list. */
  async replace(places: readonly Place[]): Promise<void> {
    await this.database.query(
      'INSERT INTO place_list (one, at, places) VALUES (true, clock_timestamp(), $1) ON CONFLICT (one) DO UPDATE SET at = excluded.at, places = excluded.places',
      [JSON.stringify(places)],
    );
    this.looked = 0;
  }

  private async current(): Promise<PlaceIndex> {
    if (this.index !== undefined && Date.now() - this.looked < LOOK_AGAIN_MS) return this.index.list;
    const [loaded] = await this.database.query<{ at: string }>('SELECT at::text AS at FROM place_list');
    const at = loaded?.at ?? 'built in';
    if (this.index?.at !== at)
      this.index = {
        at,
        list: new PlaceIndex([
          ...(loaded === undefined ? (JSON.parse(readFileSync(BUILT_IN, 'utf8')) as Place[]) : await this.loaded()),
          ...this.more,
        ]),
      };
    this.looked = Date.now();
    return this.index.list;
  }

  private async loaded(): Promise<Place[]> {
    const [row] = await this.database.query<{ places: string }>('SELECT places FROM place_list');
    return JSON.parse(row!.places);
  }
}
