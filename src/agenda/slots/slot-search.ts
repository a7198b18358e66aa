/**
 * Search and read of Slot: the agendas by SQL, their busy time by one range query, the slots by computation.
 * A slot that was ever computed keeps its id and can be read by it for ever. Spec: 6.7, ADR 0014
 */
import {
  type Context,
  requireExisting,
  type SearchEntry,
  type SearchResult,
  type Stored,
} from '../../fhir/interaction.ts';
import { FhirError, notFound } from '../../fhir/issue.ts';
import { localId } from '../../fhir/local-reference.ts';
import { parseResource } from '../../fhir/json.ts';
import type { Slot } from '../../fhir/resources.ts';
import { matches } from '../../fhir/search/match.ts';
import type { Criterion, SearchRequest, ReadScope } from '../../fhir/search/request.ts';
import { closures } from '../../scheduling/availability.ts';
import type { Interval } from '../../scheduling/interval.ts';
import { parseSlotId } from '../../scheduling/slot-id.ts';
import { decodeCursor, encodeCursor } from '../../store/resources/cursor.ts';
import type { ResourceReader } from '../../store/resources/resource-reader.ts';
import type { AgendaRow } from '../../store/resources/agenda-reader.ts';
import type { Agendas, LoadedAgenda } from '../agendas.ts';
import { includeFor } from './include.ts';
import type { AgendaSettings } from '../settings.ts';
import { readSlotQuery, type SlotQuery } from './slot-query.ts';
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
    const query = readSlotQuery(request.criteria);
    const window = slotWindow(query.starts, context.now, this.settings.windowDays);
    const limit = Math.min(request.count ?? this.settings.maxPage, this.settings.maxPage);
    const ids = await this.wantedIds(query, request.sight);
    const candidates =
      ids === undefined
        ? await this.inWindow(context, query, window, request.sight)
        : await this.byIds(context, query, ids, request.sight);
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
  private async wantedIds(query: SlotQuery, sight: ReadScope | undefined): Promise<Set<string> | undefined> {
    let wanted: Set<string> | undefined;
    const narrow = (ids: Iterable<string>): void => {
      const set = new Set(ids);
      wanted = wanted === undefined ? set : new Set([...wanted].filter((one) => set.has(one)));
    };
    for (const ids of query.ids) narrow(ids);
    for (const one of query.has) {
      const references = await this.reader.referencesOfMatching(one.type, one.parameter.column, [one.of], sight);
      narrow(references.filter((ref) => ref.startsWith('Slot/')).map((ref) => ref.slice('Slot/'.length)));
    }
    return wanted;
  }

  private async byIds(
    context: Context,
    query: SlotQuery,
    ids: Set<string>,
    sight: ReadScope | undefined,
  ): Promise<Candidate[]> {
    // By its own id: several spellings of an id may name one slot.
    const found = new Map<string, Candidate>();
    const rows = await this.matchingAgendas(query, sight, true);
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

  /** Ids of the Schedules, among those that match `on`, with a slot that satisfies all of `criteria` at once. */
  async schedulesWith(context: Context, on: Criterion[], criteria: Criterion[], sight?: ReadScope): Promise<string[]> {
    const query = readSlotQuery(criteria);
    query.schedules.push(...on);
    const found = await this.inWindow(
      context,
      query,
      slotWindow(query.starts, context.now, this.settings.windowDays),
      sight,
    );
    return [...new Set(found.map((found) => found.loaded.schedule))];
  }

  private async matchingAgendas(
    query: SlotQuery,
    sight: ReadScope | undefined,
    unlimited = false,
  ): Promise<AgendaRow[]> {
    const most = this.settings.searchedAgendas;
    const rows = await this.agendas.stored.matching(query.schedules, most + 1, sight);
    if (rows.length > most && !unlimited) {
      throw new FhirError(
        'too-costly',
        `The search is about more than ${most} agendas; add criteria on the agenda (schedule.actor...)`,
        {
          expression: 'schedule',
          text: `Trop d'agendas concernés (plus de ${most}) : précisez la recherche.`,
        },
      );
    }
    return rows;
  }

  private async inWindow(
    context: Context,
    query: SlotQuery,
    window: Interval,
    sight: ReadScope | undefined,
  ): Promise<Candidate[]> {
    const wants = (status: string): boolean => query.statuses === undefined || query.statuses.has(status);
    const rows = await this.matchingAgendas(query, sight);
    if (rows.length === 0) return [];
    const agendas = await this.agendas.load(rows);
    const states = await this.states.of(agendas, window, context.now);
    const found: Candidate[] = [];
    const isWanted = slotTest(query);
    const add = (slot: Candidate): void => {
      if (slot.start >= window.start && slot.start < window.end && isWanted(slot)) found.push(slot);
    };
    for (const loaded of agendas) {
      const state = states.get(loaded.schedule)!;
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

  /** One slot by its id, as it is now; `stored`: it is a resource of its own. Throws `not-found`. */
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
function slotTest({ statuses, starts, rest }: SlotQuery): (slot: Candidate) => boolean {
  const isInTime = startTest(starts);
  return (slot) =>
    (statuses === undefined || statuses.has(slot.status)) &&
    isInTime(slot.start) &&
    (rest.length === 0 || isEvery(rest, slot.value()));
}

function isEvery(criteria: readonly Criterion[], slot: Slot): boolean {
  return criteria.every((criterion) => matches(criterion, slot));
}

function order(request: SearchRequest): (a: Candidate, b: Candidate) => number {
  const sign = request.sort.find((one) => one.parameter.name === 'start')?.descending ? -1 : 1;
  const text = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return (a, b) => sign * (a.start - b.start) || text(a.schedule, b.schedule) || text(a.id, b.id);
}

/** Index of the first slot after the cursor's; the cursor tells its place, so pages hold while slots come and go. */
function after(candidates: readonly Candidate[], request: SearchRequest): number {
  const [start = '', schedule = '', id = ''] = decodeCursor(request.cursor!);
  const last = { start: Number(start), schedule, id } as Candidate;
  const compare = order(request);
  const next = candidates.findIndex((candidate) => compare(candidate, last) > 0);
  return next < 0 ? candidates.length : next;
}
