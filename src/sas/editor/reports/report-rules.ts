/**
 * Which appointments are reported to the SAS platform, decided in the commit that writes them: a booking whose operator
 * is an active regulator account, whoever sent it, and from then on every change of it. Spec: 6.5
 */
import { randomUUID } from 'node:crypto';
import type { AppointmentFollower, Surroundings } from '../../../server/feature.ts';
import { readHold, readOperator } from '../../../fhir/french/fr-extensions.ts';
import { IDNPS } from '../../../fhir/french/identifiers.ts';
import type { Context } from '../../../fhir/interaction.ts';
import { type Appointment, list } from '../../../fhir/resources.ts';
import { keepReported, type Reported, type ReportReader } from '../../../store/records/reports.ts';
import { type Change, sidesOf } from '../../../store/write/write-rules.ts';
import type { Unit } from '../../../store/write/unit.ts';
import type { Contract } from '../../contract/contract.ts';
import { nationalIdentifier, type SasIdentifier } from '../../contract/identifier.ts';
import { type Account, accountIdentifier } from '../accounts/account.ts';
import type { RegulatorAccounts } from '../accounts/accounts.ts';
import { reportOf } from './appointment-report.ts';
import { identifiersBehind, reportedActors } from './reported-people.ts';

/** Destination of the messages; the ordering key is the appointment. */
export const SAS_PLATFORM = 'sas-platform';

/** A message: the body, and how the platform finds the appointment. */
export interface ReportMessage {
  identifier: SasIdentifier;
  /** The platform has no earlier report of this appointment. */
  isFirst: boolean;
  resource: Appointment;
}

export interface ReportSettings {
  contract: Contract;
  /** The editor's own identifier system, under which the platform knows appointments. */
  editorSystem: string;
}

export class ReportRules implements AppointmentFollower {
  readonly #reports: ReportReader;
  readonly #accounts: RegulatorAccounts;
  readonly #settings: ReportSettings;

  constructor(reports: ReportReader, accounts: RegulatorAccounts, settings: ReportSettings) {
    this.#reports = reports;
    this.#accounts = accounts;
    this.#settings = settings;
  }

  async follow(context: Context, change: Change, unit: Unit, surroundings: Surroundings): Promise<void> {
    // The visit took place: its report holds no patient, and stays.
    if (context.isErasure) return;
    const { id } = change;
    const { before, after } = sidesOf(change, 'Appointment');
    const reported = await this.#reports.read(id);
    if (after === undefined) {
      if (reported === undefined || before === undefined) return;
      const report = await this.#reportOf({ ...before, status: 'cancelled' }, reported, surroundings);
      if (report !== undefined) send(unit, id, { identifier: reported.identifier, isFirst: false, resource: report });
      return;
    }
    // A held time is not an appointment: it is reported once it is booked.
    if (readHold(after) !== undefined) return;
    const operator = (await this.#regulator(after, surroundings)) ?? reported?.operator;
    if (operator === undefined) return;
    const created = after.created ?? before?.created ?? new Date(context.now).toISOString();
    const names = { identifier: reported?.identifier ?? this.#ownIdentifier(after), operator };
    const report = await this.#reportOf({ ...after, created }, names, surroundings);
    // Report an appointment once it is one. If it never was, there is nothing to cancel.
    if (report === undefined || (reported === undefined && report.status === 'cancelled')) return;
    after.created = created;
    keepIdentifier(after, names.identifier);
    if (reported !== undefined && before !== undefined) {
      const last = await this.#reportOf(before, reported, surroundings);
      if (JSON.stringify(last) === JSON.stringify(report)) return;
    }
    if (reported?.operator.value !== operator.value || reported.operator.system !== operator.system)
      keepReported(unit, id, names);
    send(unit, id, { identifier: names.identifier, isFirst: reported === undefined, resource: report });
  }

  async #reportOf(
    appointment: Appointment,
    names: Reported,
    surroundings: Surroundings,
  ): Promise<Appointment | undefined> {
    return reportOf(this.#settings.contract, appointment, names, await reportedActors(appointment, surroundings));
  }

  /**
   * The identifier of the active account that the operator is, named by identifier or by reference to somebody who has
   * one.
   */
  async #regulator(appointment: Appointment, { reader }: Surroundings): Promise<SasIdentifier | undefined> {
    const operator = readOperator(appointment);
    if (operator === undefined) return undefined;
    for (const identifier of await identifiersBehind(operator, appointment, reader)) {
      const account = await this.#accounts.activeByIdentifier(identifier);
      if (account !== undefined) return this.#operatorOf(account);
    }
    return undefined;
  }

  /** As received in INT_R02: the national identifier, else the platform's own. */
  #operatorOf({ resource }: Account): SasIdentifier {
    const identifiers = list(resource.identifier).map(accountIdentifier);
    const { platform } = this.#settings.contract.systems;
    return (
      identifiers.find((identifier) => nationalIdentifier(identifier, IDNPS) !== undefined) ??
      identifiers.find(({ system }) => system === platform)!
    );
  }

  #ownIdentifier(appointment: Appointment): SasIdentifier {
    const { editorSystem } = this.#settings;
    const own = appointment.identifier?.find(({ system, value }) => system === editorSystem && value);
    return { system: editorSystem, value: own?.value ?? randomUUID() };
  }
}

function send(unit: Unit, appointment: string, message: ReportMessage): void {
  unit.send({ destination: SAS_PLATFORM, orderingKey: appointment, payload: JSON.stringify(message) });
}

/** The identifier that the platform knows stays on the appointment, even when a whole update has left it out. */
function keepIdentifier(appointment: Appointment, { system, value }: SasIdentifier): void {
  const identifiers = list(appointment.identifier);
  if (!identifiers.some((identifier) => identifier.system === system && identifier.value === value))
    appointment.identifier = [...identifiers, { system, value }];
}
