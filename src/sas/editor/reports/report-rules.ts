/**
 * Which appointments are reported to the SAS platform (INT_R03), decided in the commit that writes them: a booking
 * whose operator is an active regulator account, however it was written, and every change of it from then on. Spec: 6.5
 */
import type { Context } from '../../../fhir/interaction.ts';
import { randomUUID } from 'node:crypto';
import type { AppointmentFollower, Surroundings } from '../../../server/feature.ts';
import { readHold, readOperator } from '../../../fhir/french/fr-extensions.ts';
import { IDNPS, prefixed } from '../../../fhir/french/identifiers.ts';
import { parseJson } from '../../../fhir/json.ts';
import type { Identifier, Json, Reference, Resource } from '../../../fhir/resource.ts';
import type { Change } from '../../../store/write/repository.ts';
import { keepReported, type Key, type ReportReader, type Reported } from '../../../store/records/reports.ts';
import type { ResourceReader } from '../../../store/resources/resource-reader.ts';
import type { Unit } from '../../../store/write/unit.ts';
import { PLATFORM_SYSTEM, type Account, accountIdentifier } from '../accounts/account.ts';
import type { RegulatorAccounts } from '../accounts/accounts.ts';
import { reportOf, type Seen } from './appointment-report.ts';

/** Where the messages go; the ordering key is the appointment. */
export const SAS_PLATFORM = 'sas-platform';

/** A message: the body, and how the platform finds what it is about. */
export interface ReportMessage {
  identifier: Key;
  /** The platform has not been told of this appointment before. */
  isFirst: boolean;
  resource: Resource;
}

export class ReportRules implements AppointmentFollower {
  private readonly reports: ReportReader;
  private readonly accounts: RegulatorAccounts;
  private readonly editorSystem: string;

  /** `editorSystem`: the editor's own identifier system, under which the platform knows appointments. */
  constructor(reports: ReportReader, accounts: RegulatorAccounts, editorSystem: string) {
    this.reports = reports;
    this.accounts = accounts;
    this.editorSystem = editorSystem;
  }

  async follow(context: Context, { id, before, after }: Change, unit: Unit, around: Surroundings): Promise<void> {
    const known = await this.reports.read(id);
    if (after === undefined) {
      if (known !== undefined && before !== undefined)
        this.send(
          unit,
          id,
          known,
          false,
          reportOf({ ...before, status: 'cancelled' }, known, await seen(before, around)),
        );
      return;
    }
    // Time that is held for somebody who is still making up their mind is no appointment: told once it is booked.
    if (readHold(after) !== undefined) return;
    const account = await this.regulator(after, around);
    if (known === undefined && account === undefined) return;
    const operator = account === undefined ? known!.operator : operatorOf(account);
    const reported = { identifier: known?.identifier ?? this.ownIdentifier(after), operator };
    const after0: Resource = {
      ...after,
      created: after['created'] ?? before?.['created'] ?? new Date(context.now).toISOString(),
    };
    const report = reportOf(after0, reported, await seen(after, around));
    // Not an appointment yet: told when it becomes one. What never became one is not taken back.
    if (report === undefined || (known === undefined && report['status'] === 'cancelled')) return;
    after['created'] = after0['created'];
    keepIdentifier(after, reported.identifier);
    if (known !== undefined && before !== undefined) {
      const told = reportOf(before, known, await seen(before, around));
      if (JSON.stringify(told) === JSON.stringify(report)) return;
    }
    if (known === undefined || known.operator.value !== operator.value || known.operator.system !== operator.system)
      keepReported(unit, id, reported);
    this.send(unit, id, reported, known === undefined, report);
  }

  private send(
    unit: Unit,
    id: string,
    { identifier }: Reported,
    isFirst: boolean,
    resource: Resource | undefined,
  ): void {
    if (resource === undefined) return;
    unit.send({
      destination: SAS_PLATFORM,
      orderingKey: id,
      payload: JSON.stringify({ identifier, isFirst, resource } satisfies ReportMessage),
    });
  }

  /** The active account that the operator is, named by identifier or by reference to somebody who has one. */
  private async regulator(appointment: Resource, { reader }: Surroundings): Promise<Account | undefined> {
    const operator = readOperator(appointment);
    if (operator === undefined) return undefined;
    for (const identifier of await identifiersOf(operator, appointment, reader)) {
      const found = await this.accounts.activeByIdentifier(identifier);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  private ownIdentifier(appointment: Resource): Key {
    const own = ((appointment['identifier'] as Identifier[] | undefined) ?? []).find(
      (identifier) => identifier.system === this.editorSystem && identifier.value,
    );
    return { system: this.editorSystem, value: own?.value ?? randomUUID() };
  }
}

/** What the platform knows it by stays on it, even when a whole update has left it out. */
function keepIdentifier(appointment: Resource, { system, value }: Key): void {
  const identifiers = (appointment['identifier'] as Identifier[] | undefined) ?? [];
  if (!identifiers.some((identifier) => identifier.system === system && identifier.value === value))
    appointment['identifier'] = [...identifiers, { system, value }];
}

/** As received in INT_R02: the national identifier, else the platform's own. */
function operatorOf({ resource }: Account): Key {
  const all = (resource['identifier'] as Identifier[]).map(accountIdentifier);
  return all.find((one) => one.system === IDNPS) ?? all.find((one) => one.system === PLATFORM_SYSTEM)!;
}

async function seen(appointment: Resource, around: Surroundings): Promise<Seen> {
  const agendas = await around.agendasOf(appointment);
  const named = ((appointment['participant'] as Json[] | undefined) ?? [])
    .filter((participant) => participant.status !== 'declined' && participant.actor !== undefined)
    .map((participant) => participant.actor as Reference);
  const isSos = agendas.length > 0 && agendas.every((agenda) => !agenda.actors.some(isProfessional));
  const own = await professionals(named, appointment, around.reader);
  const actors = agendas.flatMap((agenda) => agenda.actors.filter(isProfessional)).map((reference) => ({ reference }));
  return { professionals: own.length > 0 ? own : await professionals(actors, appointment, around.reader), isSos };
}

function isProfessional(reference: string): boolean {
  return /^Practitioner(Role)?\//.test(reference);
}

async function professionals(
  actors: readonly Reference[],
  appointment: Resource,
  reader: ResourceReader,
): Promise<Key[]> {
  const found = new Map<string, Key>();
  for (const actor of actors) {
    if (
      actor.reference !== undefined &&
      !/(^|\/)Practitioner(Role)?\//.test(actor.reference) &&
      !actor.reference.startsWith('#')
    )
      continue;
    const national = (await identifiersOf(actor, appointment, reader)).map(nationalOf).find((one) => one !== undefined);
    if (national !== undefined) found.set(national.value, national);
  }
  return [...found.values()];
}

function nationalOf(identifier: Identifier): Key | undefined {
  const known = prefixed(identifier);
  if (known !== undefined) return known.system === IDNPS ? known : undefined;
  return identifier.system === IDNPS && identifier.value ? { system: IDNPS, value: identifier.value } : undefined;
}

/** Identifiers of whom a reference means: its own, else those of the resource; of a role, its practitioner's. */
async function identifiersOf(
  reference: Reference,
  appointment: Resource,
  reader: ResourceReader,
): Promise<Identifier[]> {
  if (reference.identifier?.value !== undefined) return [reference.identifier];
  const text = reference.reference ?? '';
  if (text.startsWith('#'))
    return identifiersIn(
      ((appointment['contained'] as Resource[] | undefined) ?? []).find((contained) => `#${contained.id}` === text),
    );
  const literal = /(?:^|\/)(Practitioner(?:Role)?\/[A-Za-z0-9\-.]{1,64})(?:\/_history\/.*)?$/.exec(text)?.[1];
  const [stored] = literal === undefined ? [] : await reader.readReferences([literal]);
  if (stored === undefined) return [];
  const resource = parseJson(stored.body!) as Resource;
  if (resource.resourceType === 'Practitioner') return identifiersIn(resource);
  const practitioner = resource['practitioner'] as Reference | undefined;
  return practitioner === undefined ? [] : identifiersOf(practitioner, resource, reader);
}

function identifiersIn(resource: Resource | undefined): Identifier[] {
  return (resource?.['identifier'] as Identifier[] | undefined) ?? [];
}
