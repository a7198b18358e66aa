/**
 * The regulator who logs in, on arrival from the SAS only: found among the active accounts by the `SubjectNameID` of
 * Pro Santé Connect, else by e-mail. Spec: 6.4
 */
import { IDNPS } from '../../../fhir/french/identifiers.ts';
import type { Person } from '../../../fhir/interaction.ts';
import type { Reference } from '../../../fhir/resource.ts';
import { list, type Practitioner } from '../../../fhir/resources.ts';
import type { Identity } from '../../../rest/access/person.ts';
import { accountIdentifier } from './account.ts';
import type { RegulatorAccounts } from './accounts.ts';

/** The rights that an account gives. Read at every request, so that a disabled account gives none from then on. */
export async function regulatorOf(
  accounts: RegulatorAccounts,
  { fromSas, subjectNameId, email }: Identity,
): Promise<Omit<Person, 'name'> | undefined> {
  if (!fromSas) return undefined;
  const account =
    (subjectNameId && (await accounts.activeBySubject(subjectNameId))) ||
    (email && (await accounts.activeByEmail(email))) ||
    undefined;
  if (account === undefined) return undefined;
  return {
    roles: ['regulator'],
    agendas: [],
    places: [],
    regulator: { account: `Practitioner/${account.id}`, operator: operatorOf(account.resource) },
  };
}

/** A logical reference to the regulator: the national identifier, else the platform's own. Spec: 6.5 */
function operatorOf(account: Practitioner): Reference {
  const identifiers = list(account.identifier).map((identifier) => ({
    ...(identifier.type === undefined ? {} : { type: identifier.type }),
    ...accountIdentifier(identifier),
  }));
  return { identifier: identifiers.find(({ system }) => system === IDNPS) ?? identifiers[0]! };
}
