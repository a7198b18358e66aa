/**
 * A unit of work: everything that one request writes, applied whole or not at all by `commit_unit` (sql/commit.sql).
 * Built in memory while the rules decide; nothing touches the database before the commit.
 */
import type { Context, Stored, WriteMethod } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import type { Identifier, Resource } from '../../fhir/resource.ts';
import type { AgendaRow } from '../resources/agenda-reader.ts';
import type { Database } from '../engine/database.ts';
import { announceChanges } from '../delivery/feed.ts';
import { announceOutbox } from '../delivery/outbox.ts';
import { commitOnce } from './commit.ts';
import { fingerprint } from '../resources/schema.ts';
import { type StoredRow, toRow, toTimestamp, toTombstone } from '../resources/row.ts';

/** Time to occupy on an agenda, for every resource that the agenda occupies. */
export interface Take {
  appointment: string;
  schedule: string;
  /** Epoch milliseconds, half-open. */
  start: number;
  end: number;
  /** How many appointments the time holds at once (1 unless the offer says more). */
  capacity: number;
  /** Deliberate overbooking: recorded, but takes no lane and refuses nobody. */
  overbook: boolean;
  tentative: boolean;
  /** A hold ends by itself, epoch milliseconds. */
  expires?: number;
}

export interface OutboxMessage {
  destination: string;
  /** Messages of one key are delivered in order. */
  orderingKey: string;
  payload: string;
  /** Not before this instant, epoch milliseconds. */
  notBefore?: number;
}

interface Put extends StoredRow {
  type: string;
  method: WriteMethod;
  /** Of the columns in `search`, so that what another version of the program expects can be filled in. */
  shape: string;
  /** Agendas that it is about, when known. */
  agendas?: string[];
}

export type CommitResult =
  | { ok: true }
  | { stale: { type: string; id: string } }
  | { taken: Take }
  | { duplicate: { type: string; id: string; values: [string, string][] } }
  | { occupied: { schedule: string } };

export class Unit {
  private readonly conditions = new Map<string, number>();
  private readonly agendas = new Map<string, number | null>();
  private readonly idle: { schedule: string; after: string }[] = [];
  private readonly release = new Set<string>();
  private readonly take: object[] = [];
  private readonly puts = new Map<string, Put>();
  private readonly keys: object[] = [];
  private readonly schedules = new Map<string, AgendaRow & { deleted: boolean }>();
  private readonly outbox: object[] = [];
  private readonly concerned = new Set<string>();
  /** The request that it belongs to, where that has a key: another process may have taken it over. */
  idempotency: Context['idempotency'];

  /**
   * What was found by this criterion decides: refuses as stale when others with the same criterion have committed
   * since it was asked.
   */
  dependOn(criterion: string, writes: number): void {
    this.conditions.set(criterion, writes);
  }

  /** Locks an agenda; with a version, refuses as stale when the Schedule has changed since it was read. */
  lock(schedule: string, version?: number): void {
    const pending = this.pending('Schedule', schedule);
    // Seen as this unit writes it: what the database holds is the version before.
    const seen = pending !== undefined && version === pending.version ? version - 1 || undefined : version;
    this.agendas.set(schedule, seen ?? this.agendas.get(schedule) ?? null);
    this.concern(schedule);
  }

  /** Refuses when the agenda has appointments that end after this instant. */
  requireIdle(schedule: string, afterMs: number): void {
    this.lock(schedule);
    this.idle.push({ schedule, after: toTimestamp(afterMs) });
  }

  /** A unit may hold several changes: forgets which agendas the one before was about. */
  begin(): void {
    this.concerned.clear();
  }

  /** What is written from now on is about this agenda; locking one says so too. */
  concern(schedule: string): void {
    this.concerned.add(schedule);
  }

  /** The agendas that the change is about, as far as the rules have said. */
  concerning(): string[] {
    return [...this.concerned];
  }

  /** `type`: under which it is stored, where that is not its FHIR type. */
  put(resource: Resource, method: WriteMethod, type: string = resource.resourceType): void {
    this.puts.set(`${type}/${resource.id}`, {
      type,
      method,
      shape: fingerprint(type),
      ...this.about(),
      ...toRow(resource),
    });
  }

  remove(type: string, id: string, version: number, at: string): void {
    const row = { type, method: 'DELETE' as const, shape: fingerprint(type), ...this.about() };
    this.puts.set(`${type}/${id}`, { ...row, ...toTombstone(id, version, at) });
  }

  private about(): { agendas?: string[] } {
    return this.concerned.size === 0 ? {} : { agendas: [...this.concerned].sort() };
  }

  /** What this unit writes of one resource, as it will be read back. */
  pending(type: string, id: string): Stored | undefined {
    const one = this.puts.get(`${type}/${id}`);
    return (
      one && { type, id, version: one.version, updatedAt: Date.parse(one.updated_at), body: one.body ?? undefined }
    );
  }

  /** Rows of agendas as this unit leaves them. */
  pendingAgendas(): (AgendaRow & { deleted: boolean })[] {
    return [...this.schedules.values()];
  }

  /** The business identifiers that this resource holds alone from now on. */
  holdKeys(type: string, id: string, identifiers: readonly Identifier[]): void {
    const values = new Map(
      identifiers
        .filter((identifier) => identifier.value)
        .map((identifier) => [
          `${identifier.system ?? ''}|${identifier.value}`,
          [identifier.system ?? '', identifier.value!],
        ]),
    );
    this.keys.push({ type, id, values: [...values.values()] });
  }

  freeTime(appointment: string): void {
    this.release.add(appointment);
  }

  takeTime({ start, end, expires, ...rest }: Take): void {
    this.lock(rest.schedule);
    this.take.push({
      ...rest,
      start: toTimestamp(start),
      end: toTimestamp(end),
      ...(expires ? { expires: toTimestamp(expires) } : {}),
    });
  }

  /** The agenda row of a Schedule: its version, the resources its appointments occupy, what its actors add. */
  setAgenda(
    schedule: string,
    code: string,
    version: number,
    keys: readonly string[],
    context: object,
    deleted: boolean,
  ): void {
    this.lock(schedule);
    this.schedules.set(schedule, {
      schedule,
      code,
      version,
      keys: [...keys],
      context: JSON.stringify(context),
      changes: 0,
      deleted,
    });
  }

  send({ notBefore, ...message }: OutboxMessage): void {
    this.outbox.push({ ...message, ...(notBefore === undefined ? {} : { notBefore: toTimestamp(notBefore) }) });
  }

  async commit(database: Database): Promise<CommitResult> {
    // What is empty stays out, and is not looked at.
    const lists = Object.fromEntries(
      Object.entries({
        conditions: [...this.conditions].map(([criterion, writes]) => ({ criterion, writes })),
        agendas: [...this.agendas].map(([schedule, version]) => ({ schedule, version })),
        idle: this.idle,
        release: [...this.release],
        take: this.take,
        keys: this.keys,
        schedules: [...this.schedules.values()],
        outbox: this.outbox,
      }).filter(([, list]) => list.length > 0),
    );
    const unit = {
      ...lists,
      ...(this.idempotency === undefined ? {} : { idempotency: this.idempotency }),
      ...(database.testClock === undefined ? {} : { testNow: toTimestamp(database.testClock()) }),
    };
    // Always in the same order, so that two units never wait for each other.
    const puts = [...this.puts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, put]) => put);
    const result = await commitOnce<RawResult>(database, unit, puts);
    // Nothing was written, for certain: decide again.
    if ('void' in result) return { stale: { type: puts[0]!.type, id: puts[0]!.id } };
    if ('overtaken' in result) throw overtaken();
    if ('ok' in result && this.outbox.length > 0) announceOutbox(database);
    if ('ok' in result && puts.length > 0) announceChanges(database);
    if ('taken' in result) {
      const { start, end, ...taken } = result.taken;
      return { taken: { ...taken, start: Date.parse(start), end: Date.parse(end) } };
    }
    return result;
  }
}

/** As the database writes it. */
type RawResult =
  | Exclude<CommitResult, { taken: Take }>
  | { taken: Omit<Take, 'start' | 'end'> & { start: string; end: string } }
  | { overtaken: true };

function overtaken(): FhirError {
  return new FhirError('transient', 'Another process has taken this request over; ask again with the same key', {
    text: 'Un autre processus a repris cette requête : recommencez avec la même clé.',
  });
}
