/**
 * Loads agendas: the row that bookings lock, and the Schedule, compiled once per version.
 * Caches are keyed by version and counter, so they are never stale and need no invalidation.
 */
import type { Stored } from '../fhir/interaction.ts';
import { LRUCache } from 'lru-cache';
import { keysOfConcept } from '../fhir/french/visit-kind.ts';
import { parseResource } from '../fhir/json.ts';
import { localTarget } from '../fhir/local-reference.ts';
import { list, type Schedule } from '../fhir/resources.ts';
import { type Agenda, compileAgenda } from '../scheduling/agenda.ts';
import type { Interval } from '../scheduling/interval.ts';
import type { BusyTime, ExplicitSlot } from '../scheduling/slots.ts';
import { AgendaReader, type AgendaRow, type TakenTime } from '../store/resources/agenda-reader.ts';
import type { ResourceReader } from '../store/resources/resource-reader.ts';
import type { InheritedSettings } from './inherited.ts';
import type { AtHand, ResourceAtHand } from './slots/include.ts';
import type { AgendaSettings } from './settings.ts';

export interface LoadedAgenda extends AgendaRow {
  agenda: Agenda;
  resource: Schedule;
  /** The Schedule as finished JSON text. */
  body: string;
  /** `Type/id` of its actors. */
  actors: string[];
  /** Of a team: its people, by the references that may name them; of any other agenda `undefined`. */
  members: ReadonlyMap<string, string> | undefined;
}

export interface BusyRow extends BusyTime {
  /** Row number: distinguishes busy slots with the same start and length. */
  number: number;
  appointment: string;
  tentative: boolean;
  /** End of a hold, epoch milliseconds; `null`: no hold. */
  expires: number | null;
}

/** An explicit Slot with its JSON text. */
export type ExplicitSlotRow = ExplicitSlot & { body: string };

type Compiled = Pick<LoadedAgenda, 'agenda' | 'resource' | 'body' | 'actors' | 'members'>;

/** Two changes that cross may leave an old copy in the cache: it ends after this time. */
const ACTOR_TTL_MS = 60_000;

export class Agendas {
  private readonly compiled: LRUCache<string, Compiled>;
  /** The actors that answers include. A change of an actor increments the counter of its agendas. */
  private readonly actors: LRUCache<string, Stored[]>;
  private readonly reader: ResourceReader;
  private readonly settings: AgendaSettings;
  readonly stored: AgendaReader;

  constructor(reader: ResourceReader, settings: AgendaSettings, stored = new AgendaReader(reader.database)) {
    this.reader = reader;
    this.stored = stored;
    // A compiled agenda takes about four times as much memory as its text.
    this.compiled = new LRUCache({
      maxSize: settings.cacheBytes,
      sizeCalculation: ({ body }) => 1000 + 4 * body.length,
    });
    this.settings = settings;
    this.actors = new LRUCache({
      maxSize: settings.cacheBytes / 4,
      sizeCalculation: (list) => list.reduce((sum, { body }) => sum + body!.length, 200),
      ttl: ACTOR_TTL_MS,
    });
  }

  async load(rows: readonly AgendaRow[]): Promise<LoadedAgenda[]> {
    const missing = rows.filter((row) => !this.compiled.has(keyOf(row)));
    if (missing.length > 0) {
      const bodies = await this.stored.schedules(missing.map((row) => row.schedule));
      const found = new Map(bodies.map((body) => [body.id, body]));
      for (const row of missing) {
        const schedule = found.get(row.schedule);
        if (schedule === undefined) continue;
        // The Schedule may have changed between the two reads: the version that was read is the key.
        this.compiled.set(keyOf({ ...row, version: schedule.version }), this.compile(row, schedule.body));
      }
      const versions = new Map(bodies.map((body) => [body.id, body.version]));
      rows = rows.map((row) => ({ ...row, version: versions.get(row.schedule) ?? row.version }));
    }
    return rows.flatMap((row) => {
      const compiled = this.compiled.get(keyOf(row));
      return compiled === undefined ? [] : [{ ...row, ...compiled }];
    });
  }

  private compile(row: AgendaRow, body: string): Compiled {
    const resource = parseResource('Schedule', body);
    const inherited = JSON.parse(row.context) as InheritedSettings;
    const actors = resource.actor.flatMap((actor) => localTarget(actor) ?? []);
    return {
      resource,
      body,
      actors,
      members: inherited.members && new Map(Object.entries(inherited.members)),
      agenda: compileAgenda(resource, { ...inherited, defaultDurationMs: this.settings.defaultDurationMs }),
    };
  }

  /** Agendas and their actors as finished resources, for answers that include them. */
  async atHand(agendas: readonly LoadedAgenda[]): Promise<AtHand> {
    const missing = agendas.filter((agenda) => !this.actors.has(keyOfActors(agenda)));
    if (missing.length > 0) {
      const stored = await this.reader.readReferences(missing.flatMap(({ actors }) => actors));
      const read = new Map(stored.map((actor) => [`${actor.type}/${actor.id}`, actor]));
      for (const agenda of missing) {
        const actors = agenda.actors.flatMap((reference) => read.get(reference) ?? []);
        this.actors.set(keyOfActors(agenda), actors);
      }
    }
    const found = new Map<string, ResourceAtHand>();
    for (const agenda of agendas) {
      found.set(`Schedule/${agenda.schedule}`, {
        type: 'Schedule',
        id: agenda.schedule,
        body: agenda.body,
        references: { actor: agenda.actors },
      });
      for (const { type, id, body } of this.actors.get(keyOfActors(agenda)) ?? [])
        found.set(`${type}/${id}`, { type, id, body: body! });
    }
    return found;
  }

  /** The taken time of each agenda in a window, in one query. */
  async busy(agendas: readonly AgendaRow[], window: Interval, now: number): Promise<Map<string, BusyRow[]>> {
    const taken = await this.stored.busy(agendas, window, now);
    return new Map(
      [...taken].map(([schedule, times]) => [schedule, times.map((time) => toBusy(time, time.schedule === schedule))]),
    );
  }

  /** The explicit Slots in a window, by agenda. */
  async explicit(agendas: readonly AgendaRow[], window: Interval): Promise<Map<string, ExplicitSlotRow[]>> {
    const rows = await this.stored.explicitSlots(
      agendas.map(({ schedule }) => schedule),
      window,
    );
    const result = new Map<string, ExplicitSlotRow[]>();
    for (const { id, schedule, body } of rows) {
      const { status, start, end, serviceType } = parseResource('Slot', body);
      const types = list(serviceType).flatMap(keysOfConcept);
      const slot = { id, status, start: Date.parse(start), end: Date.parse(end), types, body };
      result.set(schedule, [...(result.get(schedule) ?? []), slot]);
    }
    return result;
  }
}

/**
 * Names every property: objects made by rest destructuring are several times slower to read, and these are read often.
 */
function toBusy(time: TakenTime, own: boolean): BusyRow {
  const { id, start, end, lane, appointment, tentative, expires, bufferMs, kind, places } = time;
  return { start, end, lane, own, number: id, appointment, tentative, expires, bufferMs, kind, places };
}

function keyOfActors({ schedule, version, changes }: LoadedAgenda): string {
  return `${schedule}@${version}.${changes}`;
}

function keyOf(row: AgendaRow): string {
  return `${row.schedule}@${row.version}@${row.context}`;
}
