/**
 * The aggregated search: one query to all partners concerned, one searchset from their answers, and how it ended at
 * each partner. Either at once, when every partner has answered or was given up, or partner by partner as server-sent
 * events: `partner`, `progress`, `end`.
 */
import { setTimeout } from 'node:timers/promises';
import type { Context, SearchResult } from '../../../fhir/interaction.ts';
import { errorOf } from '../../../fhir/issue.ts';
import type { SearchRequest } from '../../../fhir/search/request.ts';
import { searchBundle } from '../../../rest/bundle-text.ts';
import type { EventSource, ServerEvent } from '../../../rest/event-stream.ts';
import type { PartnerHealth } from '../../../store/records/partner-health.ts';
import type { PartnerReader, Whereabouts } from '../../../store/records/partners.ts';
import type { Contract } from '../../contract/contract.ts';
import type { Registry } from '../partners/registry.ts';
import { type AggregatedQuery, readAggregatedQuery } from './aggregated-query.ts';
import type { Directory } from './directory.ts';
import { type FanOut, fanOut, type PartnerResult } from './fan-out.ts';
import { entriesOf, Merger } from './merge.ts';
import { outcomeIssue, type PartnerOutcome, toOutcomeResource } from './partner-outcome.ts';

/** How long a directory entry from an all-partner search is trusted. */
const TRUSTED_MS = 24 * 3_600_000;
/** How long a search waits for the directory. */
const MAX_WAIT_MS = 1000;

export interface SearchParts {
  contract: Contract;
  registry: Registry;
  records: PartnerReader;
  directory: Directory;
  health: PartnerHealth;
  /** `outcome`: `ok`, or the code of the failure. */
  observe: (partner: string, outcome: string, seconds: number) => void;
}

export class AggregatedSearch {
  readonly #parts: SearchParts;

  constructor(parts: SearchParts) {
    this.#parts = parts;
  }

  /** Throws 502 with every partner's outcome when none has answered. */
  async search(context: Context, request: SearchRequest): Promise<SearchResult> {
    const { query, out } = await this.#ask(context, request);
    const results = await Promise.all(out.asked.map(({ result }) => result));
    this.#learn(context, out, results);
    const merger = new Merger();
    const merged = results.map(({ answer, outcome }) => {
      const part = merger.add(answer);
      return { part, outcome: counted(outcome, part) };
    });
    const parts = merged.map(({ part }) => part);
    const outcomes = merged.map(({ outcome }) => outcome);
    if (outcomes.every(({ batches }) => batches.ok === 0))
      throw errorOf(
        outcomes.map((outcome) => ({ ...outcomeIssue(outcome), severity: 'error' as const })),
        502,
      );
    return {
      total: outcomes.reduce((sum, { count }) => sum + count, 0),
      entries: entriesOf(parts, query.kind),
      issues: [...query.issues],
      outcomes: outcomes.map((outcome) => JSON.stringify(toOutcomeResource(outcome))),
    };
  }

  /**
   * `partner`: {partner, name, fate, delayMs, count, outcome, bundle}; `progress`: {answered, failed, waiting, total};
   * `end`: {count, ...progress}.
   */
  async searchEvents(context: Context, request: SearchRequest): Promise<EventSource> {
    const callerGone = new AbortController();
    const { query, out } = await this.#ask(context, request, callerGone.signal);
    // When the caller has left, partners were cut off: missing answers prove nothing.
    void Promise.all(out.asked.map(({ result }) => result)).then(
      (results) => callerGone.signal.aborted || this.#learn(context, out, results),
    );
    return (closed) => {
      closed.addEventListener('abort', () => callerGone.abort(), { once: true });
      return eventsOf(context, query, out);
    };
  }

  async #ask(
    context: Context,
    request: SearchRequest,
    callerGone?: AbortSignal,
  ): Promise<{ query: AggregatedQuery; out: FanOut }> {
    const started = performance.now();
    const { contract, registry } = this.#parts;
    const query = readAggregatedQuery(request, contract);
    const whereabouts = await this.#whereabouts(context, query);
    return { query, out: fanOut(registry, query, whereabouts, started, callerGone) };
  }

  /** Searches go on without a database: then every partner is asked. */
  async #whereabouts(context: Context, { identifiers }: AggregatedQuery): Promise<Map<string, Whereabouts>> {
    const late = setTimeout(MAX_WAIT_MS, undefined, { ref: false });
    const found = this.#parts.records.knownAt(identifiers, context.now - TRUSTED_MS).catch(() => undefined);
    return (await Promise.race([found, late])) ?? new Map();
  }

  /** Notes who is where, once every partner asked has answered, and the names. The search does not wait for it. */
  #learn(context: Context, { unsure }: FanOut, results: readonly PartnerResult[]): void {
    const { health, directory, observe } = this.#parts;
    for (const { outcome } of results) {
      if (outcome.code === 'disabled') continue;
      health.note(outcome.partner.id, outcome.batches.ok > 0, outcome.delayMs, context.now);
      observe(outcome.partner.id, outcome.code, outcome.delayMs / 1000);
    }
    const isWhole = results.every(({ outcome }) => outcome.code === 'ok' || outcome.code === 'disabled');
    const places = isWhole
      ? unsure.flatMap((identifier) =>
          results
            .filter(({ answer }) => answer.answered.has(identifier))
            .map(({ outcome }) => ({ identifier, partner: outcome.partner.id })),
        )
      : [];
    directory.note(
      context,
      places,
      results.flatMap(({ answer }) => answer.directory),
    );
  }
}

/** The outcome with the counts that only the merge knows. */
function counted(
  outcome: PartnerOutcome,
  { slots, folded }: { slots: readonly unknown[]; folded: number },
): PartnerOutcome {
  return { ...outcome, count: slots.length, folded: outcome.folded + folded };
}

async function* eventsOf(context: Context, query: AggregatedQuery, { asked }: FanOut): AsyncGenerator<ServerEvent> {
  const progress = { answered: 0, failed: 0, waiting: asked.length, total: asked.length };
  const merger = new Merger();
  let count = 0;
  yield event('progress', progress);
  for await (const { answer, outcome } of asTheyCome(asked.map(({ result }) => result))) {
    const part = merger.add(answer);
    const final = counted(outcome, part);
    count += final.count;
    progress.waiting--;
    if (final.batches.ok > 0) progress.answered++;
    else progress.failed++;
    const { partner, code, delayMs } = final;
    const bundle = searchBundle(
      context.base,
      { self: `${context.base}/${query.kind === 'SOS' ? 'Schedule' : 'Slot'}?_source=${partner.id}` },
      { total: final.count, entries: entriesOf([part], query.kind) },
    );
    const head = JSON.stringify({ partner: partner.id, name: partner.name, fate: code, delayMs, count: final.count });
    const resource = JSON.stringify(toOutcomeResource(final));
    yield { event: 'partner', data: `${head.slice(0, -1)},"outcome":${resource},"bundle":${bundle}}` };
    yield event('progress', progress);
  }
  yield event('end', { count, ...progress });
}

function event(name: string, value: object): ServerEvent {
  return { event: name, data: JSON.stringify(value) };
}

/** Results in the order in which they come. */
async function* asTheyCome<T>(results: readonly Promise<T>[]): AsyncGenerator<T> {
  const waiting = new Map(results.map((result, i) => [i, result.then((value) => ({ i, value }))]));
  while (waiting.size > 0) {
    const { i, value } = await Promise.race(waiting.values());
    waiting.delete(i);
    yield value;
  }
}
