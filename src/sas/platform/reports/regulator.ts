/** Regulator accounts of the platform: their checks, and the part that a partner receives. Spec: 1.10, 6.4, trap C16 */
import { IDNPS } from '../../../fhir/french/identifiers.ts';
import { errorOf, FhirError } from '../../../fhir/issue.ts';
import { PROFILES } from '../../../fhir/profile/definitions/all.ts';
import { Validator } from '../../../fhir/profile/validate.ts';
import type { Identifier, Json, Resource } from '../../../fhir/resource.ts';
import { Terminology } from '../../../fhir/terminology/terminology.ts';

export const ACCOUNT_PROFILE = 'https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/FrPractitionerRegul';
/** System of the platform's own identifiers. */
export const PLATFORM_SYSTEM = 'urn:oid:1.2.250.1.213.3.6';
/** Business keys of accounts: an identifier is one account's. */
export const ACCOUNT_KEY = 'RegulatorAccount';

let validator: Validator | undefined;

export function isAccount(resource: Resource | undefined): boolean {
  return resource?.resourceType === 'Practitioner' && (resource.meta?.profile?.includes(ACCOUNT_PROFILE) ?? false);
}

/** What partners would be sent of it must be what they accept. Throws 400 or 422 with every fault. */
export function checkAccount(account: Resource): void {
  const sent = JSON.parse(JSON.stringify(accountSent(account))) as Resource;
  if (account['name'] === undefined || (sent['telecom'] as Json[]).length === 0) {
    const element = account['name'] === undefined ? 'Practitioner.name' : 'Practitioner.telecom';
    throw new FhirError('required', `${element} is missing: partners need it`, {
      expression: element,
      text: 'Un compte régulateur a un nom et une adresse e-mail.',
    });
  }
  validator ??= new Validator(PROFILES, new Terminology());
  const errors = validator
    .validate(sent, { profiles: [ACCOUNT_PROFILE], declared: false })
    .filter((one) => one.severity === 'error');
  if (errors.length > 0)
    throw errorOf(
      errors,
      errors.some((error) => error.code === 'structure' || error.code === 'required' || error.code === 'value')
        ? 400
        : 422,
    );
}

/**
 * The identifier by which partners know the account: national, else the platform's own. Throws when there is neither.
 */
export function identifierSent(account: Resource): Identifier {
  const identifiers = (account['identifier'] as Identifier[] | undefined) ?? [];
  const found =
    identifiers.find((identifier) => identifier.system === IDNPS) ??
    identifiers.find((identifier) => identifier.system === PLATFORM_SYSTEM);
  if (found?.value === undefined)
    throw new FhirError('required', `A regulator account has an identifier of ${IDNPS} or ${PLATFORM_SYSTEM}`, {
      expression: 'Practitioner.identifier',
      text: 'Un compte régulateur porte un identifiant national (IDNPS) ou technique (INTRN).',
    });
  return found;
}

/** The body of INT_R02: exactly one identifier, one given name, e-mails only, no id. */
export function accountSent(account: Resource): Resource {
  const name = ((account['name'] as Json[] | undefined) ?? [])[0];
  const mails = ((account['telecom'] as Json[] | undefined) ?? []).filter(
    (telecom) => telecom.system === 'email' && telecom.value,
  );
  return {
    resourceType: 'Practitioner',
    meta: { source: PLATFORM_SYSTEM, profile: [ACCOUNT_PROFILE] },
    identifier: [identifierSent(account)],
    active: account['active'],
    name: [{ family: name?.family, given: [((name?.given as string[] | undefined) ?? []).join(' ')] }],
    telecom: mails.map(({ value }) => ({ system: 'email', value })),
  };
}
