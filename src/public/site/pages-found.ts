/** The pages that are on line, with the resources that they speak of: a practice, and a practitioner in a practice. */
import type { AgendaKind } from '../../scheduling/agenda-kinds.ts';
import type { LoadedAgenda } from '../../agenda/agendas.ts';
import { kindsOffered } from '../../agenda/kinds/kind-times.ts';
import type { RuleServices } from '../../agenda/rules/services.ts';
import type { Visitor } from '../../fhir/french/visit-kind.ts';
import { localTarget } from '../../fhir/local-reference.ts';
import type { Resource } from '../../fhir/resource.ts';
import {
  asType,
  isType,
  list,
  type Location,
  type Organization,
  type Practitioner,
  type PractitionerRole,
} from '../../fhir/resources.ts';
import { nameOf, telecomsOf } from '../../fhir/shared-elements.ts';
import type { Publication } from '../../store/records/publications.ts';
import { resourcesByReference } from '../../store/resources/read-resources.ts';
import { type PublicProfile, readProfile } from './profile.ts';

export interface PracticePage {
  publication: Publication;
  organization: Organization;
  name: string;
  /** `/p/maison-de-sante`. */
  path: string;
  phone: string | undefined;
  profile: PublicProfile;
}

export interface PractitionerPage {
  publication: Publication;
  practice: PracticePage;
  practitioner: Practitioner;
  /** `Dr Anne Vasseur`. */
  name: string;
  /** Of this practice, and in force. */
  roles: PractitionerRole[];
  places: Location[];
  /** The agendas of these roles. */
  agendas: LoadedAgenda[];
  /** `/p/maison-de-sante/anne-vasseur`. */
  path: string;
  profile: PublicProfile;
}

/** A kind of visit that is open to a visitor, with the agendas that take it. */
export interface OfferedKind {
  /** `system|code`. */
  key: string;
  name: string;
  offers: { loaded: LoadedAgenda; kind: AgendaKind }[];
}

/** Pages of practices by `Organization/x`; those whose resource is gone are left out. */
export async function findPractices(
  { reader }: Pick<RuleServices, 'reader'>,
  publications: readonly Publication[],
): Promise<Map<string, PracticePage>> {
  const found = await resourcesByReference(
    reader,
    publications.map(({ practice }) => practice),
  );
  const pages = publications.flatMap((publication): [string, PracticePage][] => {
    const organization = asType(found.get(publication.practice), 'Organization');
    if (organization === undefined || organization.active === false) return [];
    const page = {
      ...{ publication, organization, name: organization.name ?? 'Cabinet', path: `/p/${publication.slug}` },
      ...{ phone: phoneOf(organization), profile: readProfile(publication.profile) },
    };
    return [[publication.practice, page]];
  });
  return new Map(pages);
}

/** Pages of practitioners of these practices, in the order of the publications; six queries, whatever their number. */
export async function findPractitioners(
  services: RuleServices,
  practices: ReadonlyMap<string, PracticePage>,
  publications: readonly Publication[],
  now: number,
): Promise<PractitionerPage[]> {
  const { reader, agendas } = services;
  const people = [...new Set(publications.map(({ practitioner }) => practitioner))];
  const references = people.length === 0 ? [] : await reader.referringTo('PractitionerRole', 'practitioner', people);
  const found = await resourcesByReference(reader, [...people, ...references]);
  const roles = [...found.values()].filter((resource) => isType(resource, 'PractitionerRole'));
  const inForce = roles.filter((role) => isInForce(role, now) && practices.has(localTarget(role.organization) ?? ''));
  const placesOf = (role: PractitionerRole): string[] =>
    list(role.location).flatMap((place) => localTarget(place) ?? []);
  const [places, rows] = await Promise.all([
    resourcesByReference(reader, inForce.flatMap(placesOf)),
    inForce.length === 0 ? [] : agendas.stored.ofActors(inForce.map(({ id }) => `PractitionerRole/${id}`)),
  ]);
  const loaded = await agendas.load(rows);
  return publications.flatMap((publication): PractitionerPage[] => {
    const practice = practices.get(publication.practice);
    const practitioner = asType(found.get(publication.practitioner), 'Practitioner');
    const own = inForce.filter((role) => isOf(role, publication));
    if (practice === undefined || practitioner === undefined || practitioner.active === false || own.length === 0)
      return [];
    const actors = own.map(({ id }) => `PractitionerRole/${id}`);
    const ownPlaces = [...new Set(own.flatMap(placesOf))].flatMap(
      (place) => asType(places.get(place), 'Location') ?? [],
    );
    return [
      {
        ...{
          publication,
          practice,
          practitioner,
          name: titled(nameOf(practitioner) ?? ''),
          roles: own,
          places: ownPlaces,
        },
        agendas: loaded.filter((agenda) => agenda.actors.some((actor) => actors.includes(actor))),
        path: `${practice.path}/${publication.slug}`,
        profile: readProfile(publication.profile),
      },
    ];
  });
}

/** The kinds that a visitor may book with a practitioner, in the order of the practice. */
export function kindsOf({ agendas }: Pick<PractitionerPage, 'agendas'>, visitor: Visitor): OfferedKind[] {
  const found = new Map<string, OfferedKind>();
  for (const loaded of agendas)
    for (const kind of kindsOffered(loaded, visitor)) {
      const known = found.get(kind.key) ?? { key: kind.key, name: kind.name, offers: [] };
      known.offers.push({ loaded, kind });
      found.set(kind.key, known);
    }
  return [...found.values()];
}

/** The telephone of a practitioner here: that of the role, of the place or of the practice. */
export function phoneOfPractitioner({ roles, places, practice }: PractitionerPage): string | undefined {
  return [...roles, ...places].map(phoneOf).find((phone) => phone !== undefined) ?? practice.phone;
}

function phoneOf(resource: Resource): string | undefined {
  return telecomsOf(resource).find(({ system, value }) => system === 'phone' && value !== undefined)?.value;
}

/** The national register writes titles in capitals. */
function titled(name: string): string {
  return name.replace(/^(DR|PR|MME) /, (title) => title[0]! + title.slice(1).toLowerCase());
}

function isOf(role: PractitionerRole, { practice, practitioner }: Publication): boolean {
  return localTarget(role.organization) === practice && localTarget(role.practitioner) === practitioner;
}

function isInForce({ active, period }: PractitionerRole, now: number): boolean {
  const today = new Date(now).toISOString();
  const isOver = period?.end !== undefined && period.end < today.slice(0, period.end.length);
  return active !== false && !isOver && !(period?.start !== undefined && period.start > today);
}
