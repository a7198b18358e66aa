/** Asks the partners concerned, all at once, each within its own deadline: no partner delays another. */
import { FhirError } from '../../../fhir/issue.ts';
import type { Whereabouts } from '../../../store/records/partners.ts';
import type { PartnerFailure, PartnerLink } from '../partners/partner-link.ts';
import type { Registry } from '../partners/registry.ts';
import type { AggregatedQuery } from './aggregated-query.ts';
import { emptyAnswer, type PartnerAnswer, readAnswer } from './answer.ts';
import type { PartnerOutcome } from './partner-outcome.ts';

export interface PartnerResult {
  answer: PartnerAnswer;
  outcome: PartnerOutcome;
}

export interface AskedPartner {
  link: PartnerLink;
  /** Never rejects. */
  result: Promise<PartnerResult>;
}

export interface FanOut {
  asked: AskedPartner[];
  /** Identifiers that a partner was asked for without being known to have them: the directory learns the answers. */
  unsure: readonly string[];
}

/**
 * `whereabouts`: where each identifier is; `started`: when the search began (`performance.now()`), from which deadlines
 * count; `callerGone`: nobody waits for the answers any more. Throws when a partner that is named does not exist, or
 * when there is no partner to ask.
 */
export function fanOut(
  registry: Registry,
  query: AggregatedQuery,
  whereabouts: ReadonlyMap<string, Whereabouts>,
  started: number,
  callerGone?: AbortSignal,
): FanOut {
  const links = candidates(registry, query);
  const isNowhere = new Map(
    query.identifiers.map((identifier) => [
      identifier,
      !links.some((link) => whereabouts.get(identifier)?.partners.has(link.partner.id)),
    ]),
  );
  const unsure = new Set<string>();
  const asked: AskedPartner[] = [];
  for (const link of links) {
    const { id, enabled, since } = link.partner;
    const identifiers = query.identifiers.filter((identifier) => {
      const where = whereabouts.get(identifier);
      if (where?.partners.has(id)) return true;
      // Nobody knows where they are, or this partner is newer than what is known.
      const isUnsure = enabled && (isNowhere.get(identifier)! || (!where!.loaded && where!.at <= since));
      if (isUnsure) unsure.add(identifier);
      return isUnsure;
    });
    if (identifiers.length === 0) continue;
    const result = enabled ? ask(link, query, identifiers, started, callerGone) : Promise.resolve(disabled(link));
    asked.push({ link, result });
  }
  if (!asked.some(({ link }) => link.partner.enabled)) {
    throw new FhirError('business-rule', `There is no partner to ask for ${query.kind} slots`, {
      text: 'Aucun éditeur actif ne correspond à cette recherche : inscrivez-en un, ou réactivez-le.',
    });
  }
  return { asked, unsure: [...unsure] };
}

function candidates(registry: Registry, { partners, kind }: AggregatedQuery): PartnerLink[] {
  if (partners === undefined) return registry.all.filter(({ partner }) => partner.kinds.includes(kind));
  return partners.map((id) => {
    const link = registry.get(id);
    if (link === undefined) throw unknownPartner(registry, id);
    if (!link.partner.kinds.includes(kind))
      throw new FhirError('value', `_source: the partner "${id}" has no ${kind} slots`, {
        expression: '_source',
        text: `L'éditeur « ${link.partner.name} » ne propose pas ce type de recherche (${kind}).`,
      });
    return link;
  });
}

function unknownPartner(registry: Registry, id: string): FhirError {
  const name = id.slice(0, 60);
  const others = registry.all.map(({ partner }) => partner.id).join(', ') || 'none';
  return new FhirError('value', `_source: there is no partner "${name}"; there are ${others}`.slice(0, 2000), {
    expression: '_source',
    text: `Éditeur inconnu : « ${name} ».`,
  });
}

function disabled({ partner }: PartnerLink): PartnerResult {
  const batches = { ok: 0, of: 0 };
  return {
    answer: emptyAnswer(),
    outcome: { partner, code: 'disabled', delayMs: 0, count: 0, invalid: 0, folded: 0, batches, failure: undefined },
  };
}

async function ask(
  link: PartnerLink,
  query: AggregatedQuery,
  identifiers: readonly string[],
  started: number,
  callerGone?: AbortSignal,
): Promise<PartnerResult> {
  const { partner } = link;
  const deadlineMs = Math.max(1, partner.deadlineMs - (performance.now() - started));
  const answer = emptyAnswer();
  let ok = 0;
  let failure: PartnerFailure | undefined;
  const batches = query.batches(identifiers);
  await Promise.all(
    batches.map(async (batch) => {
      try {
        const read = (body: Buffer): PartnerAnswer => readAnswer(partner, query, body);
        addTo(answer, await link.get(query.path(batch), deadlineMs, read, callerGone));
        ok++;
      } catch (error) {
        failure ??= error as PartnerFailure;
      }
    }),
  );
  return {
    answer,
    outcome: {
      partner,
      code: failure?.code ?? 'ok',
      delayMs: Math.round(performance.now() - started),
      count: answer.slots.length,
      invalid: answer.invalid,
      folded: answer.duplicates,
      batches: { ok, of: batches.length },
      failure,
    },
  };
}

function addTo(answer: PartnerAnswer, batch: PartnerAnswer): void {
  answer.slots.push(...batch.slots);
  for (const [name, body] of batch.others) answer.others.set(name, body);
  for (const [schedule, names] of batch.needs) answer.needs.set(schedule, names);
  for (const identifier of batch.answered) answer.answered.add(identifier);
  answer.directory.push(...batch.directory);
  answer.invalid += batch.invalid;
  answer.duplicates += batch.duplicates;
}
