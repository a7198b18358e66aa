/** The parts of which the resources for the SAS are made: identifiers, names, addresses, contacts, concepts. */
import { IDNPS, IDNST, prefixed } from '../../../fhir/french/identifiers.ts';
import type { Address, CodeableConcept, ContactPoint, HumanName, Resource } from '../../../fhir/resource.ts';
import { list, type Location, type Practitioner } from '../../../fhir/resources.ts';
import { identifiersOf, telecomsOf } from '../../../fhir/shared-elements.ts';
import { canonicalSystem } from '../../contract/code-system.ts';
import { nationalIdentifier, type SasIdentifier, tokenOf } from '../../contract/identifier.ts';
import { phone } from '../../contract/phone.ts';

/** First characters of national identifiers, best kind first: RPPS, ADELI; FINESS, SIRET, RPPS-rang. Spec: 4.3 */
const PREFERENCE: Record<string, string> = { [IDNPS]: '80', [IDNST]: '1340' };
const LEAST_PREFERRED = 9;
/** A resource that is contained may have no id. */
const UNNAMED_PLACE = 'lieu';

/** The national identifier to show: one that was asked for (`asked`, as `system|value`), else the best kind. */
export function bestIdentifier(
  stored: Resource,
  system: string,
  asked: ReadonlySet<string> = new Set(),
): SasIdentifier | undefined {
  const all = identifiersOf(stored).flatMap((identifier) => nationalIdentifier(identifier, system) ?? []);
  const rank = (identifier: SasIdentifier): number => {
    if (asked.has(tokenOf(identifier))) return -1;
    const place = PREFERENCE[system]!.indexOf(identifier.value[0]!);
    return place < 0 ? LEAST_PREFERRED : place;
  };
  return all.sort((a, b) => rank(a) - rank(b))[0];
}

/** The editor's own identifier of a place, made from its id where the place has none (traps I4, C18). */
export function placeIdentifier(stored: Resource, editorSystem: string): SasIdentifier {
  const own = identifiersOf(stored).find(
    (identifier) =>
      identifier.system !== undefined && identifier.value !== undefined && prefixed(identifier) === undefined,
  );
  return { system: own?.system ?? editorSystem, value: own?.value ?? stored.id ?? UNNAMED_PLACE };
}

export function placeId(stored: Resource): string {
  return stored.id ?? UNNAMED_PLACE;
}

/** The name in force. */
export function nameInForce({ name: names }: Practitioner): HumanName | undefined {
  const name = names?.find(({ use }) => use === 'official' || use === 'usual') ?? names?.[0];
  return name && clean({ family: name.family, given: name.given });
}

/** One line, a city, a postal code of five digits (trap C17); `undefined` when any is missing. */
export function addressOf({ address }: Location): Address | undefined {
  const lines = list(address?.line)
    .map((line) => line.trim())
    .filter(Boolean);
  const postalCode = String(address?.postalCode ?? '')
    .replaceAll(/\s/g, '')
    .slice(0, 5);
  if (lines.length === 0 || !address?.city || postalCode === '') return undefined;
  return { line: [lines.join(', ')], city: address.city, postalCode };
}

/** Phones in their international form (trap C19); other contacts are not for the SAS. */
export function phonesOf(stored: Resource): ContactPoint[] {
  return telecomsOf(stored).flatMap((telecom) => {
    const value = telecom.system === 'phone' ? phone(telecom.value ?? '') : undefined;
    return value === undefined ? [] : [{ system: 'phone', value }];
  });
}

/** Concepts with the extension, codings and text that the contract knows, empty ones left out (trap C20). */
export function conceptsOf(all: readonly CodeableConcept[] | undefined, extensionUrl: string): CodeableConcept[] {
  return (all ?? [])
    .map(
      ({ extension, coding, text }): CodeableConcept =>
        clean({
          extension: extension?.filter(({ url }) => url === extensionUrl),
          coding: coding?.map(({ system, code, display }) =>
            clean({ system: system && canonicalSystem(system), code, display }),
          ),
          text,
        }),
    )
    .filter((concept) => Object.keys(concept).length > 0);
}

export function identifierType(system: string, code: string): CodeableConcept {
  return { coding: [{ system, code }] };
}

/** A copy without elements that are undefined or empty (trap C20). */
export function clean<T extends object>(value: { [K in keyof T]: T[K] | undefined }): T {
  const isEmpty = (item: unknown): boolean =>
    item === undefined || item === '' || (Array.isArray(item) && item.length === 0);
  return Object.fromEntries(Object.entries(value).filter(([, item]) => !isEmpty(item))) as T;
}
