/**
 * Which account an identifier means: the active one that has it, else a disabled one that has it, else the one that had
 * it last, else the one that has the same value under the platform's other system. Pure. Spec: 6.4, traps U3 to U5
 */
import { FhirError } from '../../../fhir/issue.ts';
import { normalise } from '../../../fhir/search/text.ts';
import type { Json, Resource } from '../../../fhir/resource.ts';
import type { Owner } from '../../../store/records/accounts.ts';
import { type Account, emailsOf, keysOf } from './account.ts';

/** How an account stands to an identifier, the strongest first. */
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
  const best = keys.flatMap((key) => claims(key, owners, accounts).slice(0, 1));
  return STANDINGS.map((standing) => only(best.filter((one) => one.standing === standing))).find(
    (one) => one !== undefined,
  );
}

/** The same for keys of the other system: never a guess between several. */
export function looseMatch(
  keys: readonly string[],
  owners: readonly Owner[],
  accounts: ReadonlyMap<string, Account>,
): Account | undefined {
  const all = keys.flatMap((key) => claims(key, owners, accounts));
  const [first] = STANDINGS.map((standing) => all.filter((one) => one.standing === standing)).filter(
    (found) => found.length > 0,
  );
  if (first === undefined) return undefined;
  return first[0]!.standing === 'active' || new Set(first.map((one) => one.account.id)).size === 1
    ? only(first)
    : undefined;
}

/**
 * The account that one key means for whoever looks for somebody who may act: a disabled one hides who had the key
 * before.
 */
export function latestClaim(
  key: string,
  owners: readonly Owner[],
  accounts: ReadonlyMap<string, Account>,
): Account | undefined {
  const all = claims(key, owners, accounts);
  if (all[0]?.standing === 'active') return all[0].account;
  return all.reduce<Claim | undefined>(
    (last, one) => (last === undefined || one.turn > last.turn ? one : last),
    undefined,
  )?.account;
}

/** Who has or had a key: by standing, then who took it last. */
function claims(key: string, owners: readonly Owner[], accounts: ReadonlyMap<string, Account>): Claim[] {
  const found = owners.flatMap(({ key: owned, id, turn }): Claim[] => {
    const account = accounts.get(id);
    if (owned !== key || account === undefined) return [];
    return [
      { account, standing: !account.keys.includes(key) ? 'former' : account.isActive ? 'active' : 'disabled', turn },
    ];
  });
  return found.sort(
    (a, b) =>
      STANDINGS.indexOf(a.standing) - STANDINGS.indexOf(b.standing) ||
      b.turn - a.turn ||
      (a.account.id < b.account.id ? -1 : 1),
  );
}

function only(found: readonly Claim[]): Account | undefined {
  if (new Set(found.map((found) => found.account.id)).size > 1) {
    throw new FhirError('multiple-matches', 'Several regulator accounts match this identifier', {
      expression: 'identifier',
      text: 'Plusieurs comptes régulateurs répondent à cet identifiant : précisez son système.',
    });
  }
  return found[0]?.account;
}

/**
 * Of an account that had what was asked for, and a body that goes on giving it as its own: nothing in common but that
 * means that the
 * identifier has gone to somebody else, whose account is another one. A body with a new identifier says that it is the
 * same account.
 */
export function isSomebodyElse(former: Account, body: Resource, asked: readonly string[]): boolean {
  const keys = keysOf(body);
  if (!asked.some((one) => keys.includes(one)) || keys.some((key) => former.keys.includes(key))) return false;
  const emails = emailsOf(former.resource);
  return !emailsOf(body).some((email) => emails.includes(email)) && familyOf(body) !== familyOf(former.resource);
}

function familyOf(resource: Resource): string {
  return normalise(String((resource['name'] as Json[] | undefined)?.[0]?.family ?? ''));
}
