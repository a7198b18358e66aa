/**
 * The write rules of the platform, for reports of appointments, regulator accounts and partners. Every write passes
 * here before its commit.
 */
import type { Context } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import { notOffered, outpaced, takenIdentifier } from '../../fhir/refusals.ts';
import type { Resource } from '../../fhir/resource.ts';
import { asType, list } from '../../fhir/resources.ts';
import type { Database } from '../../store/engine/database.ts';
import { HUB, type HubOrder } from '../../store/records/hub-messages.ts';
import { PartnerReader } from '../../store/records/partners.ts';
import { ResourceReader } from '../../store/resources/resource-reader.ts';
import type { Change, CommitRefusal, WriteRules } from '../../store/write/write-rules.ts';
import type { Unit } from '../../store/write/unit.ts';
import type { Contract } from '../contract/contract.ts';
import { isAccount } from '../contract/profile.ts';
import { FROM_FILE, fromEndpoint } from './partners/endpoint.ts';
import { accountMessage } from './reports/announce.ts';
import { ACCOUNT_KEY, checkAccount } from './reports/regulator.ts';
import { checkReport, identifierOf, isSameReport, ownerOf, sourceOf } from './reports/report.ts';
import { regulatorIssues } from './reports/report-regulator.ts';

export class PlatformRules implements WriteRules {
  readonly #records: PartnerReader;
  readonly #resources: ResourceReader;
  readonly #contract: Contract;
  readonly #contractOf: (caller: string) => Contract;

  /** `contractOf`: the contract of the partner that reports under a caller's name. */
  constructor(database: Database, contract: Contract, contractOf: (caller: string) => Contract) {
    this.#records = new PartnerReader(database);
    this.#resources = new ResourceReader(database);
    this.#contract = contract;
    this.#contractOf = contractOf;
  }

  within(): PlatformRules {
    return this;
  }

  async write(context: Context, change: Change, unit: Unit): Promise<void> {
    if (change.type === 'Appointment') await this.#writeReport(context, change, unit);
    else if (change.type === 'Practitioner') await this.#writeAccount(change, unit);
    else if (change.type === 'Endpoint' || change.type === 'Organization') writePartner(context, change);
  }

  /** A repetition makes no message to the dispatch software. */
  repeats(context: Context, before: Resource, after: Resource): boolean {
    return after.resourceType === 'Appointment' && ownerOf(before) === context.caller && isSameReport(before, after);
  }

  async #writeReport(context: Context, change: Change, unit: Unit): Promise<void> {
    writeReport(this.#contractOf(context.caller), context, change, unit);
    for (const issue of await regulatorIssues(this.#resources, context, change.after!))
      unit.warn(`Appointment/${change.id}`, issue);
  }

  async #writeAccount({ id, before, after, version }: Change, unit: Unit): Promise<void> {
    if (isAccount(before) && !isAccount(after)) {
      throw new FhirError('business-rule', 'An account is not deleted: set active to false', {
        expression: 'Practitioner',
        text: 'Un compte régulateur ne se supprime pas : désactivez-le (active : false).',
      });
    }
    const account = isAccount(after) ? asType(after, 'Practitioner') : undefined;
    if (account === undefined) return;
    checkAccount(this.#contract, account);
    unit.holdKeys(ACCOUNT_KEY, id, list(account.identifier));
    // A deactivation is sent at once to every partner that has the account or will have it; other changes wait for the
    // next login.
    if (account.active === false && asType(before, 'Practitioner')?.active !== false) {
      for (const { partner } of await this.#records.accountStates(id)) unit.send(accountMessage(partner, id, version));
    }
  }

  async explain(_context: Context, change: Change, refusal: CommitRefusal): Promise<FhirError> {
    if ('duplicate' in refusal) {
      return takenIdentifier(change.type);
    }
    return outpaced();
  }
}

function writeReport(contract: Contract, context: Context, change: Change, unit: Unit): void {
  const { id, before, version } = change;
  const after = asType(change.after, 'Appointment');
  if (after === undefined)
    throw notOffered('An appointment is cancelled, not deleted', "Un rendez-vous s'annule, il ne se supprime pas.");
  checkReport(contract, after);
  const owner = before && ownerOf(before);
  if (owner !== undefined && owner !== context.caller) {
    throw new FhirError('forbidden', 'This appointment was reported by another caller, and is theirs', {
      expression: 'Appointment.identifier',
      text: 'Ce rendez-vous a été déclaré par un autre éditeur : lui seul peut le modifier.',
    });
  }
  const { source: _, ...meta } = after.meta!;
  after.meta = { ...meta, source: owner === undefined ? sourceOf(context.caller) : before!.meta!['source'] };
  unit.holdKeys('Appointment', id, [identifierOf(after)]);
  // For the dispatch software (INT_L02).
  const order: HubOrder = {
    appointment: id,
    version,
    method: before === undefined ? 'CreateAppointment' : 'UpdateAppointment',
  };
  unit.send({ destination: HUB, orderingKey: id, payload: JSON.stringify(order) });
}

/** Partners of the settings file are changed in the file. */
function writePartner(context: Context, { type, id, before, after }: Change): void {
  const isFile = (resource: Resource | undefined): boolean => resource?.meta?.['source'] === FROM_FILE;
  if (context.caller === FROM_FILE && context.loading) return;
  if (isFile(before) && asType(before, 'Endpoint')?.status !== 'off') {
    throw new FhirError('business-rule', `${type}/${id} comes from the settings file: change it there`, {
      expression: type,
      text: 'Cet éditeur vient du fichier de paramètres : modifiez-le là.',
    });
  }
  if (isFile(after)) after!.meta = { ...after!.meta, source: undefined };
  const endpoint = asType(after, 'Endpoint');
  if (endpoint !== undefined) fromEndpoint(endpoint);
}
