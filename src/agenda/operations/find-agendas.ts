/**
 * Whom a `$find` is about: the agendas that lead (the professional's, else the place's, else the device's) and what
 * each needs beside
 * it (a room, a device). Values of one parameter are alternatives in the order of preference; parameters narrow each
 * other. ITI-115.
 */
import { FhirError } from '../../fhir/issue.ts';
import type { Json, Resource } from '../../fhir/resource.ts';
import { parseJson } from '../../fhir/json.ts';
import { elementsAt } from '../../fhir/search/extract.ts';
import { parseSearch } from '../../fhir/search/parse.ts';
import type { Criterion } from '../../fhir/search/request.ts';
import type { OperationInput } from '../../rest/operations/operation-input.ts';
import { kilometresBetween } from '../../fhir/distance.ts';
import type { AgendaRow } from '../../store/resources/agenda-reader.ts';
import type { LoadedAgenda } from '../agendas.ts';
import { owns } from '../rules/occupation.ts';
import type { RuleServices } from '../rules/services.ts';
import { localTarget } from '../../fhir/local-reference.ts';

export interface Lead {
  agenda: LoadedAgenda;
  needs: LoadedAgenda[][];
  /** Kilometres to the asked point; infinite for a place without coordinates. */
  distance: number;
  /** Place in the caller's order of preference. */
  preference: number;
}

type References = ReturnType<OperationInput['references']>;

export async function leadsOf(services: RuleServices, input: OperationInput): Promise<Lead[]> {
  const professionals = input.references('practitioner', ['Practitioner', 'PractitionerRole']);
  const places = input.references('location-reference', ['Location']);
  const locations = {
    literal: [...input.references('location', ['Location']).literal, ...places.literal],
    logical: [...input.references('location', ['Location']).logical, ...places.logical],
  };
  const devices = input.references('device', ['Device']);
  const who = [...anyActor(['Practitioner', 'PractitionerRole'], professionals), ...narrowing(input)];
  const atPlace = anyActor(['Location'], locations);
  const [rooms, machines, atThePlace] = await Promise.all([
    atPlace.length === 0 ? undefined : ownedBy(services, atPlace, 'Location/'),
    isGiven(devices) ? ownedBy(services, anyActor(['Device'], devices), 'Device/') : undefined,
    atPlace.length === 0 ? undefined : matching(services, [...who, ...atPlace]),
  ]);
  if (who.length === 0 && atPlace.length === 0 && machines !== undefined)
    return rank(
      services,
      input,
      professionals,
      machines.map((agenda) => ({ agenda, needs: [] })),
    );

  const there = atThePlace && new Set(atThePlace.map((row) => row.schedule));
  const rows = who.length === 0 && atThePlace !== undefined ? atThePlace : await matching(services, who);
  const leads: { agenda: LoadedAgenda; needs: LoadedAgenda[][] }[] = [];
  for (const agenda of await services.agendas.load(rows)) {
    const needs: LoadedAgenda[][] = [];
    if (there !== undefined && !there.has(agenda.schedule)) {
      if (rooms!.length === 0) continue;
      needs.push(rooms!);
    }
    if (machines !== undefined && !agenda.actors.some((actor) => devices.literal.includes(actor))) needs.push(machines);
    leads.push({ agenda, needs });
  }
  return rank(services, input, professionals, leads);
}

function isGiven({ literal, logical }: References): boolean {
  return literal.length + logical.length > 0;
}

/** Criteria on Schedule, each from a query of its own; several in one list are alternatives. */
function any(...queries: string[]): Criterion {
  const of = queries.flatMap((query) => parseSearch('Schedule', query, { strict: true }).criteria);
  return of.length === 1 ? of[0]! : { is: 'any', of };
}

const list = (values: readonly string[]): string => encodeURIComponent(values.join(','));

/** An actor of one of these types, or the role that a professional plays, or that is at the place. */
function anyActor(types: readonly string[], { literal, logical }: References): Criterion[] {
  const queries: string[] = [];
  if (literal.length > 0) queries.push(`actor=${list(literal)}`);
  const inRole = types.includes('Practitioner') ? 'practitioner' : types.includes('Location') ? 'location' : undefined;
  const ids = literal.filter((one) => !one.startsWith('PractitionerRole/'));
  if (inRole !== undefined && ids.length > 0) queries.push(`actor:PractitionerRole.${inRole}=${list(ids)}`);
  if (logical.length > 0) {
    for (const type of types) queries.push(`actor:${type}.identifier=${list(logical)}`);
    if (inRole !== undefined) queries.push(`actor:PractitionerRole.${inRole}.identifier=${list(logical)}`);
  }
  return queries.length === 0 ? [] : [any(...queries)];
}

/** What else narrows the choice of the professional. */
function narrowing(input: OperationInput): Criterion[] {
  const criteria: Criterion[] = [];
  const specialties = input.tokens('specialty');
  if (specialties.length > 0)
    criteria.push(any(`specialty=${list(specialties)}`, `actor:PractitionerRole.specialty=${list(specialties)}`));
  const organizations = input.references('organization', ['Organization']).literal;
  if (organizations.length > 0)
    criteria.push(
      any(
        ...['PractitionerRole', 'HealthcareService', 'Location'].map(
          (type) => `actor:${type}.organization=${list(organizations)}`,
        ),
      ),
    );
  const addresses = input.tokens('location-string');
  if (addresses.length > 0)
    criteria.push(
      any(`actor:Location.address=${list(addresses)}`, `actor:PractitionerRole.address=${list(addresses)}`),
    );
  const near = input.text('near');
  if (near !== undefined)
    criteria.push(
      any(`actor:Location.near=${encodeURIComponent(near)}`, `actor:PractitionerRole.near=${encodeURIComponent(near)}`),
    );
  return criteria;
}

async function matching(services: RuleServices, criteria: readonly Criterion[]): Promise<AgendaRow[]> {
  const most = services.settings.searchedAgendas;
  const rows = await services.agendas.stored.matching(criteria, most + 1);
  if (rows.length <= most) return rows;
  throw new FhirError(
    'too-costly',
    `More than ${most} agendas come into question: name a practitioner, a specialty or a place`,
    {
      expression: 'practitioner',
      text: `Trop d'agendas concernés (plus de ${most}) : précisez le professionnel, la spécialité ou le lieu.`,
    },
  );
}

/** The agendas of the room or the device itself, in which no professional stands. */
async function ownedBy(services: RuleServices, criteria: readonly Criterion[], kind: string): Promise<LoadedAgenda[]> {
  const loaded = await services.agendas.load(await matching(services, criteria));
  return loaded.filter((one) => one.actors.some((actor) => actor.startsWith(kind) && owns(one, actor)));
}

async function rank(
  services: RuleServices,
  input: OperationInput,
  { literal }: References,
  leads: readonly { agenda: LoadedAgenda; needs: LoadedAgenda[][] }[],
): Promise<Lead[]> {
  const [latitude, longitude] = (input.text('near') ?? '').split('|').map(Number);
  const places =
    input.text('near') === undefined
      ? undefined
      : await placesOf(
          services,
          leads.map((lead) => lead.agenda),
        );
  const preference = (agenda: LoadedAgenda): number => {
    const at = literal.findIndex((one) => agenda.actors.includes(one) || agenda.keys.includes(one));
    return at < 0 ? literal.length : at;
  };
  const distance = ({ schedule }: LoadedAgenda): number =>
    Math.min(
      Number.POSITIVE_INFINITY,
      ...(places?.get(schedule) ?? []).map((one) =>
        kilometresBetween({ latitude: latitude!, longitude: longitude! }, one),
      ),
    );
  return leads
    .map((lead) => ({ ...lead, distance: distance(lead.agenda), preference: preference(lead.agenda) }))
    .sort(
      (a, b) =>
        (a.distance === b.distance ? 0 : a.distance - b.distance) ||
        a.preference - b.preference ||
        (a.agenda.schedule < b.agenda.schedule ? -1 : 1),
    );
}

interface Point {
  latitude: number;
  longitude: number;
}

/** Coordinates of the agendas' places: their own, or those where their professionals work. */
async function placesOf(services: RuleServices, agendas: readonly LoadedAgenda[]): Promise<Map<string, Point[]>> {
  const atHand = await services.agendas.atHand(agendas);
  const actorsOf = (agenda: LoadedAgenda): Resource[] =>
    agenda.actors.flatMap((actor) => (atHand.has(actor) ? [parseJson(atHand.get(actor)!.body) as Resource] : []));
  const all = new Map(agendas.map((agenda) => [agenda.schedule, actorsOf(agenda)]));
  const placesIn = (resource: Resource): string[] =>
    elementsAt(resource, 'location').flatMap((location) => localTarget(location) ?? []);
  const wanted = [...all.values()].flat().flatMap(placesIn);
  const read = new Map(
    (await services.reader.readReferences(wanted)).map((reference) => [
      `${reference.type}/${reference.id}`,
      parseJson(reference.body!) as Resource,
    ]),
  );
  const points = (resource: Resource): Point[] => {
    const position: Json = resource['position'];
    const own =
      resource.resourceType === 'Location' && position !== undefined
        ? [{ latitude: Number(position.latitude), longitude: Number(position.longitude) }]
        : [];
    const places = [
      ...((resource['contained'] as Resource[] | undefined) ?? []),
      ...placesIn(resource).flatMap((reference) => read.get(reference) ?? []),
    ];
    return [...own, ...places.flatMap(points)];
  };
  return new Map([...all].map(([schedule, actors]) => [schedule, actors.flatMap(points)]));
}
