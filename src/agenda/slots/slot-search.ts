/**
 * Search and read of Slot: SQL finds the agendas, one range query finds their busy time, and the slots are computed.
 * The id of a computed slot stays valid for ever. Spec: 6.7, ADR 0014
 */
import { FRANCE } from '../../fhir/date.ts';
import {
  type Context,
  requireExisting,
  type SearchEntry,
  type SearchResult,
  type Stored,
} from '../../fhir/interaction.ts';
import { isWithin } from '../../fhir/grants.ts';
import { FhirError, notFound } from '../../fhir/issue.ts';
import { localId } from '../../fhir/local-reference.ts';
import { parseResource } from '../../fhir/json.ts';
import type { Slot } from '../../fhir/resources.ts';
import { matches } from '../../fhir/search/match.ts';
import type { Criterion, SearchRequest, ReadScope } from '../../fhir/search/request.ts';
import { closures } from '../../scheduling/availability.ts';
import type { Interval } from '../../scheduling/interval.ts';
import { parseSlotId } from '../../scheduling/slot-id.ts';
import { badCursor, decodeCursor, encodeCursor } from '../../store/resources/cursor.ts';
import type { ResourceReader } from '../../store/resources/resource-reader.ts';
import { personReads } from '../../store/resources/read-rights.ts';
import type { AgendaRow } from '../../store/resources/agenda-reader.ts';
import type { Agendas, LoadedAgenda } from '../agendas.ts';
import { includeFor } from './include.ts';
import type { AgendaSettings } from '../settings.ts';
import { readSlotQuery, type SlotQuery, withAnySchedule } from './slot-query.ts';
import {
  type AgendaState,
  busySlots,
  type Candidate,
  candidate,
  explicitCandidate,
  SlotStates,
  stateOf,
} from './slot-state.ts';
import { slotWindow, startTest } from './slot-window.ts';

export class SlotSearch {
  private readonly agendas: Agendas;
  private readonly reader: ResourceReader;
  private readonly settings: AgendaSettings;
  readonly states: SlotStates;

  constructor(agendas: Agendas, reader: ResourceReader, settings: AgendaSettings) {
    this.agendas = agendas;
    this.reader = reader;
    this.settings = settings;
    this.states = new SlotStates(agendas, settings);
  }

  async search(context: Context, request: SearchRequest): Promise<SearchResult> {
    const query = readSlotQuery(request.criteria, request.readScope);
    const limit = Math.min(request.count ?? this.settings.maxPage, this.settings.maxPage);
    const ids = await this.wantedIds(query, request.readScope);
    const candidates =
      ids === undefined
        ? await this.inWindow(context, query, request.readScope)
        : await this.byIds(context, query, ids, request.readScope);
    candidates.sort(order(request));
    const from = request.cursor === undefined ? 0 : after(candidates, request);
    const page = candidates.slice(from, from + limit);
    const entries: SearchEntry[] = page.map((slot) => ({
      type: 'Slot',
      id: slot.id,
      body: slot.text(),
      mode: 'match',
    }));
    const agendas = [...new Map(page.map((slot) => [slot.schedule, slot.loaded])).values()];
    const atHand = request.includes.length === 0 ? undefined : await this.agendas.atHand(agendas);
    const sources = page.map(({ id, schedule }) => ({
      type: 'Slot',
      id,
      references: { schedule: [`Schedule/${schedule}`] },
    }));
    const included = await includeFor(this.reader, request, sources, this.settings.includes, atHand);
    if (included.every(({ type }) => personReads(type) === 'all')) context.showed?.({ agendas: countByAgenda(page) });
    const last = page.at(-1);
    return {
      total: request.total === 'none' ? undefined : candidates.length,
      entries: [...entries, ...included],
      next:
        from + limit < candidates.length && last && limit > 0
          ? encodeCursor([String(last.start), last.schedule, last.id])
          : undefined,
    };
  }

  /** Ids named by `_id`, `identifier` or `_has`; `undefined` when the search names none. */
  private async wantedIds(query: SlotQuery, readScope: ReadScope | undefined): Promise<Set<string> | undefined> {
    let wanted: Set<string> | undefined;
    const narrow = (ids: Iterable<string>): void => {
      const set = new Set(ids);
      wanted = wanted === undefined ? set : new Set([...wanted].filter((id) => set.has(id)));
    };
    for (const ids of query.ids) narrow(ids);
    for (const { type, parameter, of } of query.has) {
      const references = await this.reader.referencesOfMatching(type, parameter.column, [of], readScope);
      narrow(
        references
          .filter((reference) => reference.startsWith('Slot/'))
          .map((reference) => reference.slice('Slot/'.length)),
      );
    }
    return wanted;
  }

  private async byIds(
    context: Context,
    query: SlotQuery,
    ids: Set<string>,
    readScope: ReadScope | undefined,
  ): Promise<Candidate[]> {
    // Keyed by the id of the slot: several spellings of an id may name the same slot.
    const found = new Map<string, Candidate>();
    const rows = await this.matchingAgendas(query, readScope, true);
    const allowed = query.schedules.length > 0 ? new Set(rows.map((row) => row.schedule)) : undefined;
    const isWanted = slotTest(query);
    for (const id of [...ids].slice(0, this.settings.maxPage)) {
      try {
        const { slot } = await this.find(context, id);
        if ((allowed === undefined || allowed.has(slot.schedule)) && isWanted(slot)) found.set(slot.id, slot);
      } catch (error) {
        if (!(error instanceof FhirError) || (error.code !== 'not-found' && error.code !== 'deleted')) throw error;
      }
    }
    return [...found.values()];
  }

  /** Ids of the Schedules that match `scheduleCriteria` and have a slot that matches all of `slotCriteria` at once. */
  async schedulesWith(
    context: Context,
    scheduleCriteria: readonly Criterion[],
    slotCriteria: readonly Criterion[],
    readScope?: ReadScope,
  ): Promise<string[]> {
    const query = { ...readSlotQuery(slotCriteria, readScope), isChained: true };
    query.schedules.push(...scheduleCriteria);
    const slots = await this.inWindow(context, query, readScope);
    return [...new Set(slots.map((slot) => slot.schedule))];
  }

  private async matchingAgendas(
    query: SlotQuery,
    readScope: ReadScope | undefined,
    unlimited = false,
  ): Promise<AgendaRow[]> {
    const maxAgendas = this.settings.searchedAgendas;
    const scope = query.isChained ? readScope : withAnySchedule(readScope);
    const rows = await this.agendas.stored.matching(query.schedules, maxAgendas + 1, scope);
    if (rows.length > maxAgendas && !unlimited) {
      throw new FhirError(
        'too-costly',
        `The search covers more than ${maxAgendas} agendas; add criteria on the agenda (schedule.actor...)`,
        {
          expression: 'schedule',
          text: `Trop d'agendas concernés (plus de ${maxAgendas}) : précisez la recherche.`,
        },
      );
    }
    return rows;
  }

  private async inWindow(context: Context, query: SlotQuery, readScope: ReadScope | undefined): Promise<Candidate[]> {
    const windowIn = (zone: string): Interval => slotWindow(query.starts, context.now, this.settings.windowDays, zone);
    // Refuse a time that is too long, whoever has agendas.
    windowIn(FRANCE);
    const wants = (status: string): boolean => query.statuses === undefined || query.statuses.has(status);
    const rows = await this.matchingAgendas(query, readScope);
    if (rows.length === 0) return [];
    const agendas = await this.agendas.load(rows);
    const windows = new Map(
      [...new Set(agendas.map(({ agenda }) => agenda.zone))].map((zone) => [zone, windowIn(zone)]),
    );
    const states = await this.statesIn(windows, agendas, context.now);
    const found: Candidate[] = [];
    const isWanted = slotTest(query);
    for (const loaded of agendas) {
      const state = states.get(loaded.schedule)!;
      const window = windows.get(loaded.agenda.zone)!;
      const add = (slot: Candidate): void => {
        if (slot.start >= window.start && slot.start < window.end && isWanted(slot)) found.push(slot);
      };
      if (wants('free')) for (const slot of state.free) add(slot);
      if (wants('busy') || wants('busy-tentative'))
        for (const slot of busySlots(loaded, state.busy)) add(candidate(slot));
      if (wants('busy-unavailable')) {
        for (const { start, end, reason } of closures(loaded.agenda, window)) {
          add(
            candidate({
              loaded,
              start,
              end,
              status: 'busy-unavailable',
              serviceTypes: [],
              part: 'c',
              comment: reason?.text ?? reason?.coding?.[0]?.display,
            }),
          );
        }
      }
      for (const slot of state.explicit) add(explicitCandidate(loaded, slot, state));
    }
    return found;
  }

  /** Each agenda in the window of its own zone. */
  private async statesIn(
    windows: ReadonlyMap<string, Interval>,
    agendas: readonly LoadedAgenda[],
    now: number,
  ): Promise<Map<string, AgendaState>> {
    const all = new Map<string, AgendaState>();
    for (const [zone, window] of windows) {
      const there = agendas.filter(({ agenda }) => agenda.zone === zone);
      for (const [schedule, state] of await this.states.of(there, window, now)) all.set(schedule, state);
    }
    return all;
  }

  /** The slot with this id, as it is now; `stored` if it is an explicit Slot. Throws `not-found`. */
  async find(context: Context, id: string): Promise<{ slot: Candidate; stored?: Stored }> {
    const key = parseSlotId(id);
    if (key === undefined) return this.findExplicit(context, id);
    const row = await this.agendas.stored.byCode(key.agenda);
    const [loaded] = row === undefined ? [] : await this.agendas.load([row]);
    if (loaded === undefined) throw notFound('Slot', id);
    const time = { start: key.start, end: key.start + key.durationMs };
    const state = await this.stateAt(context, loaded, time.start);
    return { slot: candidate(stateOf(loaded, state, time, key.part)) };
  }

  private async findExplicit(context: Context, id: string): Promise<{ slot: Candidate; stored: Stored }> {
    const stored = requireExisting('Slot', id, await this.reader.read('Slot', id));
    const { schedule, status, start, end } = parseResource('Slot', stored.body);
    const agenda = localId(schedule, 'Schedule');
    const [loaded] = await this.agendas.load(await this.agendas.stored.rows(agenda === undefined ? [] : [agenda]));
    if (loaded === undefined) throw notFound('Slot', id);
    const time = { start: Date.parse(start), end: Date.parse(end) };
    const state = await this.stateAt(context, loaded, time.start);
    return { slot: explicitCandidate(loaded, { id, status, ...time, body: stored.body }, state), stored };
  }

  private async stateAt({ now }: Context, loaded: LoadedAgenda, start: number): Promise<AgendaState> {
    return (await this.states.of([loaded], { start, end: start + 1 }, now)).get(loaded.schedule)!;
  }
}

/** Does a slot satisfy the criteria on its status, its start and its elements? */
function slotTest({ statuses, starts, rest, limit }: SlotQuery): (slot: Candidate) => boolean {
  const isInTime = startTest(starts);
  return (slot) =>
    (statuses === undefined || statuses.has(slot.status)) &&
    isInTime(slot.start, slot.loaded.agenda.zone) &&
    (rest.length === 0 || isEvery(rest, slot.value())) &&
    (limit === 'all' || isWithin(limit, slot.value()));
}

function isEvery(criteria: readonly Criterion[], slot: Slot): boolean {
  return criteria.every((criterion) => matches(criterion, slot));
}

function order(request: SearchRequest): (a: Candidate, b: Candidate) => number {
  const sign = request.sort.find(({ parameter }) => parameter.name === 'start')?.descending ? -1 : 1;
  const text = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return (a, b) => sign * (a.start - b.start) || text(a.schedule, b.schedule) || text(a.id, b.id);
}

/**
 * Index of the first slot after the cursor. The cursor holds the sort keys of the last slot, so that pages stay
 * consistent while slots come and go.
 */
function after(candidates: readonly Candidate[], request: SearchRequest): number {
  const [start = '', schedule = '', id = ''] = decodeCursor(request.cursor!);
  if (!/^-?\d{1,16}$/.test(start)) throw badCursor();
  const last = { start: Number(start), schedule, id } as Candidate;
  const compare = order(request);
  const next = candidates.findIndex((candidate) => compare(candidate, last) > 0);
  return next < 0 ? candidates.length : next;
}

/** The number of slots by `Schedule/x`. */
function countByAgenda(slots: readonly Candidate[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { schedule } of slots) {
    const reference = `Schedule/${schedule}`;
    counts.set(reference, (counts.get(reference) ?? 0) + 1);
  }
  return counts;
}
