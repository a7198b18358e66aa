/**
 * Versions of a database that was restored or promoted begin above a floor, so that no version, and no ETag, names two
 * contents: those that the lost branch of history gave are never given again (sql/incarnation.sql).
 */
import type { Database } from '../engine/database.ts';

const floors = new WeakMap<Database, number>();

/** The version to write after `before` (0: there is none). */
export function versionAfter(database: Database, before: number): number {
  return Math.max(before, floors.get(database) ?? 0) + 1;
}

/** The database has said that its versions begin above this one. */
export function raiseFloor(database: Database, floor: number): void {
  floors.set(database, floor);
}
