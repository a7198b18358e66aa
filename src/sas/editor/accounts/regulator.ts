/**
 * The regulator who logs in: found among the active accounts of the SAS by the `SubjectNameID` of Pro Santé Connect,
 * else by e-mail, and only on arrival from the SAS. Spec: 6.4
 */
import type { Person } from '../../../fhir/interaction.ts';
import { IDNPS } from '../../../fhir/french/identifiers.ts';
import type { Identifier, Reference, Resource } from '../../../fhir/resource.ts';
import type { Identity } from '../../../rest/access/person.ts';
import { accountIdentifier } from './account.ts';
import type { RegulatorAccounts } from './accounts.ts';

/** What the account gives; asked at every request, so that one that is disabled opens nothing from then on. */
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

/** The operator of a booking, as a logical reference: the national identifier, else the platform's own. Spec: 6.5 */
function operatorOf(account: Resource): Reference {
  const own = (account['identifier'] as Identifier[]).map((identifier) => ({
    ...(identifier.type === undefined ? {} : { type: identifier.type }),
    ...accountIdentifier(identifier),
  }));
  return { identifier: own.find((one) => one.system === IDNPS) ?? own[0]! };
}
