/**
 * The write rules of regulator accounts: an active account alone holds its identifiers and e-mails, a disabled account
 * gives them back, and every identifier that an account once had stays known. The database keeps all three, so that one
 * of several concurrent writers wins. Spec: 6.4, traps U3 and U7
 */
import { checkReferences } from '../../../agenda/rules/references.ts';
import type { Context } from '../../../fhir/interaction.ts';
import { FhirError } from '../../../fhir/issue.ts';
import { outpaced } from '../../../fhir/refusals.ts';
import { asType, type Practitioner } from '../../../fhir/resources.ts';
import {
  ACCOUNT_KEY,
  AccountReader,
  EMAIL_KEY,
  HISTORY_KEY,
  historyKey,
  type Owner,
} from '../../../store/records/accounts.ts';
import type { Database } from '../../../store/engine/database.ts';
import type { Change, CommitRefusal, WriteRules } from '../../../store/write/write-rules.ts';
import { ResourceReader } from '../../../store/resources/resource-reader.ts';
import type { Unit } from '../../../store/write/unit.ts';
import type { SasIdentifier } from '../../contract/identifier.ts';
import { ACCOUNT_TYPE, type Account, emailsOf, keysOf, otherKeys, toAccount } from './account.ts';
import { exactMatch, isSomebodyElse, looseMatch } from './account-match.ts';

/** Everything that an account refers to is stored, and open to those who keep accounts. */
const LITERAL = { isComputed: () => false, isKept: () => false, unseen: async () => new Set<string>() };

export class AccountRules implements WriteRules {
  readonly accounts: AccountReader;
  private readonly reader: ResourceReader;
  /** The owners that decided each unit: read once, so that its decision and its commit rest on the same state. */
  private readonly ownersByUnit = new WeakMap<Unit, Map<string, Owner[]>>();

  constructor(database: Database) {
    this.accounts = new AccountReader(database);
    this.reader = new ResourceReader(database);
  }

  /** Accounts are written one by one: a unit holds nothing else to see. */
  within(): AccountRules {
    return this;
  }

  /** The account that a conditional update means; `undefined`: a new one. Throws `multiple-matches` (412). */
  async target(unit: Unit, asked: readonly string[], body: Practitioner): Promise<Account | undefined> {
    const owners = await this.owners(unit, asked);
    const exact = exactMatch(asked, owners, await this.read(owners));
    if (exact !== undefined) return this.unlessSomebodyElse(exact, body, asked);
    const others = asked.flatMap(otherKeys);
    const otherOwners = await this.owners(unit, others);
    const loose = looseMatch(others, otherOwners, await this.read(otherOwners));
    return loose && this.unlessSomebodyElse(loose, body, [...asked, ...others]);
  }

  private unlessSomebodyElse(account: Account, body: Practitioner, asked: readonly string[]): Account | undefined {
    const isFormer = !account.keys.some((key) => asked.includes(key));
    return isFormer && isSomebodyElse(account, body, asked) ? undefined : account;
  }

  /** Accounts of these owners, as they are now. */
  async read(owners: readonly Owner[]): Promise<Map<string, Account>> {
    const stored = await this.reader.readReferences(owners.map((owner) => `${ACCOUNT_TYPE}/${owner.id}`));
    return new Map(stored.map(toAccount).map((account) => [account.id, account]));
  }

  async write(_context: Context, { id, before, after }: Change, unit: Unit): Promise<void> {
    if (after === undefined)
      throw new FhirError('not-supported', 'An account is disabled (active = false), never deleted', {
        status: 405,
        expression: 'Practitioner.active',
        text: 'Un compte régulateur ne se supprime pas : désactivez-le (active = false).',
      });
    await checkReferences(this.reader, { before, after }, LITERAL);
    const keys = keysOf(after);
    const keysBefore = before === undefined ? [] : keysOf(before);
    const heldBefore = asType(before, 'Practitioner')?.active === true ? keysBefore : [];
    const isActive = asType(after, 'Practitioner')?.active === true;
    // Keys that are given back change what others may take: a unit decided by one of them is decided again.
    const owners = await this.owners(unit, [...new Set([...keys, ...keysBefore])]);
    const history = before === undefined ? [] : await this.accounts.historyOf(id);
    const own = new Map(history.map((owner) => [owner.key, owner]));
    for (const key of keys) {
      const isTakenNow = !own.has(key) || (isActive && !heldBefore.includes(key));
      if (!isTakenNow) continue;
      const turns = owners.filter((owner) => owner.key === key).map((owner) => owner.turn);
      own.set(key, { key, id, turn: 1 + Math.max(0, ...turns) });
    }
    unit.holdKeys(ACCOUNT_KEY, id, isActive ? keys.map(toIdentifier) : []);
    unit.holdKeys(EMAIL_KEY, id, isActive ? emailsOf(after).map((value) => ({ value })) : []);
    unit.holdKeys(HISTORY_KEY, id, [...own.values()].map(historyKey));
  }

  async explain(_context: Context, _change: Change, refusal: CommitRefusal): Promise<FhirError> {
    if (!('duplicate' in refusal)) return outpaced();
    const isEmail = refusal.duplicate.type === EMAIL_KEY;
    return new FhirError('duplicate', `Another active account has this ${isEmail ? 'e-mail address' : 'identifier'}`, {
      status: 422,
      expression: isEmail ? 'Practitioner.telecom' : 'Practitioner.identifier',
      text: isEmail
        ? 'Un autre compte régulateur actif a déjà cette adresse e-mail.'
        : 'Un autre compte régulateur actif a déjà cet identifiant.',
    });
  }

  /** Owners of these keys. The commit depends on them: it is stale if another commit has changed them since. */
  private async owners(unit: Unit, keys: readonly string[]): Promise<Owner[]> {
    const decidedBy = this.ownersByUnit.get(unit) ?? new Map<string, Owner[]>();
    this.ownersByUnit.set(unit, decidedBy);
    const fresh = keys.filter((key) => !decidedBy.has(key));
    for (const key of fresh) {
      const criterion = `RegulatorAccount?${key}`;
      unit.dependOn(criterion, await this.reader.conditionWrites(criterion));
    }
    if (fresh.length > 0) {
      const found = await this.accounts.owners(fresh);
      const of = (key: string): Owner[] => found.filter((owner) => owner.key === key);
      for (const key of fresh) decidedBy.set(key, of(key));
    }
    return keys.flatMap((key) => decidedBy.get(key)!);
  }
}

function toIdentifier(key: string): SasIdentifier {
  const separator = key.indexOf('|');
  return { system: key.slice(0, separator), value: key.slice(separator + 1) };
}
