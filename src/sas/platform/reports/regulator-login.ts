/**
 * Regulators who log in at the platform: the national identifier that the identity provider gives finds their account,
 * else the e-mail. A login announces the account to the partners (INT_R02), and again after some minutes, so that
 * changes arrive.
 */
import { LRUCache } from 'lru-cache';
import { IDNPS } from '../../../fhir/french/identifiers.ts';
import type { Person, Stored } from '../../../fhir/interaction.ts';
import { parseSearch } from '../../../fhir/search/parse.ts';
import { list, type Practitioner } from '../../../fhir/resources.ts';
import { parseResource } from '../../../fhir/json.ts';
import type { Identity } from '../../../rest/access/person.ts';
import type { Log } from '../../../runtime/log.ts';
import type { Repository } from '../../../store/write/repository.ts';
import type { Announcer } from './announce.ts';
import type { Contract } from '../../contract/contract.ts';
import { isAccount } from '../../contract/profile.ts';
import { identifierSent } from './regulator.ts';

/** An account is not announced again for this long. */
const ANNOUNCED_MS = 10 * 60_000;
const MAX_ANNOUNCED = 10_000;
const MAX_CANDIDATES = 10;

export class RegulatorLogin {
  private readonly repository: Repository;
  private readonly announcer: Announcer;
  private readonly contract: Contract;
  private readonly log: Log;
  /** `id/version` of accounts that were announced lately. */
  private readonly announced = new LRUCache<string, true>({ max: MAX_ANNOUNCED, ttl: ANNOUNCED_MS });

  constructor(repository: Repository, announcer: Announcer, contract: Contract, log: Log) {
    this.repository = repository;
    this.announcer = announcer;
    this.contract = contract;
    this.log = log;
  }

  /** The rights of this identity's account; `undefined` without an active account, or with several. */
  async of(identity: Identity): Promise<Omit<Person, 'name'> | undefined> {
    const [account, ...others] = (await this.candidates(identity)).filter(
      ({ resource }) => isAccount(resource) && resource.active === true,
    );
    if (account === undefined || others.length > 0) return undefined;
    const { id, version } = account.stored;
    this.announce(id, version);
    return {
      roles: ['regulator'],
      agendas: [],
      places: [],
      regulator: {
        account: `Practitioner/${id}`,
        operator: { identifier: identifierSent(this.contract, account.resource) },
      },
    };
  }

  private announce(id: string, version: number): void {
    const key = `${id}/${version}`;
    if (this.announced.has(key)) return;
    this.announced.set(key, true);
    this.announcer
      .announce(id)
      .catch((error: Error) => this.log.warn({ account: id, reason: error.message }, 'an account is not announced'));
  }

  private async candidates({ subjectNameId, email }: Identity): Promise<{ stored: Stored; resource: Practitioner }[]> {
    const { reader } = this.repository;
    if (subjectNameId !== undefined) {
      const stored = await reader.readReferences(
        await reader.byIdentifier(['Practitioner'], [`${IDNPS}|${subjectNameId}`], MAX_CANDIDATES),
      );
      if (stored.length > 0) return stored.map(parsed);
    }
    if (email === undefined) return [];
    const wanted = email.trim().toLowerCase();
    const query = [
      `_profile=${encodeURIComponent(this.contract.profiles.account)}`,
      'active=true',
      `email=${[email.trim(), wanted].map(encodeURIComponent).join(',')}`,
    ];
    const { rows } = await reader.search('Practitioner', parseSearch('Practitioner', query.join('&')).criteria, {
      count: MAX_CANDIDATES,
      total: 'none',
    });
    return rows
      .map(parsed)
      .filter(({ resource }) =>
        list(resource.telecom).some(
          (telecom) => telecom.system === 'email' && telecom.value?.trim().toLowerCase() === wanted,
        ),
      );
  }
}

function parsed(stored: Stored): { stored: Stored; resource: Practitioner } {
  return { stored, resource: parseResource('Practitioner', stored.body!) };
}
