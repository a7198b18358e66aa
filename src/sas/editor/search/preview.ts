/**
 * `GET /fhir/Schedule/{id}/$sas-preview`: what each kind of search of the SAS would show of an agenda now, and why it
 * withholds the other free slots; element by element, what is missing and what leaves otherwise than it is stored.
 */
import type { RuleServices } from '../../../agenda/rules/services.ts';
import { FhirError, notFound } from '../../../fhir/issue.ts';
import { parseQuery } from '../../../fhir/search/parse.ts';
import { parseDate } from '../../../fhir/search/value.ts';
import type { Parameter } from '../../../fhir/foundation.ts';
import type { Operation } from '../../../rest/backend.ts';
import type { Interval } from '../../../scheduling/interval.ts';
import { DAY, formatInstant, localDate, toInstant } from '../../../scheduling/zone.ts';
import { type Contract, SEARCH_KINDS } from '../../contract/contract.ts';
import { type Lack, sentenceOf } from './completeness.ts';
import { type LeavingNote, leavingSlot } from './leaving.ts';
import type { SasSearch } from './sas-search.ts';
import type { WithheldReason, WithheldSlot } from './sas-slots.ts';

const MAX_DAYS = 31;

const EXPLANATIONS: Record<WithheldReason, string> = {
  paused: "L'agenda est en pause pour le SAS.",
  'other-kind': "Cette porte ne montre pas ce genre d'agenda.",
  incomplete: 'Il manque ce qui accompagne un créneau.',
  'not-offered': 'Aucune offre ne donne ce créneau au SAS.',
  'other-door': 'Ce créneau est offert, mais pas par cette porte.',
  replacement: 'Le praticien est remplacé ce jour-là, et le remplacement n’est pas montré au SAS.',
  past: 'Ce créneau est passé.',
  quota: 'Le quota du jour est atteint.',
  kinds: "Aucun motif n'y est ouvert maintenant à ceux à qui l'offre le montre.",
};

export function sasPreview(agenda: RuleServices, searches: SasSearch, contract: Contract): Operation {
  return {
    name: 'sas-preview',
    on: ['Schedule'],
    level: 'instance',
    safe: true,
    description: 'Ce que le SAS voit de cet agenda, et pourquoi le reste est retenu (start, end facultatifs).',
    async run({ now }, { id, query }) {
      const [loaded] = await agenda.agendas.load(await agenda.agendas.stored.rows([id!]));
      if (loaded === undefined) throw notFound('Schedule', id!);
      const { zone } = loaded.agenda;
      const window = windowOf(query, now, zone, contract.limits.searchDays);
      const parameter: Parameter[] = [];
      for (const kind of SEARCH_KINDS) {
        const { visible, withheld } = await searches.visibility(loaded, { kind, window, now });
        const { lacks, notes } = await searches.explain(loaded, kind);
        parameter.push({
          name: 'door',
          part: [
            { name: 'code', valueCode: kind },
            { name: 'visible-count', valueInteger: visible.length },
            { name: 'withheld-count', valueInteger: withheld.length },
            // Where nothing is shown, what would go with it does not matter.
            ...(visible.length > 0 ? notes.map((note) => notePart('adapted', note)) : []),
            ...visible.map((slot) => ({
              name: 'visible',
              part: [
                ...slotParts(slot, zone),
                ...slot.visibility.map((code) => ({ name: 'visibility', valueCode: code })),
                ...leavingSlot(contract, kind, slot).notes.map((note) => notePart('adapted', note)),
              ],
            })),
            ...withheld.map((slot) => withheldPart(slot, lacks, zone)),
          ],
        });
      }
      return { resource: { resourceType: 'Parameters', parameter } };
    },
  };
}

function slotParts({ id, start, end }: { id: string; start: number; end: number }, zone: string): Parameter[] {
  return [
    { name: 'slot', valueReference: { reference: `Slot/${id}` } },
    { name: 'start', valueInstant: formatInstant(start, zone) },
    { name: 'end', valueInstant: formatInstant(end, zone) },
  ];
}

function withheldPart(slot: WithheldSlot, lacks: readonly Lack[], zone: string): Parameter {
  const { reason } = slot;
  const missing = reason === 'incomplete' ? lacks : [];
  return {
    name: 'withheld',
    part: [
      ...slotParts(slot, zone),
      { name: 'reason', valueCode: reason },
      { name: 'explanation', valueString: missing.length > 0 ? sentenceOf(missing) : EXPLANATIONS[reason] },
      ...missing.map((lack) => notePart('missing', lack)),
    ],
  };
}

function notePart(name: 'adapted' | 'missing', { element, french }: LeavingNote): Parameter {
  return {
    name,
    part: [
      { name: 'element', valueString: element },
      { name: 'explanation', valueString: french },
    ],
  };
}

/** From now, as the platform asks, unless the query says otherwise. */
function windowOf(query: string, now: number, zone: string, days: number): Interval {
  const pairs = new Map(parseQuery(query).map(({ name, value }) => [name, value]));
  const start = pairs.has('start') ? parseDate(pairs.get('start')!, zone).start : now;
  const end = pairs.has('end') ? parseDate(pairs.get('end')!, zone).end : endOfDays(start, zone, days);
  if (end <= start || end - start > MAX_DAYS * DAY) {
    throw new FhirError('too-costly', `The preview spans at most ${MAX_DAYS} days, from start to end`, {
      expression: 'start',
      text: `La période va de « start » à « end », ${MAX_DAYS} jours au plus.`,
    });
  }
  return { start, end };
}

/** Midnight at the end of this many days, the day of `start` included. */
function endOfDays(start: number, zone: string, days: number): number {
  return toInstant(zone, Date.parse(`${localDate(start, zone)}T00:00:00Z`) + days * DAY).instant;
}
