/**
 * The regulator accounts that the SAS platform manages on an agenda server. The platform creates, changes, disables and
 * reads them; a login finds them by identifier or e-mail. They are stored apart from the practitioners of the agendas:
 * no search for one finds the other. Spec: 6.4, 7.2
 */
import { randomUUID } from 'node:crypto';
import { IDNPS } from '../../../fhir/french/identifiers.ts';
import type { Context, Existing, SearchResult, Stored, WriteResult } from '../../../fhir/interaction.ts';
import { FhirError } from '../../../fhir/issue.ts';
import type { Identifier, Resource } from '../../../fhir/resource.ts';
import { searchParameter } from '../../../fhir/search/parameters.ts';
import { parseSearch } from '../../../fhir/search/parse.ts';
import type { Criterion, ParameterCriterion, SearchRequest } from '../../../fhir/search/request.ts';
import type { TokenValue } from '../../../fhir/search/value.ts';
import { ACCOUNT_KEY, EMAIL_KEY } from '../../../store/records/accounts.ts';
import type { Database } from '../../../store/engine/database.ts';
import { InTurn } from '../../../store/write/in-turn.ts';
import { Repository } from '../../../store/write/repository.ts';
import { checkVersion } from '../../../store/write/condition.ts';
import type { Change } from '../../../store/write/write-rules.ts';
import { Unit } from '../../../store/write/unit.ts';
import type { Contract } from '../../contract/contract.ts';
import {
  ACCOUNT_SYSTEMS,
  ACCOUNT_TYPE,
  type Account,
  accountIdentifier,
  emailKey,
  keyOf,
  keysOf,
  toAccount,
} from './account.ts';
import { checkAccount } from './account-check.ts';
import { latestClaim } from './account-match.ts';
import { AccountRules } from './account-rules.ts';

/** The type that an account has outside. */
const TYPE = 'Practitioner';
const DEFAULT_PAGE = 50;
const MAX_PAGE = 1000;

export class RegulatorAccounts {
  private readonly contract: Contract;
  private readonly rules: AccountRules;
  private readonly repository: Repository;
  private readonly turns = new InTurn();

  constructor(database: Database, contract: Contract) {
    this.contract = contract;
    this.rules = new AccountRules(database);
    this.repository = new Repository(database, this.rules);
  }

  /**
   * POST: a new account (201), active or not. Throws 400 and 422; `duplicate` when an active account has its identifier
   * or e-mail.
   */
  async create(context: Context, resource: Resource): Promise<WriteResult> {
    const account = checkAccount(this.contract, resource);
    return this.write(context, account, keysOf(account)[0]!, async () => undefined);
  }

  /**
   * PUT by identifier: the account that `query` means (200), or a new one (201). The address carries the old
   * identifier, the body the new one; without criteria the identifiers of the body count. `query`: the raw text after
   * the `?`. Throws 400, 412 and 422.
   */
  async update(context: Context, resource: Resource, query: string, ifMatch?: number): Promise<WriteResult> {
    const account = checkAccount(this.contract, resource);
    const asked = askedKeys(query) ?? keysOf(account);
    return this.write(context, account, asked[0]!, async (unit) => {
      const found = await this.rules.target(unit, asked, account);
      checkVersion(found, ifMatch === undefined ? {} : { ifMatch });
      return found;
    });
  }

  private write(
    context: Context,
    account: Resource,
    turn: string,
    find: (unit: Unit) => Promise<Account | undefined>,
  ): Promise<WriteResult> {
    const { repository, rules } = this;
    return this.turns.run(turn, () =>
      repository.retry(async () => {
        const unit = new Unit();
        const found = await find(unit);
        const change: Change = {
          method: found ? 'PUT' : 'POST',
          type: ACCOUNT_TYPE,
          id: found?.id ?? randomUUID(),
          before: found?.resource,
          after: { ...account },
          version: (found?.version ?? 0) + 1,
        };
        await repository.prepare(context, rules, unit, change);
        const result = await unit.commit(repository.database);
        if ('ok' in result)
          return { stored: asPractitioner(unit.pending(ACCOUNT_TYPE, change.id)!), created: found === undefined };
        throw 'stale' in result ? repository.stale() : await rules.explain(context, change, result);
      }),
    );
  }

  /** One account, active or not; `undefined` of all other ids, those of practitioners of the agendas too. */
  async find(id: string): Promise<Existing | undefined> {
    const stored = await this.repository.reader.read(ACCOUNT_TYPE, id);
    return stored && (asPractitioner(stored) as Existing);
  }

  /** Accounts, active or not. An identifier also finds the account that had it last. */
  async search(request: SearchRequest): Promise<SearchResult> {
    const criteria = await Promise.all(request.criteria.map((criterion) => this.withFormer(criterion)));
    const count = request.summary === 'count' ? 0 : Math.min(request.count ?? DEFAULT_PAGE, MAX_PAGE);
    const page = await this.repository.reader.search(ACCOUNT_TYPE, criteria, {
      count,
      cursor: request.cursor,
      sort: request.sort,
      total: request.total,
    });
    return {
      total: page.total,
      count,
      next: page.cursor,
      entries: page.rows.map(({ id, body }) => ({ type: TYPE, id, body: body!, mode: 'match' })),
    };
  }

  /** A criterion on identifiers that also matches the accounts that had one of them last. */
  private async withFormer(criterion: Criterion): Promise<Criterion> {
    if (!isIdentifier(criterion)) return criterion;
    const keys = criterion.values.flatMap((value) => keysAsked(value as TokenValue));
    const owners = await this.rules.accounts.owners(keys);
    const accounts = await this.rules.read(owners);
    const values = [...new Set(keys.flatMap((key) => latestClaim(key, owners, accounts)?.id ?? []))].map((code) => ({
      kind: 'token' as const,
      system: undefined,
      code,
    }));
    return values.length === 0
      ? criterion
      : { is: 'any', of: [criterion, { is: 'parameter', parameter: searchParameter(TYPE, '_id')!, values }] };
  }

  /**
   * The active account that has this identifier, or had it last when no account has it now. `undefined` when an
   * identifier without a system means several accounts, and when a disabled account has the identifier: nobody acts
   * under another person's name.
   */
  async activeByIdentifier({ system, value }: Identifier): Promise<Account | undefined> {
    if (!value) return undefined;
    const keys = keysAsked({ kind: 'token', system, code: value });
    const owners = await this.rules.accounts.owners(keys);
    const accounts = await this.rules.read(owners);
    const active = keys
      .flatMap((key) => latestClaim(key, owners, accounts) ?? [])
      .filter((account) => account.isActive);
    return new Set(active.map(({ id }) => id)).size === 1 ? active[0] : undefined;
  }

  /** Tests whether an account has, or had, one of these identifiers. */
  async accountTest(identifiers: readonly Identifier[]): Promise<(identifier: Identifier) => boolean> {
    const keysFor = ({ system, value = '' }: Identifier): string[] => keysAsked({ kind: 'token', system, code: value });
    const owners = await this.rules.accounts.owners([...new Set(identifiers.flatMap(keysFor))]);
    const owned = new Set(owners.map((owner) => owner.key));
    return (identifier) => keysFor(identifier).some((key) => owned.has(key));
  }

  /**
   * The active account whose national identifier today is the `SubjectNameID` of Pro Santé Connect. A former identifier
   * does not log in.
   */
  activeBySubject(subjectNameId: string): Promise<Account | undefined> {
    return this.holder(ACCOUNT_KEY, accountIdentifier({ system: IDNPS, value: subjectNameId }));
  }

  activeByEmail(email: string): Promise<Account | undefined> {
    return this.holder(EMAIL_KEY, { value: emailKey(email) });
  }

  private async holder(type: typeof ACCOUNT_KEY | typeof EMAIL_KEY, key: Identifier): Promise<Account | undefined> {
    const id = key.value ? await this.rules.accounts.holder(type, key) : undefined;
    const stored = id === undefined ? undefined : await this.repository.reader.read(ACCOUNT_TYPE, id);
    const account = stored && toAccount(stored);
    return account?.isActive ? account : undefined;
  }
}

function asPractitioner(stored: Stored): Stored {
  return { ...stored, type: TYPE };
}

/** A plain criterion on identifiers. */
function isIdentifier(criterion: Criterion): criterion is ParameterCriterion {
  return criterion.is === 'parameter' && criterion.parameter.name === 'identifier' && criterion.modifier === undefined;
}

/** Without a system, the value under each of the account systems. */
function keysAsked({ system, code }: TokenValue): string[] {
  if (!code) return [];
  const systems = system === undefined ? ACCOUNT_SYSTEMS : [system ?? ''];
  return [...new Set(systems.map((assumed) => keyOf({ system: assumed, value: code })))];
}

/**
 * The identifiers of a conditional update; `undefined` without criteria. Other criteria are refused: they are not keys
 * of accounts.
 */
function askedKeys(query: string): string[] | undefined {
  const { criteria } = parseSearch(TYPE, query, { strict: true });
  const [criterion, ...more] = criteria;
  if (criterion === undefined) return undefined;
  const keys =
    more.length === 0 && isIdentifier(criterion)
      ? [...new Set(criterion.values.flatMap((value) => keysAsked(value as TokenValue)))]
      : [];
  if (keys.length > 0) return keys;
  throw new FhirError('value', 'An account is updated by ?identifier=[system]|[value]', {
    expression: 'identifier',
    text: 'Un compte régulateur se modifie par PUT Practitioner?identifier=système|valeur.',
  });
}
