/** The order in which `$find` offers agendas: the nearest first, then in the caller's order of preference. */
import { kilometresBetween } from '../../fhir/distance.ts';
import { localTarget } from '../../fhir/local-reference.ts';
import type { Resource } from '../../fhir/resource.ts';
import { isType, list } from '../../fhir/resources.ts';
import { elementsAt } from '../../fhir/search/extract.ts';
import { parseAnyResource } from '../../fhir/json.ts';
import type { LoadedAgenda } from '../agendas.ts';
import type { RuleServices } from '../rules/services.ts';

/** An agenda whose slots lead, and for each further need the agendas that meet it. */
export interface Lead {
  agenda: LoadedAgenda;
  needs: LoadedAgenda[][];
}

interface Point {
  latitude: number;
  longitude: number;
}

/** `near`: `latitude|longitude`; `preferred`: references in the order of preference. */
export async function ranked(
  services: RuleServices,
  leads: readonly Lead[],
  near: string | undefined,
  preferred: readonly string[],
): Promise<Lead[]> {
  const distances = near === undefined ? undefined : await distancesTo(services, leads, near);
  const distanceOf = ({ agenda }: Lead): number => distances?.get(agenda.schedule) ?? Number.POSITIVE_INFINITY;
  const preferenceOf = ({ agenda: { actors, keys } }: Lead): number => {
    const index = preferred.findIndex((reference) => actors.includes(reference) || keys.includes(reference));
    return index < 0 ? preferred.length : index;
  };
  return leads
    .map((lead) => ({ lead, distance: distanceOf(lead), preference: preferenceOf(lead) }))
    .sort(
      (a, b) =>
        // Infinite distances cannot be subtracted.
        (a.distance === b.distance ? 0 : a.distance - b.distance) ||
        a.preference - b.preference ||
        (a.lead.agenda.schedule < b.lead.agenda.schedule ? -1 : 1),
    )
    .map(({ lead }) => lead);
}

/** Kilometres to the nearest place of each agenda; infinite for an agenda without coordinates. */
async function distancesTo(services: RuleServices, leads: readonly Lead[], near: string): Promise<Map<string, number>> {
  const [latitude = Number.NaN, longitude = Number.NaN] = near.split('|').map(Number);
  const places = await placesOf(
    services,
    leads.map(({ agenda }) => agenda),
  );
  const kilometres = (points: readonly Point[]): number =>
    Math.min(Number.POSITIVE_INFINITY, ...points.map((point) => kilometresBetween({ latitude, longitude }, point)));
  return new Map([...places].map(([schedule, points]) => [schedule, kilometres(points)]));
}

/** Coordinates of the places of each agenda: its own, or those where its professionals work. */
async function placesOf(services: RuleServices, agendas: readonly LoadedAgenda[]): Promise<Map<string, Point[]>> {
  const atHand = await services.agendas.atHand(agendas);
  const actorsOf = ({ actors }: LoadedAgenda): Resource[] =>
    actors.flatMap((actor) => (atHand.has(actor) ? [parseAnyResource(atHand.get(actor)!.body)] : []));
  const actors = new Map(agendas.map((agenda) => [agenda.schedule, actorsOf(agenda)]));
  const stored = await services.reader.readReferences([...actors.values()].flat().flatMap(placeReferences));
  const places = new Map(stored.map(({ type, id, body }) => [`${type}/${id}`, parseAnyResource(body!)]));
  const pointsOf = (resource: Resource): Point[] => {
    const position = isType(resource, 'Location') ? resource.position : undefined;
    const own =
      position === undefined ? [] : [{ latitude: Number(position.latitude), longitude: Number(position.longitude) }];
    const others = [
      ...list(resource.contained),
      ...placeReferences(resource).flatMap((reference) => places.get(reference) ?? []),
    ];
    return [...own, ...others.flatMap(pointsOf)];
  };
  return new Map([...actors].map(([schedule, resources]) => [schedule, resources.flatMap(pointsOf)]));
}

function placeReferences(resource: Resource): string[] {
  return elementsAt(resource, 'location').flatMap((location) => localTarget(location) ?? []);
}
