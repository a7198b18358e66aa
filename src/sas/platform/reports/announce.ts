/**
 * INT_R02: sends regulator accounts to the partners through the outbox: when a regulator logs in, and at once when an
 * account is deactivated. A message carries the account as it is when the message leaves, under the identifier that the
 * partner knows. Spec: 6.4
 */
import { FhirError } from '../../../fhir/issue.ts';
import type { Resource } from '../../../fhir/resource.ts';
import { type Parameter, parameters } from '../../../fhir/foundation.ts';
import type { Practitioner } from '../../../fhir/resources.ts';
import { parseResource } from '../../../fhir/json.ts';
import type { Log } from '../../../runtime/log.ts';
import { Outbox, type OutboxItem } from '../../../store/delivery/outbox.ts';
import type { AccountState, PartnerReader } from '../../../store/records/partners.ts';
import { type Delivery, type Relay, startRelay } from '../../../store/delivery/relay.ts';
import type { Repository } from '../../../store/write/repository.ts';
import { Unit } from '../../../store/write/unit.ts';
import type { OutboxMessage } from '../../../store/write/unit-parts.ts';
import { PartnerFailure } from '../partners/partner-link.ts';
import type { Contract } from '../../contract/contract.ts';
import { isAccount } from '../../contract/profile.ts';
import type { Registry } from '../partners/registry.ts';
import { accountSent, identifierSent } from './regulator.ts';

const DESTINATION = 'partner:';

export function accountMessage(partner: string, account: string, version: number): OutboxMessage {
  return { destination: DESTINATION + partner, orderingKey: account, payload: JSON.stringify({ account, version }) };
}

export class Announcer {
  private readonly registry: Registry;
  private readonly records: PartnerReader;
  private readonly repository: Repository;
  private readonly contract: Contract;

  constructor(registry: Registry, records: PartnerReader, repository: Repository, contract: Contract) {
    this.registry = registry;
    this.records = records;
    this.repository = repository;
    this.contract = contract;
  }

  /** At login: sends the account to every active partner that has not got its current version. Returns all states. */
  async announce(account: string): Promise<Resource> {
    const { version } = await this.account(account);
    const states = new Map((await this.records.accountStates(account)).map((state) => [state.partner, state]));
    const unit = new Unit();
    let sends = 0;
    for (const { partner } of this.registry.all) {
      const state = states.get(partner.id);
      if (!partner.enabled || state?.acknowledged?.version === version || state?.message?.state === 'waiting') continue;
      unit.send(accountMessage(partner.id, account, version));
      sends++;
    }
    if (sends > 0) await unit.commit(this.repository.database);
    return this.states(account);
  }

  /** Parameters: a `partner` for each that was sent the account, with its state. */
  async states(account: string): Promise<Resource> {
    const { version } = await this.account(account);
    const states = await this.records.accountStates(account);
    return parameters(
      states.map((state) => ({
        name: 'partner',
        part: stateParts(state, version, this.registry.get(state.partner)?.partner.name),
      })),
    );
  }

  private async account(id: string): Promise<{ version: number; resource: Practitioner }> {
    const { body, version } = await this.repository.read('Practitioner', id);
    const resource = parseResource('Practitioner', body);
    if (!isAccount(resource))
      throw new FhirError('not-found', `Practitioner/${id} is not a regulator account`, {
        text: "Ce professionnel n'est pas un compte régulateur.",
      });
    return { version, resource };
  }

  /** Delivers messages until it is closed. */
  start(log: Log, delayMs?: (attempts: number) => number): Relay {
    const outbox = new Outbox(this.repository.database);
    return startRelay({
      outbox,
      destination: `${DESTINATION}%`,
      deliver: (item) => this.deliver(item),
      log,
      ...(delayMs ? { delayMs } : {}),
    });
  }

  private async deliver({ destination, orderingKey: account, attempts }: OutboxItem): Promise<Delivery> {
    const partner = destination.slice(DESTINATION.length);
    const link = this.registry.get(partner);
    if (link === undefined) return { outcome: 'failed', reason: 'this partner is not in the registry' };
    const { version, resource } = await this.account(account);
    const acknowledged = await this.records.acknowledged(partner, account);
    if (acknowledged !== undefined && acknowledged.version >= version) return { outcome: 'delivered' };
    const { system, value } = identifierSent(this.contract, resource);
    const identifier = `${system}|${value}`;
    const body = JSON.stringify(accountSent(this.contract, resource));
    const put = (asked: string) =>
      link.exchange('PUT', `Practitioner?identifier=${encodeURIComponent(asked)}`, link.partner.deadlineMs, body);
    try {
      // The first attempt creates. Once that may have arrived, an update has the same result and does no harm.
      let reply =
        acknowledged === undefined && attempts === 1
          ? await link.exchange('POST', 'Practitioner', link.partner.deadlineMs, body)
          : await put(acknowledged?.identifier ?? identifier);
      if (acknowledged === undefined && (reply.status === 409 || reply.status === 422)) reply = await put(identifier);
      if (reply.status >= 200 && reply.status < 300) {
        await this.records.acknowledge(partner, account, { version, identifier });
        return { outcome: 'delivered' };
      }
      const isLater = reply.status >= 500 || reply.status === 408 || reply.status === 429;
      return { outcome: isLater ? 'retry' : 'failed', reason: `${link.partner.name} answered ${reply.status}` };
    } catch (error) {
      if (error instanceof PartnerFailure) return { outcome: 'retry', reason: `${link.partner.name} ${error.message}` };
      throw error;
    }
  }
}

function stateParts(
  { partner, acknowledged, message }: AccountState,
  version: number,
  name: string | undefined,
): Parameter[] {
  const isCurrent = acknowledged?.version === version;
  const isPending = message?.state === 'waiting' || (message?.state === 'failed' && !isCurrent);
  const state = isPending ? message.state : isCurrent ? 'current' : 'outdated';
  return [
    { name: 'id', valueString: partner },
    ...(name === undefined ? [] : [{ name: 'name', valueString: name }]),
    { name: 'state', valueCode: state },
    ...(acknowledged === undefined ? [] : [{ name: 'acknowledgedVersion', valueInteger: acknowledged.version }]),
    ...(message?.state === 'waiting'
      ? [
          { name: 'attempts', valueInteger: message.attempts },
          { name: 'nextAttempt', valueInstant: new Date(message.nextAttemptAt).toISOString() },
        ]
      : []),
    ...(message?.lastError === undefined ? [] : [{ name: 'error', valueString: message.lastError }]),
  ];
}
