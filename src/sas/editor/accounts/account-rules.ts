/**
 * The write rules of regulator accounts. An active account holds its identifiers and e-mails alone, a disabled one
 * gives them back, and former identifiers stay known. The database keeps all three, so that one of several concurrent
 * writers wins. Spec: 6.4, traps U3 and U7
 */
import type { Context } from '../../../fhir/interaction.ts';
import { checkReferences } from '../../../agenda/rules/references.ts';
import { FhirError } from '../../../fhir/issue.ts';
import type { Resource } from '../../../fhir/resource.ts';
import {
  ACCOUNT_KEY,
  AccountReader,
  EMAIL_KEY,
  HISTORY_KEY,
  historyKey,
  type Owner,
} from '../../../store/records/accounts.ts';
import type { Database } from '../../../store/engine/database.ts';
import type { Change, WriteRules } from '../../../store/write/repository.ts';
import { ResourceReader } from '../../../store/resources/resource-reader.ts';
import type { CommitResult, Unit } from '../../../store/write/unit.ts';
import { ACCOUNT_TYPE, type Account, emailsOf, keysOf, otherKey, toAccount } from './account.ts';
import { exactMatch, isSomebodyElse, looseMatch } from './account-match.ts';

export class AccountRules implements WriteRules {
  readonly accounts: AccountReader;
  private readonly reader: ResourceReader;
  /** What each unit was decided by: read once, so that its decision and its commit rest on the same state. */
  private readonly seen = new WeakMap<Unit, Map<string, Owner[]>>();

  constructor(database: Database) {
    this.accounts = new AccountReader(database);
    this.reader = new ResourceReader(database);
  }

  /** Accounts are written one by one: there is nothing else to see in a unit. */
  within(): AccountRules {
    return this;
  }

  /** The account that a conditional update means; `undefined`: a new one. Throws `multiple-matches` (412). */
  async target(unit: Unit, asked: readonly string[], body: Resource): Promise<Account | undefined> {
    const owners = await this.owners(unit, asked);
    const exact = exactMatch(asked, owners, await this.read(owners));
    if (exact !== undefined) return this.unlessSomebodyElse(exact, body, asked);
    const others = asked.flatMap(otherKey);
    const otherOwners = await this.owners(unit, others);
    const loose = looseMatch(others, otherOwners, await this.read(otherOwners));
    return loose && this.unlessSomebodyElse(loose, body, [...asked, ...others]);
  }

  private unlessSomebodyElse(account: Account, body: Resource, asked: readonly string[]): Account | undefined {
    const isFormer = !account.keys.some((key) => asked.includes(key));
    return isFormer && isSomebodyElse(account, body, asked) ? undefined : account;
  }

  /** Accounts of these owners, as they are now. */
  async read(owners: readonly Owner[]): Promise<Map<string, Account>> {
    const stored = await this.reader.readReferences(owners.map((owner) => `${ACCOUNT_TYPE}/${owner.id}`));
    return new Map(stored.map(toAccount).map((one) => [one.id, one]));
  }

  async write(_context: Context, { id, before, after }: Change, unit: Unit): Promise<void> {
    if (after === undefined)
      throw new FhirError('not-supported', 'An account is disabled (active = false), never deleted', {
        status: 405,
        expression: 'Practitioner.active',
        text: 'Un compte régulateur ne se supprime pas : désactivez-le (active = false).',
      });
    await checkReferences(this.reader, after, () => false);
    const keys = keysOf(after);
    const had = before === undefined || before['active'] !== true ? [] : keysOf(before);
    const isActive = after['active'] === true;
    // Those that are given back change what others may take: whoever was deciding by them decides again.
    const owners = await this.owners(unit, [...new Set([...keys, ...(before === undefined ? [] : keysOf(before))])]);
    const own = new Map(before === undefined ? [] : (await this.accounts.historyOf(id)).map((one) => [one.key, one]));
    for (const key of keys) {
      const isTaken = !own.has(key) || (isActive && !had.includes(key));
      if (isTaken)
        own.set(key, {
          key,
          id,
          turn: 1 + Math.max(0, ...owners.filter((owner) => owner.key === key).map((owner) => owner.turn)),
        });
    }
    unit.holdKeys(ACCOUNT_KEY, id, isActive ? keys.map(toIdentifier) : []);
    unit.holdKeys(EMAIL_KEY, id, isActive ? emailsOf(after).map((value) => ({ value })) : []);
    unit.holdKeys(HISTORY_KEY, id, [...own.values()].map(historyKey));
  }

  async explain(_context: Context, _change: Change, refusal: Exclude<CommitResult, { ok: true }>): Promise<FhirError> {
    if (!('duplicate' in refusal))
      return new FhirError('transient', 'Somebody else changed this account at the same moment; try again', {
        text: 'Modification simultanée : réessayez.',
      });
    const isEmail = refusal.duplicate.type === EMAIL_KEY;
    return new FhirError('duplicate', `Another active account has this ${isEmail ? 'e-mail address' : 'identifier'}`, {
      status: 422,
      expression: isEmail ? 'Practitioner.telecom' : 'Practitioner.identifier',
      text: isEmail
        ? 'Un autre compte régulateur actif a déjà cette adresse e-mail.'
        : 'Un autre compte régulateur actif a déjà cet identifiant.',
    });
  }

  /** Owners of these keys; the unit's commit depends on nobody else having changed them since. */
  private async owners(unit: Unit, keys: readonly string[]): Promise<Owner[]> {
    const seen = this.seen.get(unit) ?? new Map<string, Owner[]>();
    this.seen.set(unit, seen);
    const fresh = keys.filter((key) => !seen.has(key));
    for (const key of fresh) {
      const criterion = `RegulatorAccount?${key}`;
      unit.dependOn(criterion, await this.reader.conditionWrites(criterion));
    }
    if (fresh.length > 0) {
      const found = await this.accounts.owners(fresh);
      for (const key of fresh)
        seen.set(
          key,
          found.filter((found) => found.key === key),
        );
    }
    return keys.flatMap((key) => seen.get(key)!);
  }
}

function toIdentifier(key: string): { system: string; value: string } {
  const at = key.indexOf('|');
  return { system: key.slice(0, at), value: key.slice(at + 1) };
}
