/** Asks the partners concerned, all at once, each within its deadline; what one does never delays another. */
import { FhirError } from '../../../fhir/issue.ts';
import { type Answer, emptyAnswer, readAnswer } from './answer.ts';
import type { PartnerOutcome, Outcome } from './partner-outcome.ts';
import type { PartnerFailure, PartnerLink } from '../partners/partner-link.ts';
import { batchesOf, type Question } from './question.ts';
import type { Whereabouts } from '../../../store/records/partners.ts';
import type { Registry } from '../partners/registry.ts';

/** What one partner will say: never rejects. */
export interface Asked {
  link: PartnerLink;
  result: Promise<{ answer: Answer; fate: PartnerOutcome }>;
}

export interface FanOut {
  asked: Asked[];
  /** Identifiers that somebody was asked for without being known to have them: what is found is worth remembering. */
  unsure: readonly string[];
}

/**
 * `leaving`: nobody waits for the answers any more; `known`: where each identifier is; `started`: when the search
 * began, from which deadlines count (`performance.now()`). Throws when a partner is not known, or nobody is there to
 * ask.
 */
export function fanOut(
  registry: Registry,
  question: Question,
  known: ReadonlyMap<string, Whereabouts>,
  started: number,
  leaving?: AbortSignal,
): FanOut {
  const links = candidates(registry, question);
  const isNowhere = new Map(
    question.identifiers.map((identifier) => [
      identifier,
      !links.some((link) => known.get(identifier)?.partners.has(link.partner.id)),
    ]),
  );
  const unsure = new Set<string>();
  const asked: Asked[] = [];
  for (const link of links) {
    const { id, enabled, since } = link.partner;
    const own = question.identifiers.filter((identifier) => {
      const where = known.get(identifier);
      if (where?.partners.has(id)) return true;
      // Nobody knows where they are, or nobody has asked this partner yet.
      const isUnsure = enabled && (isNowhere.get(identifier)! || (!where!.loaded && where!.at <= since));
      if (isUnsure) unsure.add(identifier);
      return isUnsure;
    });
    if (own.length > 0)
      asked.push({
        link,
        result: link.partner.enabled ? ask(link, question, own, started, leaving) : Promise.resolve(disabled(link)),
      });
  }
  if (!asked.some((one) => one.link.partner.enabled)) {
    throw new FhirError('business-rule', `No partner is there to ask for ${question.kind} slots`, {
      text: 'Aucun éditeur actif ne correspond à cette recherche : inscrivez-en un, ou réactivez-le.',
    });
  }
  return { asked, unsure: [...unsure] };
}

function candidates(registry: Registry, { partners, kind }: Question): PartnerLink[] {
  if (partners === undefined) return registry.all.filter((one) => one.partner.kinds.includes(kind));
  return partners.map((id) => {
    const link = registry.get(id);
    if (link === undefined)
      throw new FhirError(
        'value',
        `_source: there is no partner "${id.slice(0, 60)}"; there are ${registry.all.map((one) => one.partner.id).join(', ') || 'none'}`.slice(
          0,
          2000,
        ),
        { expression: '_source', text: `Éditeur inconnu : « ${id.slice(0, 60)} ».` },
      );
    if (!link.partner.kinds.includes(kind))
      throw new FhirError('value', `_source: the partner "${id}" has no ${kind} slots`, {
        expression: '_source',
        text: `L'éditeur « ${link.partner.name} » ne propose pas ce type de recherche (${kind}).`,
      });
    return link;
  });
}

function disabled({ partner }: PartnerLink): { answer: Answer; fate: PartnerOutcome } {
  return {
    answer: emptyAnswer(),
    fate: {
      partner,
      fate: 'disabled',
      delayMs: 0,
      count: 0,
      invalid: 0,
      folded: 0,
      batches: { ok: 0, of: 0 },
      failure: undefined,
    },
  };
}

async function ask(
  link: PartnerLink,
  question: Question,
  identifiers: readonly string[],
  started: number,
  leaving?: AbortSignal,
): Promise<{ answer: Answer; fate: PartnerOutcome }> {
  const { partner } = link;
  const deadlineMs = Math.max(1, partner.deadlineMs - (performance.now() - started));
  const answer = emptyAnswer();
  let ok = 0;
  let failure: PartnerFailure | undefined;
  const batches = batchesOf(identifiers);
  await Promise.all(
    batches.map(async (batch) => {
      try {
        const { slots, others, needs, seen, directory, invalid, duplicates } = await link.get(
          question.path(batch),
          deadlineMs,
          (body) => readAnswer(partner, question, body),
          leaving,
        );
        ok++;
        answer.slots.push(...slots);
        for (const [name, body] of others) answer.others.set(name, body);
        for (const [name, list] of needs) answer.needs.set(name, list);
        for (const one of seen) answer.seen.add(one);
        answer.directory.push(...directory);
        answer.invalid += invalid;
        answer.duplicates += duplicates;
      } catch (error) {
        failure ??= error as PartnerFailure;
      }
    }),
  );
  const fate: Outcome = failure === undefined ? 'ok' : failure.fate;
  return {
    answer,
    fate: {
      partner,
      fate,
      delayMs: Math.round(performance.now() - started),
      count: answer.slots.length,
      invalid: answer.invalid,
      folded: answer.duplicates,
      batches: { ok, of: batches.length },
      failure,
    },
  };
}
