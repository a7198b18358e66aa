/**
 * One partner's answer, read and checked: each entry by itself, so that a wrong one does not spoil the others. What comes out has ids that
 * no other partner uses; practitioners and structures with a national identifier have one id for all partners. Guide: 6.1 to 6.3, I8, C22, C29.
 */
import { createHash } from 'node:crypto';
import { IDNPS, IDNST } from '../../fhir/identifiers.ts';
import { replaceReferences } from '../../fhir/references.ts';
import type { BundleEntry, CodeableConcept, Identifier, Json, Reference, Resource } from '../../fhir/resource.ts';
import { checkStructure } from '../../fhir/structure.ts';
import { canonical, type Partner } from './partner.ts';
import { PartnerFailure } from './partner-link.ts';
import { type Question, SOURCE } from './question.ts';

export interface FoundSlot {
  id: string;
  /** Epoch ms. */
  start: number;
  /** JSON text. */
  body: string;
  /** `Schedule/id`, and what goes with it. */
  schedule: string;
  /** The same for two partners that publish one and the same time; absent without national identifiers. */
  shared: string | undefined;
}

export interface Answer {
  slots: FoundSlot[];
  /** What slots refer to, by `Type/id`: JSON text. */
  others: Map<string, string>;
  /** `Type/id` of what goes with a schedule, itself first. */
  needs: Map<string, readonly string[]>;
  /** Asked identifiers that were there. */
  seen: Set<string>;
  /** Practitioners and structures with a national identifier, as the platform's directory keeps them. */
  directory: Resource[];
  /** Entries that were left out: wrong, or not asked for. */
  invalid: number;
  /** The same slot again. */
  duplicates: number;
}

const ID = /^[A-Za-z0-9\-.]{1,64}$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;
const SERVED = new Set(['Schedule', 'Practitioner', 'PractitionerRole', 'Location', 'Organization', 'HealthcareService']);

export function emptyAnswer(): Answer {
  return { slots: [], others: new Map(), needs: new Map(), seen: new Set(), directory: [], invalid: 0, duplicates: 0 };
}

/** Throws PartnerFailure `invalid` when it is no searchset at all. */
export function readAnswer(partner: Partner, question: Question, text: string): Answer {
  const entries = entriesOf(text);
  const answer = emptyAnswer();
  const included = new Included(partner, entries);
  const asked = new Set(question.identifiers);
  const places = new Map<string, Place | undefined>();
  const known = new Set<string>();
  for (const entry of entries) {
    const slot = entry?.resource;
    if (slot?.resourceType !== 'Slot') continue;
    const start = startOf(slot);
    const reference = (slot['schedule'] as Reference | undefined)?.reference;
    if (start === undefined || typeof reference !== 'string' || !question.isWithin(start)) {
      answer.invalid++;
      continue;
    }
    if (!places.has(reference)) places.set(reference, question.kind === 'SOS' ? included.structurePlace(reference, asked) : included.practitionerPlace(reference, asked));
    const place = places.get(reference);
    if (place === undefined) {
      answer.invalid++;
      continue;
    }
    const id = included.idOf('Slot', slot.id!);
    const modes = modesOf(slot);
    const own = `${place.schedule}|${slot['start']}|${slot['end']}|${modes}|${slot['comment']}`;
    if (known.has(id) || known.has(own)) {
      answer.duplicates++;
      continue;
    }
    known.add(id).add(own);
    const needs = question.kind === 'CPTS' ? included.services(slot) : [];
    answer.slots.push({ id, start, schedule: place.schedule, shared: place.shared && `${place.shared}|${start}|${Date.parse(slot['end'])}|${modes}`, body: included.slotText(slot, id, place.schedule) });
    answer.seen.add(place.identifier);
    if (needs.length > 0 || !answer.needs.has(place.schedule)) answer.needs.set(place.schedule, [...new Set([...(answer.needs.get(place.schedule) ?? place.needs), ...needs])]);
  }
  answer.invalid += included.invalid;
  for (const needs of answer.needs.values()) for (const one of needs) if (!answer.others.has(one)) answer.others.set(one, included.text(one));
  answer.directory = included.directory(answer.others.keys());
  return answer;
}

function entriesOf(text: string): BundleEntry[] {
  let bundle: Json;
  try {
    bundle = JSON.parse(text);
  } catch (cause) {
    throw new PartnerFailure('invalid', 'the answer is no JSON', 'réponse illisible (pas du JSON)', { cause });
  }
  if (bundle?.resourceType !== 'Bundle' || bundle.type !== 'searchset' || (bundle.entry !== undefined && !Array.isArray(bundle.entry))) {
    throw new PartnerFailure('invalid', 'the answer is no searchset', "réponse inattendue (ce n'est pas un résultat de recherche FHIR)");
  }
  return bundle.entry ?? [];
}

/** Epoch ms, when the slot is free and makes sense. */
function startOf(slot: Resource): number | undefined {
  const { id, status, start, end } = slot as Json;
  if (typeof id !== 'string' || !ID.test(id) || status !== 'free' || !INSTANT.test(start) || !INSTANT.test(end)) return undefined;
  const from = Date.parse(start);
  if (!(Date.parse(end) > from) || hasFaults(slot)) return undefined;
  return from;
}

/** The consultation modes, which tell two slots of one time and place apart. */
function modesOf(slot: Resource): string {
  const types = slot['serviceType'] as CodeableConcept[] | undefined;
  if (types === undefined) return '';
  const codes = types.flatMap((one) => (one.coding ?? []).map((coding) => coding.code ?? ''));
  return codes.length > 1 ? codes.sort().join() : (codes[0] ?? '');
}

function hasFaults(resource: Resource): boolean {
  return checkStructure(resource).some((one) => one.severity === 'error' || one.severity === 'fatal');
}

interface Place {
  /** `Schedule/id`, new. */
  schedule: string;
  /** The asked identifier. */
  identifier: string;
  shared: string | undefined;
  needs: readonly string[];
}

/** What an answer holds besides slots, under its old references, and the new ids. */
class Included {
  invalid = 0;
  private readonly partner: Partner;
  private readonly resources = new Map<string, Resource>();
  /** Old `Type/id` and fullUrl -> new `Type/id`. */
  private readonly names = new Map<string, string>();
  private readonly renamed = new Map<string, Resource>();

  constructor(partner: Partner, entries: readonly BundleEntry[]) {
    this.partner = partner;
    const urls = new Map<string, string>();
    for (const entry of entries) {
      const resource = entry?.resource;
      if (resource?.resourceType === 'Slot' || resource?.resourceType === 'OperationOutcome') continue;
      if (resource === null || typeof resource !== 'object' || !SERVED.has(resource.resourceType) || typeof resource.id !== 'string' || !ID.test(resource.id) || hasFaults(resource)) {
        this.invalid++;
        continue;
      }
      const old = `${resource.resourceType}/${resource.id}`;
      if (!this.resources.has(old)) this.resources.set(old, resource);
      if (typeof entry.fullUrl === 'string') urls.set(entry.fullUrl, old);
    }
    const taken = new Set<string>();
    for (const [old, resource] of this.resources) {
      let name = `${resource.resourceType}/${this.nationalId(resource) ?? this.idOf(resource.resourceType, resource.id!)}`;
      // Two resources of one partner are never one.
      if (taken.has(name)) name = `${resource.resourceType}/${this.idOf(resource.resourceType, resource.id!)}`;
      taken.add(name);
      this.names.set(old, name);
      this.renamed.set(name, resource);
    }
    for (const [url, old] of urls) this.names.set(url, this.names.get(old)!);
  }

  /** An id that no other partner uses. */
  idOf(_type: string, id: string): string {
    const whole = `${this.partner.id}.${id}`;
    return whole.length <= 64 ? whole : `${this.partner.id}.${createHash('sha256').update(id).digest('hex').slice(0, 32)}`;
  }

  private nationalId(resource: Resource): string | undefined {
    const type = resource.resourceType;
    if (type === 'Practitioner') return short('ps', identifierIn(resource, IDNPS));
    if (type === 'Organization') return short('st', identifierIn(resource, IDNST));
    if (type !== 'PractitionerRole') return undefined;
    const practitioner = this.resource((resource['practitioner'] as Reference | undefined)?.reference);
    const who = practitioner && identifierIn(practitioner, IDNPS);
    const where = structureOf(resource);
    return who && where && short('role', `${who.slice(who.lastIndexOf('|'))}-${where.slice(where.lastIndexOf('|') + 1)}`);
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
    const actors = ((schedule?.['actor'] as Reference[] | undefined) ?? []).map((one) => this.resource(one.reference));
    const practitioner = actors.find((one) => one?.resourceType === 'Practitioner');
    const role = actors.find((one) => one?.resourceType === 'PractitionerRole');
    const identifier = practitioner && identifierIn(practitioner, IDNPS);
    if (schedule === undefined || practitioner === undefined || role === undefined || identifier === undefined || !asked.has(identifier)) return undefined;
    const where = structureOf(role);
    const names = [schedule, practitioner, role].map((one) => this.name(one));
    return { schedule: names[0]!, identifier, shared: where && `${identifier}|${where}`, needs: names };
  }

  /** Of an SOS slot: its agenda is of a place of an asked structure. */
  structurePlace(reference: string, asked: ReadonlySet<string>): Place | undefined {
    const schedule = this.resource(reference);
    const location = ((schedule?.['actor'] as Reference[] | undefined) ?? []).map((one) => this.resource(one.reference)).find((one) => one?.resourceType === 'Location');
    const organization = this.resource((location?.['managingOrganization'] as Reference | undefined)?.reference);
    const identifier = organization && identifierIn(organization, IDNST);
    if (schedule === undefined || location === undefined || organization === undefined || identifier === undefined || !asked.has(identifier)) return undefined;
    const own = ((location['identifier'] as Identifier[] | undefined) ?? [])[0];
    const names = [schedule, location, organization].map((one) => this.name(one));
    return { schedule: names[0]!, identifier, shared: own && `${identifier}|${own.system}|${own.value}`, needs: names };
  }

  /** CPTS: the services that a slot names, and their organisations. */
  services(slot: Resource): string[] {
    return ((slot['serviceType'] as (CodeableConcept & { extension?: Json[] })[] | undefined) ?? []).flatMap((one) =>
      (one.extension ?? []).flatMap(({ valueReference }) => {
        const service = this.resource(valueReference?.reference);
        const organization = this.resource((service?.['providedBy'] as Reference | undefined)?.reference);
        return [service, organization].filter((found) => found !== undefined).map((found) => this.name(found));
      }),
    );
  }

  slotText(slot: Resource, id: string, schedule: string): string {
    const { serviceType } = slot as Json;
    const hasReferences = (serviceType as Json[] | undefined)?.some((one) => one.extension !== undefined);
    return JSON.stringify({ ...slot, id, meta: { ...slot.meta, source: SOURCE + this.partner.id }, ...(hasReferences ? { serviceType: replaceReferences(serviceType, this.names) } : {}), schedule: { reference: schedule } });
  }

  text(name: string): string {
    const resource = this.renamed.get(name)!;
    const copy = replaceReferences(resource, this.names);
    return JSON.stringify({ ...copy, id: name.slice(name.indexOf('/') + 1), meta: { ...copy.meta, source: SOURCE + this.partner.id } });
  }

  /** Names and specialties, under the ids for all partners. */
  directory(names: Iterable<string>): Resource[] {
    const found = new Map<string, Resource>();
    const specialties = new Map<string, CodeableConcept>();
    for (const name of names) {
      const resource = this.renamed.get(name)!;
      const [specialty] = resource.resourceType === 'PractitionerRole' ? ((resource['specialty'] as CodeableConcept[] | undefined) ?? []) : [];
      const practitioner = specialty && this.resource((resource['practitioner'] as Reference | undefined)?.reference);
      if (practitioner) specialties.set(this.name(practitioner), specialty);
      if (!/^(Practitioner\/ps|Organization\/st)-/.test(name)) continue;
      const { resourceType, meta, identifier, name: named } = resource as Json;
      if (named !== undefined) found.set(name, { resourceType, id: name.slice(name.indexOf('/') + 1), meta: { ...(meta?.profile ? { profile: meta.profile } : {}), source: SOURCE + this.partner.id }, identifier, name: named });
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
  for (const one of (resource['identifier'] as Identifier[] | undefined) ?? []) {
    const found = canonical(one);
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

