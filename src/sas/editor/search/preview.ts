/**
 * `GET /fhir/Schedule/{id}/$sas-preview`: what the SAS would see of an agenda now, door by door, and why every other
 * free slot is withheld.
 */
import type { RuleServices } from '../../../agenda/rules/services.ts';
import { FhirError } from '../../../fhir/issue.ts';
import { parseQuery } from '../../../fhir/search/parse.ts';
import { parseDate } from '../../../fhir/search/value.ts';
import { FRANCE } from '../../../fhir/date.ts';
import type { Json } from '../../../fhir/resource.ts';
import type { Operation } from '../../../rest/backend.ts';
import { notFound } from '../../../store/write/repository.ts';
import { DAY, formatInstant, localDate, toInstant } from '../../../scheduling/zone.ts';
import { type Door, DOORS } from '../codes.ts';
import type { SasSearch } from './sas-search.ts';
import type { Reason, Withheld } from './sas-slots.ts';

/** The platform asks from now to the end of the day after tomorrow. */
const DAYS = 3;
const MAX_DAYS = 31;

const INCOMPLETE_SOS =
  'Il manque à cet agenda ce qui accompagne un créneau : un lieu avec son nom et son adresse entière, sa structure avec son identifiant national.';

const WHY: Record<Reason, string> = {
  paused: "L'agenda est en pause pour le SAS.",
  'other-kind': "Cette porte ne montre pas ce genre d'agenda.",
  incomplete:
    'Il manque à cet agenda ce qui accompagne un créneau : un praticien avec son identifiant national, un lieu avec son adresse entière.',
  'not-offered': 'Aucune offre ne donne ce créneau au SAS.',
  'other-door': 'Ce créneau est offert, mais pas par cette porte.',
  past: 'Ce créneau est passé.',
  quota: 'Le quota du jour est atteint.',
};

export function sasPreview(agenda: RuleServices, searches: SasSearch): Operation {
  return {
    name: 'sas-preview',
    on: ['Schedule'],
    level: 'instance',
    safe: true,
    description: 'Ce que le SAS voit de cet agenda, et pourquoi le reste est retenu (start, end facultatifs).',
    async run(context, { id, query }) {
      const [loaded] = await agenda.agendas.load(await agenda.agendas.stored.rows([id!]));
      if (loaded === undefined) throw notFound('Schedule', id!);
      const window = windowOf(query, context.now, loaded.agenda.zone);
      const parameter: Json[] = [];
      for (const door of DOORS) {
        const { visible, withheld } = await searches.leaving(loaded, { door, window, now: context.now });
        parameter.push({
          name: 'door',
          part: [
            { name: 'code', valueCode: door },
            { name: 'visible-count', valueInteger: visible.length },
            { name: 'withheld-count', valueInteger: withheld.length },
            ...visible.map((one) => ({
              name: 'visible',
              part: [
                ...slotParts(one, loaded.agenda.zone),
                ...one.visibility.map((code) => ({ name: 'visibility', valueCode: code })),
              ],
            })),
            ...withheld.map((one) => withheldPart(one, door, loaded.agenda.zone)),
          ],
        });
      }
      return { resource: { resourceType: 'Parameters', parameter } };
    },
  };
}

function slotParts({ id, start, end }: { id: string; start: number; end: number }, zone: string): Json[] {
  return [
    { name: 'slot', valueReference: { reference: `Slot/${id}` } },
    { name: 'start', valueInstant: formatInstant(start, zone) },
    { name: 'end', valueInstant: formatInstant(end, zone) },
  ];
}

function withheldPart(one: Withheld, door: Door, zone: string): Json {
  const why = door === 'SOS' && one.reason === 'incomplete' ? INCOMPLETE_SOS : WHY[one.reason];
  return {
    name: 'withheld',
    part: [
      ...slotParts(one, zone),
      { name: 'reason', valueCode: one.reason },
      { name: 'explanation', valueString: why },
    ],
  };
}

/** Midnight there, so many days on, that of `start` included. */
function endOfDays(start: number, zone: string): number {
  return toInstant(zone, Date.parse(`${localDate(start, zone)}T00:00:00Z`) + DAYS * DAY).instant;
}

function windowOf(query: string, now: number, zone: string): { start: number; end: number } {
  const pairs = new Map(parseQuery(query).map((one) => [one.name, one.value]));
  const start = pairs.has('start') ? parseDate(pairs.get('start')!, FRANCE).start : now;
  const end = pairs.has('end') ? parseDate(pairs.get('end')!, FRANCE).end : endOfDays(start, zone);
  if (end <= start || end - start > MAX_DAYS * DAY) {
    throw new FhirError('too-costly', `The preview spans at most ${MAX_DAYS} days, from start to end`, {
      expression: 'start',
      text: `La période va de « start » à « end », ${MAX_DAYS} jours au plus.`,
    });
  }
  return { start, end };
}
