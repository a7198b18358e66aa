/**
 * Which agendas a `$find` (ITI-115) is about: those that are named, or those that lead (of the professional, else of
 * the place, else of the device) and those that each also needs (a room, a device). Values of one parameter are
 * alternatives in the order of preference; several parameters narrow each other.
 */
import { FhirError } from '../../fhir/issue.ts';
import { parseSearch } from '../../fhir/search/parse.ts';
import type { Criterion } from '../../fhir/search/request.ts';
import type { OperationInput } from '../../rest/operations/operation-input.ts';
import type { AgendaRow } from '../../store/resources/agenda-reader.ts';
import type { LoadedAgenda } from '../agendas.ts';
import { owns } from '../rules/occupation.ts';
import type { RuleServices } from '../rules/services.ts';
import { type Lead, ranked } from './find-rank.ts';

type References = ReturnType<OperationInput['references']>;

/** The nearest first, then in the order of preference. */
export async function leadsOf(services: RuleServices, input: OperationInput): Promise<Lead[]> {
  const { literal: schedules } = input.references('schedule', ['Schedule']);
  if (schedules.length > 0) {
    const named = await matching(services, [any(`_id=${joined(schedules.map(idOf))}`)]);
    return (await services.agendas.load(named)).map((agenda) => ({ agenda, needs: [] }));
  }
  const professionals = input.references('practitioner', ['Practitioner', 'PractitionerRole']);
  const devices = input.references('device', ['Device']);
  const ofProfessional = [...anyActor(['Practitioner', 'PractitionerRole'], professionals), ...narrowing(input)];
  const atPlace = anyActor(['Location'], placesOf(input));
  const [rooms, machines, rowsAtPlace] = await Promise.all([
    atPlace.length === 0 ? undefined : ownedBy(services, atPlace, 'Location/'),
    isGiven(devices) ? ownedBy(services, anyActor(['Device'], devices), 'Device/') : undefined,
    atPlace.length === 0 ? undefined : matching(services, [...ofProfessional, ...atPlace]),
  ]);
  const inOrder = (leads: readonly Lead[]): Promise<Lead[]> =>
    ranked(services, leads, input.text('near'), professionals.literal);
  if (ofProfessional.length === 0 && atPlace.length === 0 && machines !== undefined)
    return inOrder(machines.map((agenda) => ({ agenda, needs: [] })));

  const schedulesAtPlace = rowsAtPlace && new Set(rowsAtPlace.map(({ schedule }) => schedule));
  const rows =
    ofProfessional.length === 0 && rowsAtPlace !== undefined ? rowsAtPlace : await matching(services, ofProfessional);
  const leads: Lead[] = [];
  for (const agenda of await services.agendas.load(rows)) {
    const needs: LoadedAgenda[][] = [];
    // A professional who does not work at the place needs one of its rooms.
    if (schedulesAtPlace !== undefined && !schedulesAtPlace.has(agenda.schedule)) {
      if (rooms!.length === 0) continue;
      needs.push(rooms!);
    }
    if (machines !== undefined && !agenda.actors.some((actor) => devices.literal.includes(actor))) needs.push(machines);
    leads.push({ agenda, needs });
  }
  return inOrder(leads);
}

function idOf(reference: string): string {
  return reference.split('/').at(-1)!;
}

/** The two parameters that name places. */
function placesOf(input: OperationInput): References {
  const [location, other] = ['location', 'location-reference'].map((name) => input.references(name, ['Location']));
  return {
    literal: [...location!.literal, ...other!.literal],
    logical: [...location!.logical, ...other!.logical],
  };
}

function isGiven({ literal, logical }: References): boolean {
  return literal.length + logical.length > 0;
}

/** A criterion on Schedule; several queries are alternatives. */
function any(...queries: string[]): Criterion {
  const of = queries.flatMap((query) => parseSearch('Schedule', query, { strict: true }).criteria);
  return of.length === 1 ? of[0]! : { is: 'any', of };
}

/** The value of a search parameter. */
function joined(values: readonly string[]): string {
  return encodeURIComponent(values.join(','));
}

/** A schedule with such an actor, or with a role of such a professional or at such a place. */
function anyActor(types: readonly string[], { literal, logical }: References): Criterion[] {
  const queries: string[] = [];
  if (literal.length > 0) queries.push(`actor=${joined(literal)}`);
  const inRole = types.includes('Practitioner') ? 'practitioner' : types.includes('Location') ? 'location' : undefined;
  const ids = literal.filter((reference) => !reference.startsWith('PractitionerRole/'));
  if (inRole !== undefined && ids.length > 0) queries.push(`actor:PractitionerRole.${inRole}=${joined(ids)}`);
  if (logical.length > 0) {
    for (const type of types) queries.push(`actor:${type}.identifier=${joined(logical)}`);
    if (inRole !== undefined) queries.push(`actor:PractitionerRole.${inRole}.identifier=${joined(logical)}`);
  }
  return queries.length === 0 ? [] : [any(...queries)];
}

/** Further criteria on the professional: specialty, organization, address, distance. */
function narrowing(input: OperationInput): Criterion[] {
  const criteria: Criterion[] = [];
  const specialties = input.tokens('specialty');
  if (specialties.length > 0)
    criteria.push(any(`specialty=${joined(specialties)}`, `actor:PractitionerRole.specialty=${joined(specialties)}`));
  const organizations = input.references('organization', ['Organization']).literal;
  if (organizations.length > 0)
    criteria.push(
      any(
        ...['PractitionerRole', 'HealthcareService', 'Location'].map(
          (type) => `actor:${type}.organization=${joined(organizations)}`,
        ),
      ),
    );
  const addresses = input.tokens('location-string');
  if (addresses.length > 0)
    criteria.push(
      any(`actor:Location.address=${joined(addresses)}`, `actor:PractitionerRole.address=${joined(addresses)}`),
    );
  const near = input.text('near');
  if (near !== undefined)
    criteria.push(
      any(`actor:Location.near=${encodeURIComponent(near)}`, `actor:PractitionerRole.near=${encodeURIComponent(near)}`),
    );
  return criteria;
}

async function matching(services: RuleServices, criteria: readonly Criterion[]): Promise<AgendaRow[]> {
  const maxAgendas = services.settings.searchedAgendas;
  const rows = await services.agendas.stored.matching(criteria, maxAgendas + 1);
  if (rows.length <= maxAgendas) return rows;
  throw new FhirError(
    'too-costly',
    `More than ${maxAgendas} agendas match: name a practitioner, a specialty or a place`,
    {
      expression: 'practitioner',
      text: `Trop d'agendas concernés (plus de ${maxAgendas}) : précisez le professionnel, la spécialité ou le lieu.`,
    },
  );
}

/** The agendas of the rooms or devices themselves, without a professional. */
async function ownedBy(services: RuleServices, criteria: readonly Criterion[], kind: string): Promise<LoadedAgenda[]> {
  const loaded = await services.agendas.load(await matching(services, criteria));
  return loaded.filter((agenda) => agenda.actors.some((actor) => actor.startsWith(kind) && owns(agenda, actor)));
}
