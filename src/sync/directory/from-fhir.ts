/**
 * Resources of the FHIR directory (1.0 to 1.2) as entries: Organization with whole addresses and a place, Practitioner,
 * PractitionerRole. Other types are left out. Spec: 1.12
 */
import { brokenRule } from '../../fhir/issue.ts';
import type { Identifier, Reference, Resource } from '../../fhir/resource.ts';
import { isType, list, type Organization, type Practitioner, type PractitionerRole } from '../../fhir/resources.ts';
import { prefixed } from '../../fhir/french/identifiers.ts';
import { ALIAS, aliasIdentifier, DIRECTORY_ALIAS, type DirectoryEntry, idPart, placeOf } from './entry.ts';
import { wholeAddress } from './postal-address.ts';

export function fromFhir(resource: Resource, where: string): DirectoryEntry[] {
  if (isType(resource, 'Practitioner')) return [{ resource: practitioner(resource), where }];
  if (isType(resource, 'Organization')) return withPlace(organization(resource), where);
  if (isType(resource, 'PractitionerRole')) return [{ resource: role(resource), where }];
  return [];
}

export function withPlace(resource: Organization, where: string): DirectoryEntry[] {
  const place = placeOf(resource);
  return [{ resource, where }, ...(place === undefined ? [] : [{ resource: place, where }])];
}

function practitioner({ identifier, name, active, qualification, telecom, id }: Practitioner): Practitioner {
  const national = nationalIn(list(identifier));
  return {
    resourceType: 'Practitioner',
    id: national === undefined ? directoryId('annuaire', id) : practitionerId(national),
    identifier: [...list(identifier), ...aliasOf('Practitioner', id)],
    ...given({ active, name, qualification, telecom }),
  };
}

function organization({ identifier, name, active, type, address, partOf, alias, id }: Organization): Organization {
  return {
    resourceType: 'Organization',
    id: directoryId('structure', id),
    identifier: [...list(identifier), ...aliasOf('Organization', id)],
    ...given({ active, name, type, alias, address: address?.map(wholeAddress), partOf: aliased(partOf) }),
  };
}

function role({
  identifier,
  active,
  code,
  practitioner,
  organization,
  telecom,
  id,
}: PractitionerRole): PractitionerRole {
  return {
    resourceType: 'PractitionerRole',
    id: directoryId('exercice', id),
    identifier: [...list(identifier), ...aliasOf('PractitionerRole', id)],
    ...given({ active, code, telecom, practitioner: aliased(practitioner), organization: aliased(organization) }),
  };
}

/** `8` and RPPS, or another national number of a person. */
function nationalIn(identifiers: readonly Identifier[]): string | undefined {
  return identifiers.flatMap((identifier) => prefixed(identifier)?.value ?? [])[0];
}

/** The same for every form of the directory: a person has one id, wherever the data come from. */
export function practitionerId(national: string): string {
  return /^8\d{11}$/.test(national) ? `rpps-${national.slice(1)}` : `ps-${idPart(national)}`;
}

function directoryId(kind: string, id: string | undefined): string {
  if (id === undefined) throw brokenRule('The directory gives an id to each resource', 'Cette ressource n’a pas d’id.');
  return `${kind}-${idPart(id)}`;
}

function aliasOf(type: string, id: string | undefined): Identifier[] {
  return id === undefined ? [] : [aliasIdentifier(`${type}/${id}`)];
}

function aliased(reference: Reference | undefined): Reference | undefined {
  const [, local] = /((?:Practitioner|Organization)\/[A-Za-z0-9.-]{1,64})$/.exec(reference?.reference ?? '') ?? [];
  return local === undefined ? undefined : { reference: `${ALIAS}${DIRECTORY_ALIAS}|${local}` };
}

function given<T extends object>(elements: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(elements).filter(
      ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
    ),
  ) as Partial<T>;
}
