/**
 * The write rules of the platform, for reports of appointments, regulator accounts and partners. Every write passes
 * here before its commit.
 */
import type { Context } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import type { Identifier, Resource } from '../../fhir/resource.ts';
import { HUB, type HubOrder } from '../../store/records/hub-messages.ts';
import type { PartnerReader } from '../../store/records/partners.ts';
import type { Change, WriteRules } from '../../store/write/write-rules.ts';
import type { CommitResult, Unit } from '../../store/write/unit.ts';
import type { Contract } from '../contract/contract.ts';
import { isAccount } from '../contract/profile.ts';
import { FROM_FILE, fromEndpoint } from './partners/endpoint.ts';
import { accountMessage } from './reports/announce.ts';
import { ACCOUNT_KEY, checkAccount } from './reports/regulator.ts';
import { checkReport, identifierOf, ownerOf, sourceOf } from './reports/report.ts';

export class PlatformRules implements WriteRules {
  readonly #records: PartnerReader;
  readonly #contract: Contract;

  constructor(records: PartnerReader, contract: Contract) {
    this.#records = records;
    this.#contract = contract;
  }

  within(): PlatformRules {
    return this;
  }

  async write(context: Context, change: Change, unit: Unit): Promise<void> {
    if (change.type === 'Appointment') writeReport(this.#contract, context, change, unit);
    else if (change.type === 'Practitioner') await this.#writeAccount(change, unit);
    else if (change.type === 'Endpoint' || change.type === 'Organization') writePartner(context, change);
  }

  async #writeAccount({ id, before, after, version }: Change, unit: Unit): Promise<void> {
    if (isAccount(before) && !isAccount(after)) {
      throw new FhirError('business-rule', 'An account is not deleted: set active to false', {
        expression: 'Practitioner',
        text: 'Un compte régulateur ne se supprime pas : désactivez-le (active : false).',
      });
    }
    if (after === undefined || !isAccount(after)) return;
    checkAccount(this.#contract, after);
    unit.holdKeys(ACCOUNT_KEY, id, after['identifier'] as Identifier[]);
    // A deactivation is sent at once to every partner that has the account or will have it; other changes wait for the
    // next login.
    if (after['active'] === false && before?.['active'] !== false) {
      for (const { partner } of await this.#records.accountStates(id)) unit.send(accountMessage(partner, id, version));
    }
  }

  async explain(_context: Context, change: Change, refusal: Exclude<CommitResult, { ok: true }>): Promise<FhirError> {
    if ('duplicate' in refusal) {
      return new FhirError('duplicate', `Another ${change.type} has this business identifier; update it instead`, {
        expression: `${change.type}.identifier`,
        text: 'Une autre ressource porte déjà cet identifiant métier : mettez-la à jour.',
      });
    }
    return new FhirError('transient', 'Somebody else changed this at the same moment; try again', {
      text: 'Modification simultanée : réessayez.',
    });
  }
}

function writeReport(contract: Contract, context: Context, { id, before, after, version }: Change, unit: Unit): void {
  if (after === undefined)
    throw new FhirError('not-supported', 'An appointment is cancelled, not deleted', {
      status: 405,
      text: "Un rendez-vous s'annule, il ne se supprime pas.",
    });
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
  if (isFile(before) && before!['status'] !== 'off') {
    throw new FhirError('business-rule', `${type}/${id} comes from the settings file: change it there`, {
      expression: type,
      text: 'Cet éditeur vient du fichier de paramètres : modifiez-le là.',
    });
  }
  if (isFile(after)) after!.meta = { ...after!.meta, source: undefined };
  if (type === 'Endpoint' && after !== undefined) fromEndpoint(after);
}
