/**
 * The aggregated search: one question to all partners concerned, one searchset from their answers, and what became of
 * each partner.
 * At once when all have answered or been given up, or told partner by partner as server-sent events: `partner`,
 * `progress`, `end`.
 */
import type { Context, SearchResult } from '../../../fhir/interaction.ts';
import { setTimeout } from 'node:timers/promises';
import { errorOf } from '../../../fhir/issue.ts';
import type { SearchRequest } from '../../../fhir/search/request.ts';
import { searchBundle } from '../../../rest/bundle-text.ts';
import type { EventSource, ServerEvent } from '../../../rest/event-stream.ts';
import type { PartnerHealth } from '../../../store/records/partner-health.ts';
import type { PartnerReader, Whereabouts } from '../../../store/records/partners.ts';
import type { Answer } from './answer.ts';
import type { Directory } from './directory.ts';
import { type FanOut, fanOut } from './fan-out.ts';
import { type PartnerOutcome, outcomeIssue, fateOutcome } from './partner-outcome.ts';
import { entriesOf, Merger } from './merge.ts';
import { type Question, readQuestion } from './question.ts';
import type { Registry } from '../partners/registry.ts';

/** How long it is believed that somebody whom everybody was asked for is only where he was found. */
const KNOWN_FOR = 24 * 3_600_000;
/** Milliseconds that a search waits for what is known. */
const MAX_LOOK = 1000;

interface Result {
  answer: Answer;
  fate: PartnerOutcome;
}

export class AggregatedSearch {
  private readonly registry: Registry;
  private readonly known: PartnerReader;
  private readonly directory: Directory;
  private readonly health: PartnerHealth;

  constructor(registry: Registry, known: PartnerReader, directory: Directory, health: PartnerHealth) {
    this.registry = registry;
    this.known = known;
    this.directory = directory;
    this.health = health;
  }

  /** Throws 502 with every partner's fate when none has answered. */
  async search(context: Context, request: SearchRequest): Promise<SearchResult> {
    const { question, out } = await this.ask(context, request);
    const results = await Promise.all(out.asked.map((one) => one.result));
    this.remember(context, out, results);
    const merger = new Merger();
    const parts = results.map(({ answer }) => merger.add(answer));
    const fates = results.map(({ fate }, i) => ({
      ...fate,
      count: parts[i]!.slots.length,
      folded: fate.folded + parts[i]!.folded,
    }));
    if (fates.every((fate) => fate.batches.ok === 0))
      throw errorOf(
        fates.map((fate) => ({ ...outcomeIssue(fate), severity: 'error' as const })),
        502,
      );
    const entries = entriesOf(parts, question.kind);
    return {
      total: parts.reduce((sum, part) => sum + part.slots.length, 0),
      entries,
      issues: [...question.issues],
      outcomes: fates.map((fate) => JSON.stringify(fateOutcome(fate))),
    };
  }

  /**
   * `partner`: {partner, name, fate, delayMs, count, outcome, bundle}; `progress`: {answered, failed, waiting, total};
   * `end`: {count, ...progress}.
   */
  async searchEvents(context: Context, request: SearchRequest): Promise<EventSource> {
    const leaving = new AbortController();
    const { question, out } = await this.ask(context, request, leaving.signal);
    // Of a search that was left, what is missing says nothing about anybody.
    void Promise.all(out.asked.map((one) => one.result)).then(
      (results) => leaving.signal.aborted || this.remember(context, out, results),
    );
    return (left) => {
      left.addEventListener('abort', () => leaving.abort(), { once: true });
      return this.tell(context, question, out);
    };
  }

  private async ask(
    context: Context,
    request: SearchRequest,
    leaving?: AbortSignal,
  ): Promise<{ question: Question; out: FanOut }> {
    const started = performance.now();
    const question = readQuestion(request);
    return {
      question,
      out: fanOut(this.registry, question, await this.whereabouts(context, question), started, leaving),
    };
  }

  /** Without a database everybody is asked: searches go on. */
  private async whereabouts(context: Context, { identifiers }: Question): Promise<Map<string, Whereabouts>> {
    const late = setTimeout(MAX_LOOK, undefined, { ref: false }).then(() => undefined);
    const found = await Promise.race([
      this.known.knownAt(identifiers, context.now - KNOWN_FOR).catch(() => undefined),
      late,
    ]);
    return found ?? new Map();
  }

  private async *tell(context: Context, question: Question, { asked }: FanOut): AsyncGenerator<ServerEvent> {
    const progress = { answered: 0, failed: 0, waiting: asked.length, total: asked.length };
    const merger = new Merger();
    let count = 0;
    yield event('progress', progress);
    for await (const { answer, fate } of asTheyCome(asked.map((one) => one.result))) {
      const part = merger.add(answer);
      const own = { ...fate, count: part.slots.length, folded: fate.folded + part.folded };
      count += own.count;
      progress.waiting--;
      if (own.batches.ok > 0) progress.answered++;
      else progress.failed++;
      const bundle = searchBundle(
        context.base,
        { self: `${context.base}/${question.kind === 'SOS' ? 'Schedule' : 'Slot'}?_source=${fate.partner.id}` },
        { total: own.count, entries: entriesOf([part], question.kind) },
      );
      const { partner, fate: outcome, delayMs } = own;
      const head = JSON.stringify({
        partner: partner.id,
        name: partner.name,
        fate: outcome,
        delayMs,
        count: own.count,
      });
      yield {
        event: 'partner',
        data: `${head.slice(0, -1)},"outcome":${JSON.stringify(fateOutcome(own))},"bundle":${bundle}}`,
      };
      yield event('progress', progress);
    }
    yield event('end', { count, ...progress });
  }

  /** Learns who is where, when everybody who was asked has answered; and the names. Nobody waits for it. */
  private remember(context: Context, { unsure }: FanOut, results: readonly Result[]): void {
    for (const { fate } of results)
      if (fate.fate !== 'disabled') this.health.note(fate.partner.id, fate.batches.ok > 0, fate.delayMs, context.now);
    const isWhole = results.every(({ fate }) => fate.fate === 'ok' || fate.fate === 'disabled');
    const known = isWhole
      ? unsure.flatMap((identifier) =>
          results
            .filter(({ answer }) => answer.seen.has(identifier))
            .map(({ fate }) => ({ identifier, partner: fate.partner.id })),
        )
      : [];
    this.directory.note(
      context,
      known,
      results.flatMap(({ answer }) => answer.directory),
    );
  }
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
