/**
 * What goes with the slots of an agenda by the doors of the SAS, in its dialect: the practitioner and the place of
 * exercise, the place and
 * the organisation of SOS Médecins, the service and the organisation of a CPTS. What is not whole is not there.
 */
import type { LoadedAgenda } from '../../../agenda/agendas.ts';
import type { RuleServices } from '../../../agenda/rules/services.ts';
import { parseJson } from '../../../fhir/json.ts';
import type { Reference, Resource } from '../../../fhir/resource.ts';
import { PROFILE } from '../codes.ts';
import {
  healthcareServiceResource,
  organizationResource,
  practitionerResource,
  practitionerRoleResource,
  sosLocationResource,
} from './dialect.ts';

export interface Practice {
  /** `Practitioner/id`. */
  reference: string;
  practitioner: Resource;
  role: Resource;
}

export interface Centre {
  location: Resource;
  organization: Resource;
}

export interface Service {
  service: Resource;
  organization: Resource;
}

export class SasActors {
  private readonly agenda: RuleServices;
  private readonly editorSystem: string;

  /** `editorSystem`: of the identifiers that the editor gives to its places. */
  constructor(agenda: RuleServices, editorSystem: string) {
    this.agenda = agenda;
    this.editorSystem = editorSystem;
  }

  /**
   * By Schedule id: the practitioner, with a national identifier, and the place, with an address, among the actors.
   * `wanted`: by which
   * identifiers practitioners are asked for, as `system|value`.
   */
  async practices(
    loaded: readonly LoadedAgenda[],
    wanted: ReadonlySet<string> = new Set(),
  ): Promise<Map<string, Practice>> {
    const { agendas, reader } = this.agenda;
    const atHand = await agendas.atHand(loaded);
    const roles = new Map<LoadedAgenda, Resource>();
    const more = new Set<string>();
    for (const one of loaded) {
      const body = one.actors
        .filter((actor) => actor.startsWith('PractitionerRole/'))
        .map((actor) => atHand.get(actor)?.body)
        .find((text) => text !== undefined);
      if (body === undefined) continue;
      const role = parseJson(body) as Resource;
      roles.set(one, role);
      for (const reference of [referenceOf(role['practitioner']), placeOf(role), referenceOf(role['organization'])]) {
        if (reference !== undefined && !reference.startsWith('#') && !atHand.has(reference)) more.add(reference);
      }
    }
    const read = new Map(
      (await reader.readReferences(more)).map((reference) => [`${reference.type}/${reference.id}`, reference.body!]),
    );
    const resource = (reference: string | undefined): Resource | undefined => {
      const body = reference === undefined ? undefined : (atHand.get(reference)?.body ?? read.get(reference));
      return body === undefined ? undefined : (parseJson(body) as Resource);
    };
    const found = new Map<string, Practice>();
    for (const [{ schedule, actors }, stored] of roles) {
      const reference = referenceOf(stored['practitioner']) ?? '';
      const who = actors.includes(reference) ? resource(reference) : undefined;
      const practitioner = who && practitionerResource(who, wanted);
      const role = practitionerRoleResource(
        stored,
        reference,
        resource(placeOf(stored)),
        resource(referenceOf(stored['organization'])),
        this.editorSystem,
      );
      if (practitioner?.['identifier'] !== undefined && role !== undefined)
        found.set(schedule, { reference, practitioner, role });
    }
    return found;
  }

  /** By Schedule id: the place, with a name and an address, and its organisation, with a national identifier. */
  async centres(
    loaded: readonly LoadedAgenda[],
    wanted: ReadonlySet<string> = new Set(),
  ): Promise<Map<string, Centre>> {
    const places = await this.read(loaded.flatMap(({ actors }) => placeAmong(actors) ?? []));
    const locations = loaded.flatMap(({ schedule, actors }) => {
      const stored = places.get(placeAmong(actors) ?? '');
      const location = stored && sosLocationResource(stored, this.editorSystem);
      return location === undefined ? [] : [{ schedule, location }];
    });
    const structures = await this.read(locations.map(({ location }) => referenceOf(location['managingOrganization'])!));
    const found = new Map<string, Centre>();
    for (const { schedule, location } of locations) {
      const stored = structures.get(referenceOf(location['managingOrganization'])!);
      const organization = stored && organizationResource(stored, PROFILE.sosOrganization, wanted);
      if (organization?.['identifier'] !== undefined) found.set(schedule, { location, organization });
    }
    return found;
  }

  /** By reference: the services of CPTS, each with its organisation, which has a national identifier. */
  async services(references: readonly string[]): Promise<Map<string, Service>> {
    const services = await this.read(references);
    const structures = await this.read(
      [...services.values()].flatMap((service) => referenceOf(service['providedBy']) ?? []),
    );
    const found = new Map<string, Service>();
    for (const [reference, one] of services) {
      const stored = structures.get(referenceOf(one['providedBy']) ?? '');
      const organization = stored && organizationResource(stored, PROFILE.cptsOrganization);
      if (organization?.['identifier'] !== undefined)
        found.set(reference, { service: healthcareServiceResource(one), organization });
    }
    return found;
  }

  private async read(references: readonly string[]): Promise<Map<string, Resource>> {
    const stored = references.length === 0 ? [] : await this.agenda.reader.readReferences(new Set(references));
    return new Map(stored.map((one) => [`${one.type}/${one.id}`, parseJson(one.body!) as Resource]));
  }
}

function placeAmong(actors: readonly string[]): string | undefined {
  return actors.find((actor) => actor.startsWith('Location/'));
}

function placeOf(role: Resource): string | undefined {
  return ((role['location'] as Reference[] | undefined) ?? [])[0]?.reference;
}

function referenceOf(value: unknown): string | undefined {
  return (value as Reference | undefined)?.reference;
}
