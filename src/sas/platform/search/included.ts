/**
 * The resources beside slots in a partner's answer (practitioners, places, agendas, structures), under new ids. Those
 * with a national identifier have the same id for all partners.
 */
import { createHash } from 'node:crypto';
import { type ByteText, bytesOf } from '../../../fhir/byte-text.ts';
import { IDNPS, IDNST } from '../../../fhir/french/identifiers.ts';
import type { BundleEntry } from '../../../fhir/foundation.ts';
import { replaceReferences } from '../../../fhir/references.ts';
import type { CodeableConcept, Json, Resource } from '../../../fhir/resource.ts';
import { asType, isType, list, type PractitionerRole, type Slot } from '../../../fhir/resources.ts';
import { identifiersOf } from '../../../fhir/shared-elements.ts';
import { nationalToken } from '../../contract/identifier.ts';
import type { Partner } from '../partners/partner.ts';
import { SOURCE } from './aggregated-query.ts';
import { hasReferences, ID, isValid, withSource } from './partner-entry.ts';

/** Resources as they were last written, for answers that come back. */
const written = new WeakMap<
  Resource,
  { partner: string; name: string; bytes: ByteText; references: [string, string | undefined][] }
>();

/** Where the slots of an agenda are. */
export interface AnsweredPlace {
  /** `Schedule/id`, new. */
  schedule: string;
  /** The identifier that was asked for. */
  identifier: string;
  /** Equal for the same place at another partner; absent without national identifiers. */
  shared: string | undefined;
  /** `Type/id`, new, of the resources that go with the slots. */
  needs: readonly string[];
}

export class Included {
  invalid = 0;
  private readonly partner: Partner;
  /** By old `Type/id`. */
  private readonly resources = new Map<string, Resource>();
  /** Old `Type/id` by fullUrl. */
  private readonly urls = new Map<string, string>();
  /** New `Type/id` by old `Type/id` and by fullUrl. */
  private readonly names = new Map<string, string>();
  /** By new `Type/id`. */
  private readonly renamed = new Map<string, Resource>();

  constructor(partner: Partner) {
    this.partner = partner;
  }

  clear(): void {
    this.invalid = 0;
    this.resources.clear();
    this.urls.clear();
  }

  add(entry: BundleEntry | undefined): void {
    const resource = entry?.resource;
    if (resource?.resourceType === 'OperationOutcome') return;
    if (!isValid(resource)) {
      this.invalid++;
      return;
    }
    const old = `${resource.resourceType}/${resource.id}`;
    if (!this.resources.has(old)) this.resources.set(old, resource);
    const { fullUrl } = entry!;
    if (typeof fullUrl === 'string' && /^(https?:\/\/|urn:)/.test(fullUrl)) this.urls.set(fullUrl, old);
  }

  /** Gives the new names, once every entry is here. */
  settle(): void {
    const taken = new Set<string>();
    for (const [old, resource] of this.resources) {
      let name = `${resource.resourceType}/${this.nationalId(resource) ?? this.idOf(resource.id!)}`;
      // Two resources of one partner never become one.
      if (taken.has(name)) name = `${resource.resourceType}/${this.idOf(resource.id!)}`;
      taken.add(name);
      this.names.set(old, name);
      this.renamed.set(name, resource);
    }
    for (const [url, old] of this.urls) this.names.set(url, this.names.get(old)!);
  }

  /** An id that no other partner uses. */
  idOf(id: string): string {
    const whole = `${this.partner.id}.${id}`;
    return whole.length <= 64
      ? whole
      : `${this.partner.id}.${createHash('sha256').update(id).digest('hex').slice(0, 32)}`;
  }

  private nationalId(resource: Resource): string | undefined {
    const { resourceType } = resource;
    if (resourceType === 'Practitioner') return short('ps', tokenIn(resource, IDNPS));
    if (resourceType === 'Organization') return short('st', tokenIn(resource, IDNST));
    if (!isType(resource, 'PractitionerRole')) return undefined;
    const practitioner = this.resource(resource.practitioner?.reference);
    const who = practitioner && tokenIn(practitioner, IDNPS);
    const where = structureOf(resource);
    return who && where && short('role', `|${valueIn(who)}-${valueIn(where)}`);
  }

  private resource(reference: string | undefined): Resource | undefined {
    if (typeof reference !== 'string') return undefined;
    return this.resources.get(reference) ?? this.renamed.get(this.names.get(reference) ?? '');
  }

  private name({ resourceType, id }: Resource): string {
    return this.names.get(`${resourceType}/${id}`)!;
  }

  private actorsOf(schedule: Resource | undefined): Resource[] {
    const actors = list(asType(schedule, 'Schedule')?.actor);
    return actors.flatMap(({ reference }) => this.resource(reference) ?? []);
  }

  /** Of a PS or CPTS slot: the agenda of a practitioner who was asked for, at one place. */
  practitionerPlace(reference: string, asked: ReadonlySet<string>): AnsweredPlace | undefined {
    const schedule = this.resource(reference);
    const actors = this.actorsOf(schedule);
    const practitioner = actors.find((actor) => isType(actor, 'Practitioner'));
    const role = actors.find((actor) => isType(actor, 'PractitionerRole'));
    const identifier = practitioner && tokenIn(practitioner, IDNPS);
    if (schedule === undefined || practitioner === undefined || role === undefined) return undefined;
    if (identifier === undefined || !asked.has(identifier)) return undefined;
    const where = structureOf(role);
    return this.place(identifier, where && `${identifier}|${where}`, [schedule, practitioner, role]);
  }

  /** Of an SOS slot: the agenda of a place of a structure that was asked for. */
  structurePlace(reference: string, asked: ReadonlySet<string>): AnsweredPlace | undefined {
    const schedule = this.resource(reference);
    const location = this.actorsOf(schedule).find((actor) => isType(actor, 'Location'));
    const organization = this.resource(location?.managingOrganization?.reference);
    const identifier = organization && tokenIn(organization, IDNST);
    if (schedule === undefined || location === undefined || organization === undefined) return undefined;
    if (identifier === undefined || !asked.has(identifier)) return undefined;
    const own = location.identifier?.[0];
    return this.place(identifier, own && `${identifier}|${own.system}|${own.value}`, [
      schedule,
      location,
      organization,
    ]);
  }

  /** `resources`: the agenda first. */
  private place(identifier: string, shared: string | undefined, resources: readonly Resource[]): AnsweredPlace {
    const needs = resources.map((resource) => this.name(resource));
    return { schedule: needs[0]!, identifier, shared, needs };
  }

  /** CPTS: the services that a slot names, and their organisations. */
  services(slot: Slot): string[] {
    return list(slot.serviceType)
      .flatMap(({ extension }) => extension ?? [])
      .flatMap(({ valueReference }) => {
        const service = this.resource(valueReference?.reference);
        const organization = this.resource(asType(service, 'HealthcareService')?.providedBy?.reference);
        return [service, organization].flatMap((resource) => (resource === undefined ? [] : [this.name(resource)]));
      });
  }

  slotBytes(slot: Slot, id: string, schedule: string): ByteText {
    const copy: Resource = { ...withSource(this.partner, slot), id, schedule: { reference: schedule } };
    if (hasReferences(slot)) copy['serviceType'] = replaceReferences(slot.serviceType, this.names);
    return bytesOf(JSON.stringify(copy));
  }

  /** A resource as it leaves: the bytes of the last time, unless a resource that it refers to has a new name. */
  bytes(name: string): ByteText {
    const resource = this.renamed.get(name)!;
    const last = written.get(resource);
    if (
      last?.name === name &&
      last.partner === this.partner.id &&
      last.references.every(([old, to]) => this.names.get(old) === to)
    )
      return last.bytes;
    const copy = replaceReferences(withSource(this.partner, resource), this.names);
    const bytes = bytesOf(JSON.stringify({ ...copy, id: idIn(name) }));
    const references = referencesIn(resource).map((old): [string, string | undefined] => [old, this.names.get(old)]);
    written.set(resource, { partner: this.partner.id, name, bytes, references });
    return bytes;
  }

  /** The practitioners and structures among these, under their ids for all partners: names and specialties. */
  directory(names: Iterable<string>): Resource[] {
    const found = new Map<string, Resource>();
    const specialties = new Map<string, CodeableConcept>();
    for (const name of names) {
      const resource = this.renamed.get(name)!;
      const role = asType(resource, 'PractitionerRole');
      const specialty = role?.specialty?.[0];
      const practitioner = specialty && this.resource(role?.practitioner?.reference);
      if (practitioner) specialties.set(this.name(practitioner), specialty);
      if (!/^(Practitioner\/ps|Organization\/st)-/.test(name)) continue;
      const { resourceType, meta, identifier, name: ownName } = resource;
      if (ownName === undefined) continue;
      const source = SOURCE + this.partner.id;
      found.set(name, {
        resourceType,
        id: idIn(name),
        meta: { ...(meta?.profile ? { profile: meta.profile } : {}), source },
        identifier,
        name: ownName,
      });
    }
    for (const [name, code] of specialties) {
      const practitioner = found.get(name);
      if (practitioner !== undefined) practitioner['qualification'] = [{ code }];
    }
    return [...found.values()];
  }
}

/** The id in `Type/id`. */
function idIn(name: string): string {
  return name.slice(name.indexOf('/') + 1);
}

/** The token of a resource's identifier of this national system. */
function tokenIn(resource: Resource, system: string): string | undefined {
  return identifiersOf(resource)
    .map(nationalToken)
    .find((token) => token?.startsWith(`${system}|`));
}

/** The token of the structure of a role. */
function structureOf({ organization }: PractitionerRole): string | undefined {
  const identifier = organization?.identifier;
  const token = identifier && nationalToken(identifier);
  return token?.startsWith(`${IDNST}|`) ? token : undefined;
}

/** `ps-810100050075`; `undefined` when that would not be an id. */
function short(prefix: string, token: string | undefined): string | undefined {
  const id = token && `${prefix}-${valueIn(token)}`;
  return id !== undefined && ID.test(id) ? id : undefined;
}

function valueIn(token: string): string {
  return token.slice(token.lastIndexOf('|') + 1);
}

/** Every text that could be a reference, without version or fragment. */
function referencesIn(value: Json, found: string[] = []): string[] {
  if (typeof value === 'string' && /[/:]/.test(value)) found.push(value.replace(/(\/_history\/[^/#]+)?(#.*)?$/, ''));
  else if (value !== null && typeof value === 'object')
    for (const element of Object.values(value)) referencesIn(element, found);
  return found;
}
