/**
 * `GET /fhir/Schedule/{id}/$kinds`: the agenda as a visitor sees it. The kinds of visit that are offered to an audience
 * with their next free times; with `at`, why a time is not among them. Listing and booking decide by the same function.
 */
import { AUDIENCES, type Visitor } from '../../fhir/french/visit-kind.ts';
import type { Parameter } from '../../fhir/foundation.ts';
import { FhirError, notFound } from '../../fhir/issue.ts';
import { parseQuery } from '../../fhir/search/parse.ts';
import { parseDate } from '../../fhir/search/value.ts';
import type { Operation } from '../../rest/backend.ts';
import type { AgendaKind } from '../../scheduling/agenda-kinds.ts';
import type { Interval } from '../../scheduling/interval.ts';
import { DAY, formatInstant } from '../../scheduling/zone.ts';
import type { LoadedAgenda } from '../agendas.ts';
import { KIND_WORDS } from '../kinds/kind-words.ts';
import { freeTimesOfKind, judgeBooking, kindsOffered, textsOfKind } from '../kinds/kind-times.ts';
import type { RuleServices } from '../rules/services.ts';

const DEFAULT_DAYS = 14;
const MAX_DAYS = 62;
const MAX_TIMES = 12;
const VISITORS = ['desk', ...AUDIENCES] as const;

interface Asked {
  visitor: Visitor;
  window: Interval;
  /** Start of a time that is asked about, epoch milliseconds. */
  at: number | undefined;
}

export function kindsOperation(services: RuleServices): Operation {
  return {
    name: 'kinds',
    on: ['Schedule'],
    level: 'instance',
    safe: true,
    description:
      'Les motifs de cet agenda tels que les voit un public (audience : desk, everyone, patients, colleagues, ' +
      'regulators), leurs prochains horaires (start, end), et pourquoi un horaire (at) n’en est pas.',
    async run({ now }, { id, query }) {
      const [loaded] = await services.agendas.load(await services.agendas.stored.rows([id!]));
      if (loaded === undefined) throw notFound('Schedule', id!);
      const asked = readAsked(query, loaded.agenda.zone, now);
      const kinds = asked.at === undefined ? kindsOffered(loaded, asked.visitor) : loaded.agenda.kinds;
      const parameter: Parameter[] = [];
      for (const kind of kinds) parameter.push(await kindPart(services, loaded, kind, asked, now));
      return { resource: { resourceType: 'Parameters', ...(parameter.length > 0 ? { parameter } : {}) } };
    },
  };
}

function readAsked(query: string, zone: string, now: number): Asked {
  const pairs = new Map(parseQuery(query).map(({ name, value }) => [name, value]));
  const instant = (name: string): number | undefined =>
    pairs.has(name) ? parseDate(pairs.get(name)!, zone).start : undefined;
  const as = VISITORS.find((visitor) => visitor === (pairs.get('audience') ?? 'everyone'));
  if (as === undefined)
    throw new FhirError('value', `audience is one of ${VISITORS.join(', ')}`, {
      expression: 'audience',
      text: `« audience » vaut ${VISITORS.join(', ')}.`,
    });
  const start = instant('start') ?? now;
  const end = instant('end') ?? start + DEFAULT_DAYS * DAY;
  if (end <= start || end - start > MAX_DAYS * DAY)
    throw new FhirError('too-costly', `The window spans at most ${MAX_DAYS} days, from start to end`, {
      expression: 'start',
      text: `La période va de « start » à « end », ${MAX_DAYS} jours au plus.`,
    });
  return { visitor: { as }, window: { start, end }, at: instant('at') };
}

async function kindPart(
  services: RuleServices,
  loaded: LoadedAgenda,
  kind: AgendaKind,
  { visitor, window, at }: Asked,
  now: number,
): Promise<Parameter> {
  const { zone } = loaded.agenda;
  const free = await freeTimesOfKind(services, loaded, kind, visitor, window, now);
  const { before } = await textsOfKind(services, loaded, kind.key);
  const time = at === undefined ? undefined : { start: at, end: at + kind.durationMs };
  const reason = time && (await judgeBooking(services, loaded, kind, visitor, time, now));
  return {
    name: 'kind',
    part: [
      { name: 'type', valueCodeableConcept: kind.serviceType },
      { name: 'name', valueString: kind.name },
      ...(kind.group === undefined ? [] : [{ name: 'group', valueString: kind.group }]),
      { name: 'minutes', valueInteger: kind.durationMs / 60_000 },
      ...kind.audiences.map((audience) => ({ name: 'audience', valueCode: audience })),
      ...(kind.needsApproval ? [{ name: 'approval', valueBoolean: true }] : []),
      ...(before === undefined ? [] : [{ name: 'before', valueString: before }]),
      { name: 'free-count', valueInteger: free.length },
      ...free.slice(0, MAX_TIMES).map(({ id, start, end }) => ({
        name: 'free',
        part: [
          { name: 'slot', valueReference: { reference: `Slot/${id}` } },
          { name: 'start', valueInstant: formatInstant(start, zone) },
          { name: 'end', valueInstant: formatInstant(end, zone) },
        ],
      })),
      ...(reason === undefined
        ? []
        : [
            { name: 'reason', valueCode: reason },
            { name: 'explanation', valueString: KIND_WORDS[reason].french },
          ]),
    ],
  };
}
