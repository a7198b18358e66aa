/**
 * The content that may go out by `/sas`: codings of the required value sets only. Words that have no such coding become
 * text of `serviceType` where a slot has room for them, and stay home elsewhere: the profiles of CPTS refuse a
 * specialty without a code, and the national kit refuses one that is not the first. Each thing that stays is noted.
 * Pure. Spec: 1.6 to 1.8, traps C6, C21, C32
 */
import type { CodeableConcept, Coding } from '../../../fhir/resource.ts';
import { list, type PractitionerRole } from '../../../fhir/resources.ts';
import { canonicalSystem } from '../../contract/code-system.ts';
import type { Contract, SearchKind } from '../../contract/contract.ts';
import { clean, conceptsOf } from './dialect-parts.ts';
import type { SlotContent } from './slot-content.ts';

/** Something that does not leave as it is stored. */
export interface LeavingNote {
  /** FHIRPath: `Slot.specialty[1]`. */
  element: string;
  /** For the person at the screen. */
  french: string;
}

export interface LeavingSlot {
  serviceType: CodeableConcept[];
  specialty: CodeableConcept[];
  notes: LeavingNote[];
}

export interface LeavingRole {
  code: CodeableConcept[];
  specialty: CodeableConcept[];
  notes: LeavingNote[];
}

const NOS = 'https://mos.esante.gouv.fr/NOS/';
const SPECIALTIES = `${NOS}TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale`;
/** Professions, functions and ways of practising: the lists of the situation of practice. */
const PROFESSIONS = /\/NOS\/TRE_(G15|R94|R95|R291|R21|R96|R85|R22|R23)-/;
const SPECIALTY_CODE = /^[A-Z]{1,4}\d{2}$/;
const CPTS_CODE = '604';

const isSpecialty = ({ system, code = '' }: Coding): boolean =>
  canonicalSystem(system ?? '') === SPECIALTIES && SPECIALTY_CODE.test(code);
const isProfession = ({ system, code = '' }: Coding): boolean =>
  PROFESSIONS.test(canonicalSystem(system ?? '')) && /^[A-Z0-9-]{1,12}$/.test(code);

export function leavingSlot(
  contract: Contract,
  kind: SearchKind,
  { serviceType, specialty }: Pick<SlotContent, 'serviceType' | 'specialty'>,
): LeavingSlot {
  const notes: LeavingNote[] = [];
  const { systems, extensions } = contract;
  const isType = ({ system, code = '' }: Coding): boolean => system === systems.mode && contract.modes[kind].has(code);
  const isOfCpts = (concept: CodeableConcept): boolean =>
    kind === 'CPTS' && concept.extension?.some(({ url }) => url === extensions.serviceType) === true;
  const types = serviceType.map((concept, i) => {
    // The slice of a CPTS has its code alone.
    if (isOfCpts(concept)) return { ...concept, coding: [{ system: systems.structureCategory, code: CPTS_CODE }] };
    const kept = bound(concept, isType);
    if (kept.dropped.length > 0)
      notes.push({
        element: `Slot.serviceType[${i}]`,
        french: `« ${shown(kept.dropped)} » n'est pas un type de consultation du SAS : transmis en texte, sans code.`,
      });
    const text = concept.text ?? words(kept.dropped);
    return clean<CodeableConcept>({ ...concept, coding: kept.coding, text });
  });
  const specialties = specialty.map((concept) => ({ concept, ...bound(concept, isSpecialty) }));
  const texts = specialties.flatMap(({ concept, coding, dropped }, i) => {
    const text = coding.length > 0 ? undefined : (concept.text ?? words(dropped));
    if (coding.length === 0 || dropped.length > 0) notes.push(specialtyNote(i, text, dropped));
    return text ?? [];
  });
  const joined = [...new Set(texts)].join(', ');
  return {
    serviceType: conceptsOf([...types, ...(joined === '' ? [] : [{ text: joined }])], extensions.serviceType),
    specialty: coded(specialties, extensions.serviceType),
    notes,
  };
}

function specialtyNote(index: number, text: string | undefined, dropped: readonly Coding[]): LeavingNote {
  const what = text ?? (dropped.length > 0 ? shown(dropped) : 'vide');
  const fate = text === undefined ? 'ce code ne part pas' : 'transmise en texte, dans le motif (serviceType)';
  return {
    element: `Slot.specialty[${index}]`,
    french: `Spécialité « ${what} » sans code de la liste des spécialités (TRE_R38) : ${fate}.`,
  };
}

export function leavingRole({ extensions }: Contract, role: PractitionerRole): LeavingRole {
  const notes: LeavingNote[] = [];
  const held = (
    element: 'code' | 'specialty',
    codeList: string,
    belongs: (coding: Coding) => boolean,
  ): CodeableConcept[] => {
    const all = list(role[element]).map((concept) => ({
      concept,
      ...bound(concept, belongs),
    }));
    for (const [i, { concept, coding, dropped }] of all.entries()) {
      if (coding.length > 0 && dropped.length === 0) continue;
      notes.push({
        element: `PractitionerRole.${element}[${i}]`,
        french: `« ${concept.text ?? shown(dropped)} » n'a pas de code de ${codeList} : ne part pas.`,
      });
    }
    return coded(all, extensions.serviceType);
  };
  return {
    code: held('code', 'la liste des professions et fonctions (NOS)', isProfession),
    specialty: held('specialty', 'la liste des spécialités (TRE_R38)', isSpecialty),
    notes,
  };
}

interface Bound {
  coding: Coding[];
  dropped: Coding[];
}

/** The codings of the value set, and the others. */
function bound({ coding = [] }: CodeableConcept, belongs: (coding: Coding) => boolean): Bound {
  return { coding: coding.filter(belongs), dropped: coding.filter((other) => !belongs(other)) };
}

function coded(all: readonly (Bound & { concept: CodeableConcept })[], extensionUrl: string): CodeableConcept[] {
  return conceptsOf(
    all.filter(({ coding }) => coding.length > 0).map(({ concept, coding }) => ({ ...concept, coding })),
    extensionUrl,
  );
}

/** The words of codings that may not leave as codings. */
function words(codings: readonly Coding[]): string | undefined {
  return codings.find(({ display }) => display !== undefined && display.trim() !== '')?.display;
}

function shown(codings: readonly Coding[]): string {
  return words(codings) ?? codings.map(({ code }) => code ?? '?').join(', ');
}
