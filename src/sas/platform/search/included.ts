/**
 * What a partner's answer holds besides slots: practitioners, places, agendas, structures, under new ids. Those with a
 * national identifier have one id for all
 * partners. Searches come back to the same ones again and again, so what was parsed, checked and written once is kept
 * for a while.
 */
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { bufferBytes, type ByteText, bytesBuffer, bytesOf } from '../../../fhir/byte-text.ts';
import { IDNPS, IDNST } from '../../../fhir/french/identifiers.ts';
import { replaceReferences } from '../../../fhir/references.ts';
import type { CodeableConcept, Identifier, Json, Reference, Resource } from '../../../fhir/resource.ts';
import type { BundleEntry } from '../../../fhir/foundation.ts';
import { checkStructure } from '../../../fhir/structure.ts';
import { canonical, type Partner } from '../partners/partner.ts';
import { SOURCE } from './question.ts';

export const ID = /^[A-Za-z0-9\-.]{1,64}$/;
const SERVED = new Set([
  'Schedule',
  'Practitioner',
  'PractitionerRole',
  'Location',
  'Organization',
  'HealthcareService',
]);

/** Entries by their text, which count its length. */
const parsed = new LRUCache<ByteText, BundleEntry>({
  maxSize: 30_000_000,
  sizeCalculation: (_entry, text) => text.length,
});
const right = new WeakSet<Resource>();
const written = new WeakMap<
  Resource,
  { partner: string; name: string; bytes: ByteText; references: [string, string | undefined][] }
>();

/** Not to be changed: others read the same one. Throws when it is no JSON. */
export function parseEntry(text: ByteText): BundleEntry {
  let entry = parsed.get(text);
  if (entry === undefined) {
    const buffer = bytesBuffer(text);
    entry = JSON.parse(buffer.toString('utf8')) as BundleEntry;
    // Under a copy: what is cut from a partner's answer would keep the whole answer in memory.
    if (entry?.resource?.resourceType !== 'Slot') parsed.set(bufferBytes(buffer), entry);
  }
  return entry;
}

function isRight(resource: Resource): boolean {
  return (
    SERVED.has(resource.resourceType) && typeof resource.id === 'string' && ID.test(resource.id) && !hasFaults(resource)
  );
}

/** Everything that could be a reference, without version or fragment. */
function referencesIn(value: Json, found: string[] = []): string[] {
  if (typeof value === 'string' && /[/:]/.test(value)) found.push(value.replace(/(\/_history\/[^/#]+)?(#.*)?$/, ''));
  else if (value !== null && typeof value === 'object')
    for (const one of Object.values(value)) referencesIn(one, found);
  return found;
}

export function hasFaults(resource: Resource): boolean {
  return checkStructure(resource).some((one) => one.severity === 'error' || one.severity === 'fatal');
}

export function withSource(partner: Partner, resource: Resource): Resource {
  return { ...resource, meta: { ...resource.meta, source: SOURCE + partner.id } };
}

/** Does it refer to more than its agenda (CPTS)? */
export function hasReferences(slot: Resource): boolean {
  return (
    (slot['serviceType'] as Json[] | undefined)?.some((serviceType) => serviceType.extension !== undefined) ?? false
  );
}

export interface Place {
  /** `Schedule/id`, new. */
  schedule: string;
  /** The asked identifier. */
  identifier: string;
  shared: string | undefined;
  needs: readonly string[];
}

/** What an answer holds besides slots, under its old references, and the new ids. */
export class Included {
  invalid = 0;
  private readonly partner: Partner;
  private readonly resources = new Map<string, Resource>();
  private readonly urls = new Map<string, string>();
  /** Old `Type/id` and fullUrl -> new `Type/id`. */
  private readonly names = new Map<string, string>();
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
    if (resource === null || typeof resource !== 'object' || !(right.has(resource) || isRight(resource))) {
      this.invalid++;
      return;
    }
    right.add(resource);
    const old = `${resource.resourceType}/${resource.id}`;
    if (!this.resources.has(old)) this.resources.set(old, resource);
    if (typeof entry!.fullUrl === 'string' && /^(https?:\/\/|urn:)/.test(entry!.fullUrl))
      this.urls.set(entry!.fullUrl, old);
  }

  /** Gives the new names, once everything is there. */
  settle(): void {
    const taken = new Set<string>();
    for (const [old, resource] of this.resources) {
      let name = `${resource.resourceType}/${this.nationalId(resource) ?? this.idOf(resource.id!)}`;
      // Two resources of one partner are never one.
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
    const type = resource.resourceType;
    if (type === 'Practitioner') return short('ps', identifierIn(resource, IDNPS));
    if (type === 'Organization') return short('st', identifierIn(resource, IDNST));
    if (type !== 'PractitionerRole') return undefined;
    const practitioner = this.resource((resource['practitioner'] as Reference | undefined)?.reference);
    const who = practitioner && identifierIn(practitioner, IDNPS);
    const where = structureOf(resource);
    return (
      who && where && short('role', `${who.slice(who.lastIndexOf('|'))}-${where.slice(where.lastIndexOf('|') + 1)}`)
    );
  }

  private resource(reference: string | undefined): Resource | undefined {
    if (typeof reference !== 'string') return undefined;
    return this.resources.get(reference) ?? this.renamed.get(this.names.get(reference) ?? '');
  }

  private name(resource: Resource): string {
    return this.names.get(`${resource.resourceType}/${resource.id}`)!;
  }

  /** Of a PS or CPTS slot: its agenda is of an asked practitioner, at one place. */
  practitionerPlace(reference: string, asked: ReadonlySet<string>): Place | undefined {
    const schedule = this.resource(reference);
    const actors = ((schedule?.['actor'] as Reference[] | undefined) ?? []).map((actor) =>
      this.resource(actor.reference),
    );
    const practitioner = actors.find((actor) => actor?.resourceType === 'Practitioner');
    const role = actors.find((actor) => actor?.resourceType === 'PractitionerRole');
    const identifier = practitioner && identifierIn(practitioner, IDNPS);
    if (
      schedule === undefined ||
      practitioner === undefined ||
      role === undefined ||
      identifier === undefined ||
      !asked.has(identifier)
    )
      return undefined;
    const where = structureOf(role);
    const names = [schedule, practitioner, role].map((one) => this.name(one));
    return { schedule: names[0]!, identifier, shared: where && `${identifier}|${where}`, needs: names };
  }

  /** Of an SOS slot: its agenda is of a place of an asked structure. */
  structurePlace(reference: string, asked: ReadonlySet<string>): Place | undefined {
    const schedule = this.resource(reference);
    const location = ((schedule?.['actor'] as Reference[] | undefined) ?? [])
      .map((actor) => this.resource(actor.reference))
      .find((one) => one?.resourceType === 'Location');
    const organization = this.resource((location?.['managingOrganization'] as Reference | undefined)?.reference);
    const identifier = organization && identifierIn(organization, IDNST);
    if (
      schedule === undefined ||
      location === undefined ||
      organization === undefined ||
      identifier === undefined ||
      !asked.has(identifier)
    )
      return undefined;
    const own = ((location['identifier'] as Identifier[] | undefined) ?? [])[0];
    const names = [schedule, location, organization].map((one) => this.name(one));
    return { schedule: names[0]!, identifier, shared: own && `${identifier}|${own.system}|${own.value}`, needs: names };
  }

  /** CPTS: the services that a slot names, and their organisations. */
  services(slot: Resource): string[] {
    return ((slot['serviceType'] as (CodeableConcept & { extension?: Json[] })[] | undefined) ?? []).flatMap(
      (serviceType) =>
        (serviceType.extension ?? []).flatMap(({ valueReference }) => {
          const service = this.resource(valueReference?.reference);
          const organization = this.resource((service?.['providedBy'] as Reference | undefined)?.reference);
          return [service, organization].filter((found) => found !== undefined).map((found) => this.name(found));
        }),
    );
  }

  slotBytes(slot: Resource, id: string, schedule: string): ByteText {
    const copy = { ...withSource(this.partner, slot), id, schedule: { reference: schedule } };
    return bytesOf(
      JSON.stringify(
        hasReferences(slot) ? { ...copy, serviceType: replaceReferences(slot['serviceType'], this.names) } : copy,
      ),
    );
  }

  /** As it leaves. The same as the last time when nothing that it refers to has another name now. */
  bytes(name: string): ByteText {
    const resource = this.renamed.get(name)!;
    const before = written.get(resource);
    if (
      before !== undefined &&
      before.name === name &&
      before.partner === this.partner.id &&
      before.references.every(([old, to]) => this.names.get(old) === to)
    )
      return before.bytes;
    const copy = replaceReferences(withSource(this.partner, resource), this.names);
    const bytes = bytesOf(JSON.stringify({ ...copy, id: name.slice(name.indexOf('/') + 1) }));
    written.set(resource, {
      partner: this.partner.id,
      name,
      bytes,
      references: referencesIn(resource).map((old) => [old, this.names.get(old)]),
    });
    return bytes;
  }

  /** Names and specialties, under the ids for all partners. */
  directory(names: Iterable<string>): Resource[] {
    const found = new Map<string, Resource>();
    const specialties = new Map<string, CodeableConcept>();
    for (const name of names) {
      const resource = this.renamed.get(name)!;
      const [specialty] =
        resource.resourceType === 'PractitionerRole'
          ? ((resource['specialty'] as CodeableConcept[] | undefined) ?? [])
          : [];
      const practitioner = specialty && this.resource((resource['practitioner'] as Reference | undefined)?.reference);
      if (practitioner) specialties.set(this.name(practitioner), specialty);
      if (!/^(Practitioner\/ps|Organization\/st)-/.test(name)) continue;
      const { resourceType, meta, identifier, name: named } = resource as Json;
      if (named !== undefined)
        found.set(name, {
          resourceType,
          id: name.slice(name.indexOf('/') + 1),
          meta: { ...(meta?.profile ? { profile: meta.profile } : {}), source: SOURCE + this.partner.id },
          identifier,
          name: named,
        });
    }
    for (const [name, code] of specialties) {
      const one = found.get(name);
      if (one !== undefined) one['qualification'] = [{ code }];
    }
    return [...found.values()];
  }
}

/** The canonical identifier of a system that a resource holds. */
function identifierIn(resource: Resource, system: string): string | undefined {
  for (const identifier of (resource['identifier'] as Identifier[] | undefined) ?? []) {
    const found = canonical(identifier);
    if (found?.startsWith(`${system}|`)) return found;
  }
  return undefined;
}

/** The structure of a role, by its national identifier. */
function structureOf(role: Resource): string | undefined {
  const identifier = (role['organization'] as Reference | undefined)?.identifier;
  const found = identifier && canonical(identifier);
  return found?.startsWith(`${IDNST}|`) ? found : undefined;
}

/** `ps-810100050075`; nothing when it would not be an id. */
function short(prefix: string, identifier: string | undefined): string | undefined {
  const id = identifier && `${prefix}-${identifier.slice(identifier.lastIndexOf('|') + 1)}`;
  return id !== undefined && ID.test(id) ? id : undefined;
}
