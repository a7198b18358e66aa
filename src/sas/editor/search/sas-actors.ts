/**
 * The resources that go with the slots of an agenda, in the dialect of the SAS: practitioner and place of exercise,
 * place and organisation of SOS Médecins, service and organisation of a CPTS. Incomplete entries are omitted.
 */
import type { LoadedAgenda } from '../../../agenda/agendas.ts';
import type { RuleServices } from '../../../agenda/rules/services.ts';
import { parseJson } from '../../../fhir/json.ts';
import { localTarget } from '../../../fhir/local-reference.ts';
import type { Reference, Resource } from '../../../fhir/resource.ts';
import type { SasDialect } from './dialect.ts';

/** Who consults, and where. */
export interface Practice {
  /** `Practitioner/id`. */
  reference: string;
  practitioner: Resource;
  role: Resource;
}

/** A place of SOS Médecins. */
export interface Centre {
  location: Resource;
  organization: Resource;
}

export interface CptsService {
  service: Resource;
  organization: Resource;
}

export class SasActors {
  readonly #agenda: RuleServices;
  readonly #dialect: SasDialect;

  constructor(agenda: RuleServices, dialect: SasDialect) {
    this.#agenda = agenda;
    this.#dialect = dialect;
  }

  /**
   * By Schedule id: a practitioner with a national identifier and a place with an address, both among the agenda's
   * actors. `asked`: the identifiers of the search, `system|value`.
   */
  async practices(
    loaded: readonly LoadedAgenda[],
    asked: ReadonlySet<string> = new Set(),
  ): Promise<Map<string, Practice>> {
    const { roles, resource } = await this.#rolesOf(loaded);
    const practices = new Map<string, Practice>();
    for (const [{ schedule, actors }, stored] of roles) {
      const reference = referenceOf(stored['practitioner']) ?? '';
      const person = actors.includes(reference) ? resource(reference) : undefined;
      const practitioner = person && this.#dialect.practitioner(person, asked);
      const role = this.#dialect.practitionerRole(
        stored,
        reference,
        resource(placeOf(stored)),
        resource(referenceOf(stored['organization'])),
      );
      if (practitioner?.['identifier'] !== undefined && role !== undefined)
        practices.set(schedule, { reference, practitioner, role });
    }
    return practices;
  }

  /** The role of each agenda that has one, and a reader of what these roles refer to. */
  async #rolesOf(loaded: readonly LoadedAgenda[]): Promise<{
    roles: Map<LoadedAgenda, Resource>;
    resource: (reference: string | undefined) => Resource | undefined;
  }> {
    const { agendas, reader } = this.#agenda;
    const atHand = await agendas.atHand(loaded);
    const roles = new Map<LoadedAgenda, Resource>();
    const more = new Set<string>();
    for (const agenda of loaded) {
      const body = agenda.actors
        .filter((actor) => actor.startsWith('PractitionerRole/'))
        .map((actor) => atHand.get(actor)?.body)
        .find((text) => text !== undefined);
      if (body === undefined) continue;
      const role = parseJson(body) as Resource;
      roles.set(agenda, role);
      for (const reference of [referenceOf(role['practitioner']), placeOf(role), referenceOf(role['organization'])]) {
        if (reference !== undefined && !atHand.has(reference)) more.add(reference);
      }
    }
    const stored = await reader.readReferences(more);
    const read = new Map(stored.map(({ type, id, body }) => [`${type}/${id}`, body!]));
    const resource = (reference: string | undefined): Resource | undefined => {
      const body = reference === undefined ? undefined : (atHand.get(reference)?.body ?? read.get(reference));
      return body === undefined ? undefined : (parseJson(body) as Resource);
    };
    return { roles, resource };
  }

  /** By Schedule id: a place with a name and an address, and its organisation with a national identifier. */
  async centres(loaded: readonly LoadedAgenda[], asked: ReadonlySet<string> = new Set()): Promise<Map<string, Centre>> {
    const places = await this.#read(loaded.flatMap(({ actors }) => placeAmong(actors) ?? []));
    const locations = loaded.flatMap(({ schedule, actors }) => {
      const stored = places.get(placeAmong(actors) ?? '');
      const location = stored && this.#dialect.sosLocation(stored);
      return location === undefined ? [] : [{ schedule, location }];
    });
    const structures = await this.#read(
      locations.flatMap(({ location }) => referenceOf(location['managingOrganization']) ?? []),
    );
    const centres = new Map<string, Centre>();
    for (const { schedule, location } of locations) {
      const stored = structures.get(referenceOf(location['managingOrganization']) ?? '');
      const organization = stored && this.#dialect.sosOrganization(stored, asked);
      if (organization?.['identifier'] !== undefined) centres.set(schedule, { location, organization });
    }
    return centres;
  }

  /** By reference: services of CPTS, each with its organisation, which has a national identifier. */
  async services(references: readonly string[]): Promise<Map<string, CptsService>> {
    const stored = await this.#read(references);
    const structures = await this.#read([...stored.values()].flatMap((service) => structureOf(service) ?? []));
    const services = new Map<string, CptsService>();
    for (const [reference, service] of stored) {
      const structure = structures.get(structureOf(service) ?? '');
      const organization = structure && this.#dialect.cptsOrganization(structure);
      if (organization?.['identifier'] !== undefined)
        services.set(reference, { service: this.#dialect.healthcareService(service), organization });
    }
    return services;
  }

  async #read(references: readonly string[]): Promise<Map<string, Resource>> {
    const stored = references.length === 0 ? [] : await this.#agenda.reader.readReferences(new Set(references));
    return new Map(stored.map(({ type, id, body }) => [`${type}/${id}`, parseJson(body!) as Resource]));
  }
}

function placeAmong(actors: readonly string[]): string | undefined {
  return actors.find((actor) => actor.startsWith('Location/'));
}

function placeOf(role: Resource): string | undefined {
  return localTarget(((role['location'] as Reference[] | undefined) ?? [])[0]);
}

function structureOf(service: Resource): string | undefined {
  return referenceOf(service['providedBy']);
}

function referenceOf(value: unknown): string | undefined {
  return localTarget(value as Reference | undefined);
}
