/**
 * A unit of work: everything that one request writes, applied whole or not at all by `commit_unit` (sql/commit.sql).
 * Built in memory while the rules decide; nothing touches the database before the commit.
 */
import { type AuditFact, trailRow } from '../../fhir/audit/fact.ts';
import type { Context, Stored, WriteMethod } from '../../fhir/interaction.ts';
import type { Issue } from '../../fhir/issue.ts';
import { parseAnyResource } from '../../fhir/json.ts';
import type { Identifier, Resource } from '../../fhir/resource.ts';
import type { AgendaRow } from '../resources/agenda-reader.ts';
import type { Database } from '../engine/database.ts';
import { announceChanges } from '../delivery/feed.ts';
import { announceOutbox } from '../delivery/outbox.ts';
import { commitOnce } from './commit.ts';
import { ordinaryFirst, overtaken, type RawResult } from './commit-parts.ts';
import type { AgendaEntry, Beside, BinaryContent, CommitResult, OutboxMessage, Present, Take } from './unit-parts.ts';
import { fingerprint } from '../resources/schema.ts';
import { raiseFloor } from './version-floor.ts';
import { type StoredRow, toRow, toTimestamp, toTombstone } from '../resources/row.ts';

interface Put extends StoredRow {
  type: string;
  method: WriteMethod;
  /** Of the columns in `search`, so that what another version of the program expects can be filled in. */
  shape: string;
  /** Agendas that it is about, when known. */
  agendas?: string[];
  /** Of a Binary. */
  content?: BinaryContent;
}

export class Unit {
  private readonly conditions = new Map<string, number>();
  private readonly agendas = new Map<string, number | null>();
  private readonly idle: { schedule: string; after: string }[] = [];
  private readonly release = new Set<string>();
  private readonly take: Omit<Take, 'start' | 'end' | 'expires'>[] = [];
  private readonly present: object[] = [];
  private readonly leaving = new Set<string>();
  private keepsClashes = false;
  private readonly warnings: { reference: string; issue: Issue; beside: string | undefined }[] = [];
  private recorded: readonly Beside[] = [];
  private readonly puts = new Map<string, Put>();
  private readonly keys: object[] = [];
  private readonly schedules = new Map<string, AgendaRow & { deleted: boolean; keyRule: number }>();
  private readonly practices: object[] = [];
  private readonly outbox: object[] = [];
  private readonly concerned = new Set<string>();
  private readonly written = new Set<string>();
  /** Name of the caller, for the history. */
  author: string | undefined;
  /** The request that it belongs to, where that has a key: another process may have taken it over. */
  idempotency: Context['idempotency'];
  private readonly facts: AuditFact[] = [];
  private readonly tellers: (() => void)[] = [];
  private readonly expected = new Set<string>();
  private readonly contents = new Map<string, BinaryContent>();
  /** The version that each of `puts` comes after; 0: none. */
  private readonly overwritten = new Map<string, number>();

  /**
   * The commit depends on this search: it is stale if another commit decided by the same criterion has happened since.
   */
  dependOn(criterion: string, writes: number): void {
    this.conditions.set(criterion, writes);
  }

  /** Locks an agenda; with a version, refuses as stale when the Schedule has changed since it was read. */
  lock(schedule: string, version?: number): void {
    const pending = this.pending('Schedule', schedule);
    // The caller saw the version that this unit writes; the database still holds the one before.
    const seen =
      pending !== undefined && version === pending.version
        ? this.overwritten.get(`Schedule/${schedule}`) || undefined
        : version;
    this.agendas.set(schedule, seen ?? this.agendas.get(schedule) ?? null);
    this.concern(schedule);
  }

  /** Refuses when the agenda has appointments that end after this instant. */
  requireIdle(schedule: string, afterMs: number): void {
    this.lock(schedule);
    this.idle.push({ schedule, after: toTimestamp(afterMs) });
  }

  /** Begins the next change of the unit: it may be about other agendas. */
  begin(): void {
    this.concerned.clear();
    this.written.clear();
  }

  /** Everything written from now on is about this agenda; so is a lock. */
  concern(schedule: string): void {
    this.concerned.add(schedule);
  }

  /** The agendas that the change is about, as far as the rules have said. */
  concerning(): string[] {
    return [...this.concerned];
  }

  /** `type`: under which it is stored, where that is not its FHIR type. */
  put(resource: Resource, method: WriteMethod, type: string = resource.resourceType): void {
    this.written.add(`${type}/${resource.id}`);
    this.puts.set(`${type}/${resource.id}`, {
      type,
      method,
      shape: fingerprint(type),
      ...this.about(),
      ...toRow(resource),
      ...(type === 'Binary' ? { content: this.contents.get(resource.id!)! } : {}),
    });
  }

  /** The octets of a Binary that this unit writes: they lie apart from the resource, and are never in the history. */
  keepContent(binary: string, content: BinaryContent): void {
    this.contents.set(binary, content);
  }

  /** The resources of this type as this unit writes them; without those that it deletes. */
  pendingOf(type: string): Resource[] {
    const bodies = [...this.puts.values()].filter((put) => put.type === type).map(({ body }) => body);
    return bodies.flatMap((body) => (body === null ? [] : [parseAnyResource(body)]));
  }

  /** The contents that this unit has kept so far, by Binary. */
  keptContents(): ReadonlyMap<string, BinaryContent> {
    return this.contents;
  }

  remove(type: string, id: string, version: number, at: string): void {
    const row = { type, method: 'DELETE' as const, shape: fingerprint(type), ...this.about() };
    this.puts.set(`${type}/${id}`, { ...row, ...toTombstone(id, version, at) });
  }

  private about(): { agendas?: string[] } {
    return this.concerned.size === 0 ? {} : { agendas: [...this.concerned].sort() };
  }

  /** The unit writes the version after this one. */
  follow(type: string, id: string, version: number): void {
    this.overwritten.set(`${type}/${id}`, version);
  }

  /** This unit will write the resource: references may lead to it before its turn comes. */
  expect(type: string, id: string): void {
    this.expected.add(`${type}/${id}`);
  }

  /** `Type/id` is written by this unit, or will be, and is not deleted by it. */
  isExpected(reference: string): boolean {
    const put = this.puts.get(reference);
    return put === undefined ? this.expected.has(reference) : put.body !== null;
  }

  /** The agendas that must be idle when the unit is committed. */
  idleSchedules(): string[] {
    return this.idle.map(({ schedule }) => schedule);
  }

  /** A resource as this unit writes it, in the form in which it will be read back. */
  pending(type: string, id: string): Stored | undefined {
    const put = this.puts.get(`${type}/${id}`);
    return (
      put && { type, id, version: put.version, updatedAt: Date.parse(put.updated_at), body: put.body ?? undefined }
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
    const times = { start: toTimestamp(start), end: toTimestamp(end) };
    this.take.push({ ...rest, ...times, ...(expires ? { expires: toTimestamp(expires) } : {}) });
  }

  /** Refuses a second appointment of a patient on the agenda at an overlapping time. */
  bring({ start, end, ...rest }: Present): void {
    this.lock(rest.schedule);
    this.present.push({ ...rest, start: toTimestamp(start), end: toTimestamp(end) });
  }

  /** A new patient (its id) belongs to this practice: `Practitioner/x`, `Location/x`, `Schedule/x`; or to nobody. */
  giveTo(practice: readonly string[], patient: string): void {
    this.practices.push({ patient, practice });
  }

  /** Refuses if the patient (`Patient/x`) has appointments to come once everything else is written. */
  requireLeft(patient: string): void {
    this.leaving.add(patient);
  }

  /** Writes the row of an agenda. Where its keys change, its appointments occupy the new ones. */
  setAgenda({ keys, context, ...row }: AgendaEntry): void {
    this.lock(row.schedule);
    this.written.add(`row of ${row.schedule}`);
    this.schedules.set(row.schedule, { ...row, keys: [...keys], context: JSON.stringify(context), changes: 0 });
  }

  /**
   * A hint for the caller who writes this resource. `beside`: only if its time is recorded beside the places of this
   * agenda.
   */
  warn(reference: string, issue: Issue, beside?: string): void {
    this.warnings.push({ reference, issue, beside });
  }

  /** The hints about a resource, after the commit. */
  warningsOf(reference: string): Issue[] {
    const isRecorded = (schedule: string): boolean =>
      this.recorded.some((time) => `Appointment/${time.appointment}` === reference && time.schedule === schedule);
    return this.warnings
      .filter((warning) => warning.reference === reference)
      .filter(({ beside }) => beside === undefined || isRecorded(beside))
      .map(({ issue }) => issue);
  }

  /** The rows that the change has written so far: `row of [Schedule]`, and resources as `Type/id`. */
  rowsWritten(): string[] {
    return [...this.written];
  }

  /** Appointments that would occupy what others occupy are recorded beside these, instead of refused. */
  keepClashes(): void {
    this.keepsClashes = true;
  }

  send({ notBefore, ...message }: OutboxMessage): void {
    this.outbox.push({ ...message, ...(notBefore === undefined ? {} : { notBefore: toTimestamp(notBefore) }) });
  }

  /** Adds a fact to the audit trail, in this commit. `wrote` is called after it. */
  audit(fact: AuditFact, wrote?: () => void): void {
    this.facts.push(fact);
    if (wrote !== undefined) this.tellers.push(wrote);
  }

  async commit(database: Database): Promise<CommitResult> {
    // Leave empty lists out: the function skips them.
    const lists = Object.fromEntries(
      Object.entries({
        conditions: [...this.conditions].map(([criterion, writes]) => ({ criterion, writes })),
        agendas: [...this.agendas].map(([schedule, version]) => ({ schedule, version })),
        idle: this.idle,
        release: [...this.release],
        take: ordinaryFirst(this.take),
        present: this.present,
        leaving: [...this.leaving],
        keys: this.keys,
        schedules: [...this.schedules.values()],
        practices: this.practices,
        outbox: this.outbox,
        audit: this.facts.map(trailRow),
      }).filter(([, list]) => list.length > 0),
    );
    const unit = {
      ...lists,
      ...(this.idempotency === undefined ? {} : { idempotency: this.idempotency }),
      ...(database.testClock === undefined ? {} : { testNow: toTimestamp(database.testClock()) }),
      ...(this.author === undefined ? {} : { author: this.author }),
      ...(this.keepsClashes ? { keepClashes: true } : {}),
    };
    // Always in the same order, so that two units never wait for each other.
    const puts = [...this.puts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, put]) => put);
    const result = await commitOnce<RawResult>(database, unit, puts);
    if ('overtaken' in result) throw overtaken();
    if ('floor' in result) raiseFloor(database, result.floor);
    if ('beside' in result) this.recorded = result.beside;
    if ('ok' in result && this.outbox.length > 0) announceOutbox(database);
    if ('ok' in result && puts.length > 0) announceChanges(database);
    if ('ok' in result) for (const wrote of this.tellers) wrote();
    if ('taken' in result) {
      const { start, end, ...taken } = result.taken;
      return { ...result, taken: { ...taken, start: Date.parse(start), end: Date.parse(end) } };
    }
    return result;
  }
}
