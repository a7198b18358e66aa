/**
 * The content of a slot for the SAS: its visibility, the mode of consultation, the professional, the booking address.
 * It comes from the offers of the agenda, or from a Slot that somebody wrote. Pure. Spec: 1.6 to 1.8, 6.1 to 6.3
 */
import type { LoadedAgenda } from '../../../agenda/agendas.ts';
import type { AgendaState } from '../../../agenda/slots/slot-state.ts';
import type { SlotOffer } from '../../../fhir/french/fr-extensions.ts';
import { localTarget } from '../../../fhir/local-reference.ts';
import type { CodeableConcept, Reference } from '../../../fhir/resource.ts';
import { list, type Slot } from '../../../fhir/resources.ts';
import { parseResource } from '../../../fhir/json.ts';
import { type Contract, inAnyVersion, type SearchKind } from '../../contract/contract.ts';

export interface SlotContent {
  /** TRE_R314 codes. */
  visibility: string[];
  serviceType: CodeableConcept[];
  specialty: CodeableConcept[];
  appointmentType: string;
  bookingUrl: string | undefined;
  /** HealthcareServices of the CPTS that `serviceType` refers to. */
  cpts: string[];
}

const CPTS_CODE = '604';
/** TRE_R314 in any spelling. */
const VISIBILITY_SYSTEM = /TRE[_-]R314/i;
const SERVICE_TYPE_URLS = inAnyVersion(({ extensions }) => extensions.serviceType);

/** Several offers of one slot add up. */
export function offeredContent(
  contract: Contract,
  offers: readonly SlotOffer[],
  { resource }: LoadedAgenda,
  services: ReadonlySet<string>,
): SlotContent | undefined {
  const visibility = unique(offers.flatMap((offer) => offer.visibility));
  if (visibility.length === 0) return undefined;
  const cpts = unique(offers.flatMap(cptsOffered)).filter((reference) => services.has(reference));
  const modes = unique(offers.flatMap((offer) => offer.mode));
  const specialty = offers.flatMap((offer) => offer.specialty);
  return {
    visibility,
    serviceType: [
      ...modes.map((code) => ({ coding: [{ system: contract.systems.mode, code }] })),
      ...cpts.map((reference) => cptsConcept(contract, reference)),
      ...unique(offers.flatMap((offer) => offer.reason)).map((text) => ({ text })),
    ],
    specialty: distinct(specialty.length > 0 ? specialty : list(resource.specialty)),
    appointmentType: firstOf(offers.map((offer) => offer.appointmentType)) ?? 'ROUTINE',
    bookingUrl: firstOf(offers.map((offer) => offer.bookingUrl)),
    cpts,
  };
}

/** A Slot that somebody wrote says itself who may see it. */
export function writtenContent(slot: Slot, services: ReadonlySet<string>): SlotContent | undefined {
  const visibility = unique(
    list(slot.meta?.security)
      .filter(({ system }) => VISIBILITY_SYSTEM.test(system ?? ''))
      .map(({ code }) => String(code).toUpperCase()),
  );
  if (visibility.length === 0) return undefined;
  const serviceType = list(slot.serviceType).filter((concept) => {
    const named = cptsNamed(concept);
    return named === undefined || services.has(named);
  });
  const appointmentType = slot.appointmentType?.coding?.[0]?.code;
  return {
    visibility,
    serviceType,
    specialty: list(slot.specialty),
    appointmentType: appointmentType === 'WALKIN' ? 'WALKIN' : 'ROUTINE',
    bookingUrl: /^https?:\/\/\S+$/.exec((slot.comment ?? '').trim())?.[0],
    cpts: serviceType.flatMap((concept) => cptsNamed(concept) ?? []),
  };
}

/** The part of a slot that a kind of search may show; `undefined` when no visibility code is left. */
export function visibleTo(contract: Contract, content: SlotContent, kind: SearchKind): SlotContent | undefined {
  // A slot for a CPTS that cannot be named is not shown as one.
  const visibility = content.visibility.filter(
    (code) => contract.visibility[kind].has(code) && (code !== 'CPTS' || content.cpts.length > 0),
  );
  if (visibility.length === 0) return undefined;
  const cpts = visibility.includes('CPTS') ? content.cpts : [];
  return {
    ...content,
    visibility,
    cpts,
    serviceType: cpts.length > 0 ? content.serviceType : content.serviceType.filter((concept) => !isCpts(concept)),
  };
}

/** References to the HealthcareServices of CPTS that slots of this agenda name. */
export function cptsOf({ agenda }: LoadedAgenda, { explicit }: AgendaState): string[] {
  const written = explicit
    .filter(({ body }) => [...SERVICE_TYPE_URLS].some((url) => body.includes(url)))
    .flatMap(({ body }) => list(parseResource('Slot', body).serviceType))
    .flatMap((concept) => cptsNamed(concept) ?? []);
  return [...agenda.offers.flatMap(cptsOffered), ...written];
}

function cptsOffered({ cpts }: SlotOffer): string[] {
  return cpts.flatMap((offered) => localTarget(offered) ?? []);
}

function cptsConcept({ extensions, systems }: Contract, reference: string): CodeableConcept {
  return {
    extension: [{ url: extensions.serviceType, valueReference: { reference } }],
    coding: [{ system: systems.structureCategory, code: CPTS_CODE }],
  };
}

function isCpts(concept: CodeableConcept): boolean {
  return cptsReference(concept) !== undefined || concept.coding?.some(({ code }) => code === CPTS_CODE) === true;
}

function cptsNamed(concept: CodeableConcept): string | undefined {
  return localTarget(cptsReference(concept));
}

function cptsReference(concept: CodeableConcept): Reference | undefined {
  return concept.extension?.find(({ url }) => SERVICE_TYPE_URLS.has(url))?.valueReference;
}

function firstOf<T>(values: readonly (T | undefined)[]): T | undefined {
  return values.find((value) => value !== undefined);
}

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}

function distinct(concepts: readonly CodeableConcept[]): CodeableConcept[] {
  return [...new Map(concepts.map((concept) => [JSON.stringify(concept), concept])).values()];
}
