/**
 * Regulators who log in at the platform: by their account, which is the national identifier that the identity provider
 * gives, or the e-mail. Whoever
 * has been here is announced to the partners (INT_R02: lazily at login), now and then again, so that what has changed
 * meanwhile arrives.
 */
import type { Person, Stored } from '../../../fhir/interaction.ts';
import { LRUCache } from 'lru-cache';
import { IDNPS } from '../../../fhir/french/identifiers.ts';
import { parseJson } from '../../../fhir/json.ts';
import type { Json, Resource } from '../../../fhir/resource.ts';
import { parseSearch } from '../../../fhir/search/parse.ts';
import type { Identity } from '../../../rest/access/person.ts';
import type { Log } from '../../../runtime/log.ts';
import type { Repository } from '../../../store/write/repository.ts';
import type { Announcer } from './announce.ts';
import { ACCOUNT_PROFILE, identifierSent, isAccount } from './regulator.ts';

const ANNOUNCED_FOR = 10 * 60_000;
const MAX_ANNOUNCED = 10;

export class RegulatorLogin {
  private readonly repository: Repository;
  private readonly announcer: Announcer;
  private readonly log: Log;
  /** `id/version` of accounts that were announced lately. */
  private readonly announced = new LRUCache<string, true>({ max: 10_000, ttl: ANNOUNCED_FOR });

  constructor(repository: Repository, announcer: Announcer, log: Log) {
    this.repository = repository;
    this.announcer = announcer;
    this.log = log;
  }

  /** What the account of this identity opens; `undefined` without an active one, or with several. */
  async of(identity: Identity): Promise<Omit<Person, 'name'> | undefined> {
    const [found, ...more] = (await this.candidates(identity)).filter(
      ({ resource }) => isAccount(resource) && resource['active'] === true,
    );
    if (found === undefined || more.length > 0) return undefined;
    const { id, version } = found.stored;
    if (!this.announced.has(`${id}/${version}`)) {
      this.announced.set(`${id}/${version}`, true);
      this.announcer
        .announce(id)
        .catch((error: Error) => this.log.warn({ account: id, reason: error.message }, 'an account is not announced'));
    }
    return {
      roles: ['regulator'],
      agendas: [],
      places: [],
      regulator: { account: `Practitioner/${id}`, operator: { identifier: identifierSent(found.resource) } },
    };
  }

  private async candidates({ subjectNameId, email }: Identity): Promise<{ stored: Stored; resource: Resource }[]> {
    const { reader } = this.repository;
    if (subjectNameId !== undefined) {
      const stored = await reader.readReferences(
        await reader.byIdentifier(['Practitioner'], [`${IDNPS}|${subjectNameId}`], MAX_ANNOUNCED),
      );
      if (stored.length > 0) return stored.map(parsed);
    }
    if (email === undefined) return [];
    const { criteria } = parseSearch('Practitioner', `_profile=${encodeURIComponent(ACCOUNT_PROFILE)}&active=true`);
    const wanted = email.trim().toLowerCase();
    const { rows } = await reader.search(
      'Practitioner',
      [
        ...criteria,
        ...parseSearch('Practitioner', `email=${[email.trim(), wanted].map(encodeURIComponent).join(',')}`).criteria,
      ],
      { count: MAX_ANNOUNCED, total: false },
    );
    return rows
      .map(parsed)
      .filter(({ resource }) =>
        ((resource['telecom'] as Json[] | undefined) ?? []).some(
          (telecom) => telecom.system === 'email' && telecom.value?.trim().toLowerCase() === wanted,
        ),
      );
  }
}

function parsed(stored: Stored): { stored: Stored; resource: Resource } {
  return { stored, resource: parseJson(stored.body!) as Resource };
}
