/**
 * The regulator accounts of the platform: what an account must have, and what a partner is sent of it. Spec: 1.10, 6.4,
 * trap C16.
 */
import { IDNPS } from '../../../fhir/french/identifiers.ts';
import { errorOf, FhirError } from '../../../fhir/issue.ts';
import type { Identifier } from '../../../fhir/resource.ts';
import { list, type Practitioner } from '../../../fhir/resources.ts';
import type { Contract } from '../../contract/contract.ts';
import { profileErrors, statusOf } from '../../contract/profile-check.ts';

/** Business key: an identifier belongs to one account. */
export const ACCOUNT_KEY = 'RegulatorAccount';

/** Checks that partners would accept the account. Throws 400 or 422 with every fault. */
export function checkAccount(contract: Contract, account: Practitioner): void {
  const sent = accountSent(contract, account);
  const element =
    account.name === undefined
      ? 'Practitioner.name'
      : list(sent.telecom).length === 0
        ? 'Practitioner.telecom'
        : undefined;
  if (element !== undefined)
    throw new FhirError('required', `${element} is missing: partners need it`, {
      expression: element,
      text: 'Un compte régulateur a un nom et une adresse e-mail.',
    });
  const errors = profileErrors(contract, sent, contract.profiles.account);
  if (errors.length > 0) throw errorOf(errors, statusOf(errors));
}

/** The identifier by which partners know the account: national, else the platform's own. Throws without either. */
export function identifierSent({ systems }: Contract, account: Practitioner): Identifier {
  const identifiers = list(account.identifier);
  const identifier =
    identifiers.find(({ system }) => system === IDNPS) ?? identifiers.find(({ system }) => system === systems.platform);
  if (identifier?.value === undefined)
    throw new FhirError('required', `A regulator account has an identifier of ${IDNPS} or ${systems.platform}`, {
      expression: 'Practitioner.identifier',
      text: 'Un compte régulateur porte un identifiant national (IDNPS) ou technique (INTRN).',
    });
  return identifier;
}

/** The body of INT_R02: exactly one identifier, one given name, e-mails only, no id. */
export function accountSent(contract: Contract, account: Practitioner): Practitioner {
  const { profiles, systems } = contract;
  const [name] = list(account.name);
  const emails = list(account.telecom).filter(({ system, value }) => system === 'email' && value);
  return {
    resourceType: 'Practitioner',
    meta: { source: systems.platform, profile: [profiles.account] },
    identifier: [identifierSent(contract, account)],
    ...(account.active === undefined ? {} : { active: account.active }),
    name: [{ ...(name?.family && { family: name.family }), given: [list(name?.given).join(' ')] }],
    telecom: emails.map(({ value }) => ({ system: 'email', value: value! })),
  };
}
