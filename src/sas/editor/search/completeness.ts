/**
 * The elements that an agenda lacks for a search of the SAS: for the person who waits for the slots to appear. Pure.
 * Spec: 1.6 to 1.8
 */
import { IDNPS, IDNST } from '../../../fhir/french/identifiers.ts';
import type { Resource } from '../../../fhir/resource.ts';
import {
  list,
  type Location,
  type Organization,
  type Practitioner,
  type PractitionerRole,
} from '../../../fhir/resources.ts';
import { bestIdentifier, nameInForce } from './dialect-parts.ts';

export interface Lack {
  /** `Location/l: Location.address.postalCode` */
  element: string;
  /** With its article: « le code postal du lieu ». */
  french: string;
}

/** A place of exercise with its practitioner. `isActor`: the practitioner is among the actors of the agenda. */
export interface PracticeParts {
  role: PractitionerRole | undefined;
  practitioner: Practitioner | undefined;
  isActor: boolean;
  place: Location | undefined;
}

export interface CentreParts {
  place: Location | undefined;
  structure: Organization | undefined;
}

export function practiceLacks({ role, practitioner, isActor, place }: PracticeParts): Lack[] {
  if (role === undefined) return [{ element: 'Schedule.actor', french: "la situation d'exercice (PractitionerRole)" }];
  return [
    ...(practitioner === undefined
      ? [{ element: at(role, 'practitioner'), french: "le praticien de la situation d'exercice" }]
      : [
          ...(isActor
            ? []
            : [{ element: 'Schedule.actor', french: "le praticien de la situation d'exercice parmi les acteurs" }]),
          ...(bestIdentifier(practitioner, IDNPS) === undefined
            ? [{ element: at(practitioner, 'identifier'), french: 'le numéro national (RPPS) du praticien' }]
            : []),
        ]),
    ...(place === undefined
      ? [{ element: at(role, 'location'), french: "le lieu de la situation d'exercice" }]
      : addressLacks(place)),
  ];
}

/** The elements that are sent although the agenda does not have them, and those that the national kit asks for. */
export function practiceAdvice({ practitioner }: PracticeParts, role: PractitionerRole | undefined): Lack[] {
  const name = practitioner && nameInForce(practitioner);
  const lacks: Lack[] = [];
  if (practitioner !== undefined && (name?.family === undefined || name.given === undefined))
    lacks.push({ element: at(practitioner, 'name'), french: 'le nom et le prénom du praticien' });
  if (role !== undefined && role.organization?.identifier === undefined)
    lacks.push({
      element: `PractitionerRole/${role.id}: PractitionerRole.organization`,
      french: "l'identifiant national de la structure (FINESS, SIRET ou RPPS-rang)",
    });
  return lacks;
}

export function centreLacks({ place, structure }: CentreParts): Lack[] {
  if (place === undefined) return [{ element: 'Schedule.actor', french: 'le lieu de consultation (Location)' }];
  return [
    ...(place.name ? [] : [{ element: at(place, 'name'), french: 'le nom du lieu' }]),
    ...addressLacks(place),
    ...(structure === undefined
      ? [{ element: at(place, 'managingOrganization'), french: 'la structure du lieu' }]
      : bestIdentifier(structure, IDNST) === undefined
        ? [{ element: at(structure, 'identifier'), french: "l'identifiant national (SIRET) de la structure" }]
        : []),
  ];
}

function addressLacks(place: Location): Lack[] {
  const { address } = place;
  const isBlank = (value: unknown): boolean => String(value ?? '').trim() === '';
  const parts: [string, boolean, string][] = [
    ['line', list(address?.line).every(isBlank), 'la voie'],
    ['city', isBlank(address?.city), 'la ville'],
    ['postalCode', isBlank(address?.postalCode), 'le code postal'],
  ];
  return parts
    .filter(([, isMissing]) => isMissing)
    .map(([name, , french]) => ({ element: at(place, `address.${name}`), french: `${french} du lieu` }));
}

function at({ resourceType, id }: Resource, path: string): string {
  return `${resourceType}${id === undefined ? '' : `/${id}`}: ${resourceType}.${path}`;
}

/** « Il manque la ville et le code postal du lieu. » */
export function sentenceOf(lacks: readonly Lack[]): string {
  const all = lacks.map(({ french }) => french);
  const last = all.pop();
  return `Il manque ${all.length > 0 ? `${all.join(', ')} et ${last}` : last}.`;
}
