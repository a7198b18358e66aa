/**
 * The database as it will be once a unit is committed: the rules of the later entries of a transaction see the earlier
 * ones.
 */
import type { Stored } from '../../fhir/interaction.ts';
import { parseResource } from '../../fhir/json.ts';
import { localTarget } from '../../fhir/local-reference.ts';
import { AgendaReader, type AgendaRow } from '../resources/agenda-reader.ts';
import type { Database } from '../engine/database.ts';
import { ResourceReader } from '../resources/resource-reader.ts';
import type { Unit } from './unit.ts';

export class PendingReader extends ResourceReader {
  private readonly unit: Unit;

  constructor(database: Database, unit: Unit) {
    super(database);
    this.unit = unit;
  }

  override async read(type: string, id: string): Promise<Stored | undefined> {
    return this.unit.pending(type, id) ?? super.read(type, id);
  }

  override async existing(references: Iterable<string>): Promise<Set<string>> {
    const wanted = [...new Set(references)];
    const expected = wanted.filter((reference) => this.unit.isExpected(reference));
    // Those that the unit deletes are stored until it is committed.
    const others = wanted.filter((reference) => {
      const [type = '', id = ''] = reference.split('/');
      return !this.unit.isExpected(reference) && this.unit.pending(type, id) === undefined;
    });
    return new Set([...expected, ...(await super.existing(others))]);
  }

  override async readReferences(references: Iterable<string>): Promise<Stored[]> {
    const found: Stored[] = [];
    const others: string[] = [];
    for (const reference of new Set(references)) {
      const [type = '', id = ''] = reference.split('/');
      const pending = this.unit.pending(type, id);
      if (pending === undefined) others.push(reference);
      else if (pending.body !== undefined) found.push(pending);
    }
    return [...found, ...(await super.readReferences(others))];
  }
}

export class PendingAgendaReader extends AgendaReader {
  private readonly unit: Unit;

  constructor(database: Database, unit: Unit) {
    super(database);
    this.unit = unit;
  }

  override async rows(schedules: readonly string[]): Promise<AgendaRow[]> {
    return this.merge(await super.rows(schedules), (row) => schedules.includes(row.schedule));
  }

  override async byCode(code: string): Promise<AgendaRow | undefined> {
    const stored = await super.byCode(code);
    return this.merge(stored === undefined ? [] : [stored], (row) => row.code === code)[0];
  }

  override async ofActors(actors: readonly string[]): Promise<AgendaRow[]> {
    return this.merge(await super.ofActors(actors), (row) => {
      const body = this.unit.pending('Schedule', row.schedule)?.body;
      if (body === undefined) return false;
      return parseResource('Schedule', body).actor.some((actor) => actors.includes(localTarget(actor) ?? ''));
    });
  }

  override async schedules(ids: readonly string[]): Promise<{ id: string; version: number; body: string }[]> {
    const pending = ids.flatMap((id) => {
      const written = this.unit.pending('Schedule', id);
      return written?.body === undefined ? [] : [{ id, version: written.version, body: written.body }];
    });
    return [
      ...pending,
      ...(await super.schedules(ids.filter((id) => this.unit.pending('Schedule', id) === undefined))),
    ];
  }

  /** Rows that the unit writes take the place of stored ones; its deleted ones are gone. */
  private merge(stored: AgendaRow[], wanted: (row: AgendaRow) => boolean): AgendaRow[] {
    const pending = this.unit.pendingAgendas();
    const kept = stored.filter((row) => !pending.some(({ schedule }) => schedule === row.schedule));
    return [...kept, ...pending.filter((row) => !row.deleted && wanted(row))];
  }
}
