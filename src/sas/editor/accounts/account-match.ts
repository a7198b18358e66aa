/**
 * Which account an identifier means: the active account that has it, else a disabled one that has it, else the account
 * that had it last, else the account that has the same value under the platform's other system. Pure. Spec: 6.4, traps
 * U3 to U5
 */
import { FhirError } from '../../../fhir/issue.ts';
import { normalise } from '../../../fhir/search/text.ts';
import type { Practitioner } from '../../../fhir/resources.ts';
import type { Owner } from '../../../store/records/accounts.ts';
import { type Account, emailsOf, keysOf } from './account.ts';

/** How strong an account's claim to an identifier is, the strongest first. */
const STANDINGS = ['active', 'disabled', 'former'] as const;

interface Claim {
  account: Account;
  standing: (typeof STANDINGS)[number];
  turn: number;
}

/** The one account that these keys mean. Throws `multiple-matches` (412) when they mean several. */
export function exactMatch(
  keys: readonly string[],
  owners: readonly Owner[],
  accounts: ReadonlyMap<string, Account>,
): Account | undefined {
  const strongest = keys.flatMap((key) => claimsTo(key, owners, accounts).slice(0, 1));
  const accountsByStanding = STANDINGS.map((standing) =>
    onlyAccount(strongest.filter((claim) => claim.standing === standing)),
  );
  return accountsByStanding.find((account) => account !== undefined);
}

/** The same for keys of the other system, without a guess between several accounts. */
export function looseMatch(
  keys: readonly string[],
  owners: readonly Owner[],
  accounts: ReadonlyMap<string, Account>,
): Account | undefined {
  const claims = keys.flatMap((key) => claimsTo(key, owners, accounts));
  const strongest = STANDINGS.map((standing) => claims.filter((claim) => claim.standing === standing)).find(
    (found) => found.length > 0,
  );
  if (strongest === undefined) return undefined;
  const isClear = new Set(strongest.map(({ account }) => account.id)).size === 1;
  return isClear || strongest[0]!.standing === 'active' ? onlyAccount(strongest) : undefined;
}

/**
 * The account that a key means when somebody acts under it: a disabled account hides the accounts that had it before.
 */
export function latestClaim(
  key: string,
  owners: readonly Owner[],
  accounts: ReadonlyMap<string, Account>,
): Account | undefined {
  const claims = claimsTo(key, owners, accounts);
  if (claims[0]?.standing === 'active') return claims[0].account;
  return claims.reduce<Claim | undefined>(
    (latest, claim) => (latest === undefined || claim.turn > latest.turn ? claim : latest),
    undefined,
  )?.account;
}

/** The accounts that have or had a key: by standing, then the latest first. */
function claimsTo(key: string, owners: readonly Owner[], accounts: ReadonlyMap<string, Account>): Claim[] {
  const claims = owners.flatMap(({ key: owned, id, turn }): Claim[] => {
    const account = accounts.get(id);
    if (owned !== key || account === undefined) return [];
    const standing = !account.keys.includes(key) ? 'former' : account.isActive ? 'active' : 'disabled';
    return [{ account, standing, turn }];
  });
  return claims.sort(
    (a, b) =>
      STANDINGS.indexOf(a.standing) - STANDINGS.indexOf(b.standing) ||
      b.turn - a.turn ||
      (a.account.id < b.account.id ? -1 : 1),
  );
}

function onlyAccount(claims: readonly Claim[]): Account | undefined {
  if (new Set(claims.map(({ account }) => account.id)).size > 1) {
    throw new FhirError('multiple-matches', 'Several regulator accounts match this identifier', {
      expression: 'identifier',
      text: 'Plusieurs comptes régulateurs répondent à cet identifiant : précisez son système.',
    });
  }
  return claims[0]?.account;
}

/**
 * The account had the identifier that was asked for, and the body claims it. If they share nothing else, the identifier
 * has gone to another person, who needs another account. A body with a new identifier is about the same person.
 */
export function isSomebodyElse(former: Account, body: Practitioner, asked: readonly string[]): boolean {
  const keys = keysOf(body);
  if (!asked.some((key) => keys.includes(key)) || keys.some((key) => former.keys.includes(key))) return false;
  const emails = emailsOf(former.resource);
  return !emailsOf(body).some((email) => emails.includes(email)) && familyOf(body) !== familyOf(former.resource);
}

function familyOf(resource: Practitioner): string {
  return normalise(resource.name?.[0]?.family ?? '');
}
