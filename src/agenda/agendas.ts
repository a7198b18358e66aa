/**
 * Agendas ready for computing: the row that bookings lock, and the Schedule compiled once per version.
 * Caches are keyed by version and counter, so they are never stale and need no invalidation.
 */
import type { Stored } from '../fhir/interaction.ts';
import { LRUCache } from 'lru-cache';
import { elementsAt } from '../fhir/search/extract.ts';
import { readServiceTypeDurations, readTimezone, type ServiceTypeDuration } from '../fhir/french/fr-extensions.ts';
import { parseJson } from '../fhir/json.ts';
import { localTarget } from '../fhir/local-reference.ts';
import type { Reference, Resource } from '../fhir/resource.ts';
import { type Agenda, compileAgenda } from '../scheduling/agenda.ts';
import type { Interval } from '../scheduling/interval.ts';
import type { BusyTime, ExplicitSlot } from '../scheduling/slots.ts';
import { AgendaReader, type AgendaRow, type TakenTime } from '../store/resources/agenda-reader.ts';
import type { ResourceReader } from '../store/resources/resource-reader.ts';
import type { AtHand, ResourceAtHand } from './slots/include.ts';
import type { AgendaSettings } from './settings.ts';

/** What the actors of an agenda add to it; stored in its row, so that one read tells all. */
export interface ActorContext {
  placeZone?: string;
  durations?: ServiceTypeDuration[];
}

export interface LoadedAgenda extends AgendaRow {
  agenda: Agenda;
  resource: Resource;
  /** The Schedule as finished JSON text. */
  body: string;
  /** `Type/id` of its actors. */
  actors: string[];
}

export interface BusyRow extends BusyTime {
  /** Row number: names the busy slot when several share start and length. */
  number: number;
  appointment: string;
  tentative: boolean;
  /** When a hold ends by itself, epoch milliseconds; `null`: never. */
  expires: number | null;
}

export class Agendas {
  private readonly compiled: LRUCache<string, Pick<LoadedAgenda, 'agenda' | 'resource' | 'body' | 'actors'>>;
  /**
   * Actors as they are sent along. A change of one raises the counter of its agendas; the time limit is for two changes
   * that crossed.
   */
  private readonly actors: LRUCache<string, Stored[]>;
  private readonly reader: ResourceReader;
  private readonly settings: AgendaSettings;
  readonly stored: AgendaReader;

  constructor(reader: ResourceReader, settings: AgendaSettings, stored = new AgendaReader(reader.database)) {
    this.reader = reader;
    this.stored = stored;
    // A compiled agenda takes some four times the text that it was read from.
    this.compiled = new LRUCache({
      maxSize: settings.cacheBytes,
      sizeCalculation: ({ body }) => 1000 + 4 * body.length,
    });
    this.settings = settings;
    this.actors = new LRUCache({
      maxSize: settings.cacheBytes / 4,
      sizeCalculation: (list) => list.reduce((sum, one) => sum + one.body!.length, 200),
      ttl: 60_000,
    });
  }

  async load(rows: readonly AgendaRow[]): Promise<LoadedAgenda[]> {
    const missing = rows.filter((row) => !this.compiled.has(keyOf(row)));
    if (missing.length > 0) {
      const bodies = await this.stored.schedules(missing.map((row) => row.schedule));
      const found = new Map(bodies.map((body) => [body.id, body]));
      for (const row of missing) {
        const one = found.get(row.schedule);
        // A Schedule that changed between the two reads is left out of the cache under the old version.
        if (one !== undefined) this.compiled.set(keyOf({ ...row, version: one.version }), this.compile(row, one.body));
      }
      const versions = new Map(bodies.map((body) => [body.id, body.version]));
      rows = rows.map((row) => ({ ...row, version: versions.get(row.schedule) ?? row.version }));
    }
    return rows.flatMap((row) => {
      const compiled = this.compiled.get(keyOf(row));
      return compiled === undefined ? [] : [{ ...row, ...compiled }];
    });
  }

  private compile(row: AgendaRow, body: string): Pick<LoadedAgenda, 'agenda' | 'resource' | 'body' | 'actors'> {
    const resource = parseJson(body) as Resource;
    const context = JSON.parse(row.context) as ActorContext;
    const actors = ((resource['actor'] as Reference[] | undefined) ?? []).flatMap((actor) => localTarget(actor) ?? []);
    return {
      resource,
      body,
      actors,
      agenda: compileAgenda(resource, { ...context, defaultDurationMs: this.settings.defaultDurationMs }),
    };
  }

  /** Agendas and their actors as finished resources, for answers that include them. */
  async atHand(agendas: readonly LoadedAgenda[]): Promise<AtHand> {
    const keyOfActors = (loadedAgenda: LoadedAgenda): string =>
      `${loadedAgenda.schedule}@${loadedAgenda.version}.${loadedAgenda.changes}`;
    const missing = agendas.filter((agenda) => !this.actors.has(keyOfActors(agenda)));
    if (missing.length > 0) {
      const read = new Map(
        (await this.reader.readReferences(missing.flatMap((one) => one.actors))).map((reference) => [
          `${reference.type}/${reference.id}`,
          reference,
        ]),
      );
      for (const one of missing)
        this.actors.set(
          keyOfActors(one),
          one.actors.flatMap((reference) => read.get(reference) ?? []),
        );
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

  /** Time taken in a window, for each of the agendas, in one query. */
  async busy(agendas: readonly AgendaRow[], window: Interval, now: number): Promise<Map<string, BusyRow[]>> {
    const taken = await this.stored.busy(agendas, window, now);
    return new Map(
      [...taken].map(([schedule, list]) => [schedule, list.map((one) => toBusy(one, one.schedule === schedule))]),
    );
  }

  /** Slot resources that meet a window, by agenda. */
  async explicit(
    agendas: readonly AgendaRow[],
    window: Interval,
  ): Promise<Map<string, (ExplicitSlot & { body: string })[]>> {
    const rows = await this.stored.explicitSlots(
      agendas.map((agenda) => agenda.schedule),
      window,
    );
    const result = new Map<string, (ExplicitSlot & { body: string })[]>();
    for (const row of rows) {
      const slot = parseJson(row.body);
      const one = {
        id: row.id,
        status: slot.status,
        start: Date.parse(slot.start),
        end: Date.parse(slot.end),
        body: row.body,
      };
      result.set(row.schedule, [...(result.get(row.schedule) ?? []), one]);
    }
    return result;
  }

  /** What the actors of a Schedule say of its zone and durations, and whom its appointments occupy. */
  async resolveActors(schedule: Resource, changed?: Resource): Promise<{ keys: string[]; context: ActorContext }> {
    // The actor that is being written is not in the database yet.
    const current = (resource: Resource): Resource =>
      changed && resource.resourceType === changed.resourceType && resource.id === changed.id ? changed : resource;
    const references = ((schedule['actor'] as Reference[] | undefined) ?? []).flatMap(
      (actor) => localTarget(actor) ?? [],
    );
    const actors = (await this.reader.readReferences(references)).map((reference) =>
      current(parseJson(reference.body!) as Resource),
    );
    const places = actors.filter((actor) => actor.resourceType === 'Location');
    const rolePlaces = actors
      .filter((actor) => actor.resourceType === 'PractitionerRole')
      .flatMap((actor) => elementsAt(actor, 'location').flatMap((location: Reference) => localTarget(location) ?? []));
    const more = (await this.reader.readReferences(rolePlaces)).map((reference) =>
      current(parseJson(reference.body!) as Resource),
    );
    const inside = actors.flatMap((actor) =>
      ((actor['contained'] as Resource[] | undefined) ?? []).filter((part) => part.resourceType === 'Location'),
    );
    const placeZone = [...places, ...more, ...inside].map(readTimezone).find((zone) => zone !== undefined);
    const durations = actors.filter((actor) => actor.resourceType !== 'Location').flatMap(readServiceTypeDurations);
    return {
      keys: [`Schedule/${schedule.id}`, ...occupied(actors)],
      context: { ...(placeZone ? { placeZone } : {}), ...(durations.length > 0 ? { durations } : {}) },
    };
  }
}

/**
 * Written out: objects made by leaving something out are several times slower to read, and these are read again and
 * again.
 */
function toBusy({ id, start, end, lane, appointment, tentative, expires }: TakenTime, own: boolean): BusyRow {
  return { start, end, lane, own, number: id, appointment, tentative, expires };
}

/** Rooms, beds and vehicles hold one appointment at a time; a building does not. */
const ONE_AT_A_TIME = new Set(['ro', 'bd', 've', 'ca']);

/** Actors that cannot be in two places at once. An agenda shared by several professionals occupies none of them. */
function occupied(actors: readonly Resource[]): string[] {
  const professionals = new Set(
    actors
      .flatMap((actor) => {
        if (actor.resourceType === 'Practitioner') return [`Practitioner/${actor.id}`];
        if (actor.resourceType === 'PractitionerRole')
          return [localTarget(actor['practitioner'] as Reference | undefined) ?? ''];
        return [];
      })
      .filter((reference) => reference.startsWith('Practitioner/')),
  );
  const keys = professionals.size === 1 ? [...professionals] : [];
  for (const actor of actors) {
    if (actor.resourceType === 'Device') keys.push(`Device/${actor.id}`);
    if (actor.resourceType !== 'Location') continue;
    const kinds = elementsAt(actor, 'physicalType.coding.code') as string[];
    if (kinds.some((kind) => ONE_AT_A_TIME.has(kind)) || (kinds.length === 0 && actors.length === 1))
      keys.push(`Location/${actor.id}`);
  }
  return keys.sort();
}

function keyOf(row: AgendaRow): string {
  return `${row.schedule}@${row.version}@${row.context}`;
}
