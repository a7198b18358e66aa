/**
 * The write rules of the agenda server. Every write passes here before its commit: its references must lead to
 * resources, then the rule of its type decides.
 */
import type { Context, Stored } from '../../fhir/interaction.ts';
import type { FhirError } from '../../fhir/issue.ts';
import type { Resource } from '../../fhir/resource.ts';
import { type Appointment, asType } from '../../fhir/resources.ts';
import type { ReadScope } from '../../fhir/search/request.ts';
import { identifiersOf } from '../../fhir/shared-elements.ts';
import { parseSlotId } from '../../scheduling/slot-id.ts';
import type { AppointmentFollower, TypeRule } from '../../server/feature.ts';
import type { Change, CommitRefusal, WriteRules } from '../../store/write/write-rules.ts';
import { PendingAgendaReader, PendingReader } from '../../store/write/pending-reader.ts';
import type { Unit } from '../../store/write/unit.ts';
import { Agendas, type LoadedAgenda } from '../agendas.ts';
import { addressedAgendas, concernedAgendas } from './addressed.ts';
import { writeAppointment } from './appointment-rules.ts';
import { checkDelegation } from './delegation.ts';
import { ATTACHED_TYPES, removeAttachments, writeAttachment } from './attachment-rules.ts';
import { agendasOf } from './occupation.ts';
import { checkGrants } from './grant-rules.ts';
import { checkIdentity } from './identity-rules.ts';
import { OWNER_TYPES, writeOwner } from './owner-rules.ts';
import { checkPerson } from './person-rules.ts';
import { hiddenFrom, isConcealed, readScopeOf, refusedRead, requireSeen } from './read-scope.ts';
import { checkReferences } from './references.ts';
import { explainRefusal } from './refusals.ts';
import { requireValues } from './required-values.ts';
import { promiseAnswer, sendExpiry } from './request-expiry.ts';
import { writeResponse } from './response-rules.ts';
import { writeSchedule } from './schedule-rules.ts';
import type { RuleServices } from './services.ts';
import { writeSlot } from './slot-rules.ts';
import { tellTwins } from './twin-rules.ts';
import { SlotSearch } from '../slots/slot-search.ts';

/** Types whose business identifiers belong to one resource only. */
const KEYED = new Set(['Appointment', 'Schedule']);

/** Agendas inherit from their actors, slots and appointments lie on agendas. */
const TYPE_ORDER = [
  'Organization',
  'Location',
  'HealthcareService',
  'Practitioner',
  'PractitionerRole',
  'Device',
  'Patient',
  'RelatedPerson',
  'Schedule',
  'Slot',
  'Appointment',
  'AppointmentResponse',
  'Binary',
  'DocumentReference',
];

/** A program knows the resources that it may change, whether or not it may read them. */
const SEEN_BY_WRITES = 'rsud';

/** Memory for the agendas that one transaction compiles. */
const PENDING_CACHE_BYTES = 4_000_000;

/** The parts that features add to the rules. */
export interface AddedRules {
  /** Rules of the types that features serve. */
  typeRules: ReadonlyMap<string, TypeRule>;
  followers: readonly AppointmentFollower[];
}

export class AgendaRules implements WriteRules {
  private readonly services: RuleServices;
  private readonly added: AddedRules;

  constructor(services: RuleServices, added: AddedRules) {
    this.services = services;
    this.added = added;
  }

  readonly typeOrder = TYPE_ORDER;

  readScope(context: Context): Promise<ReadScope | undefined> {
    return readScopeOf(this.services, context, SEEN_BY_WRITES);
  }

  within(unit: Unit): AgendaRules {
    const { reader, settings } = this.services;
    const pending = new PendingReader(reader.database, unit);
    // A transaction may fail: its compiled agendas have a cache of their own.
    const agendas = new Agendas(
      pending,
      { ...settings, cacheBytes: PENDING_CACHE_BYTES },
      new PendingAgendaReader(reader.database, unit),
    );
    const services = { reader: pending, agendas, slots: new SlotSearch(agendas, pending, settings), settings };
    return new AgendaRules(services, this.added);
  }

  async write(context: Context, change: Change, unit: Unit): Promise<void> {
    // Several rules need the occupation of the appointment: it is computed once for the whole write.
    const services: RuleServices = { ...this.services, occupations: new WeakMap() };
    const { type, after } = change;
    if (after !== undefined) requireValues(after);
    checkGrants(context, change);
    await checkPerson(services, context, change);
    if (type === 'Patient') {
      checkIdentity(context, change);
      await tellTwins(services, context, change, unit);
    }
    if (after !== undefined)
      await checkReferences(services.reader, change, {
        isComputed: isComputedSlot,
        // Appointments named documents before any were kept here, and a document may be erased.
        isKept: isConcealed,
        unseen: (targets) => hiddenFrom(services, context, targets.filter(isConcealed)),
      });
    await this.apply(services, context, change, unit);
    checkGrants(context, change);
  }

  /** The rules about the resource, whoever writes it. */
  private async apply(services: RuleServices, context: Context, change: Change, unit: Unit): Promise<void> {
    const { type } = change;
    let loaded = await this.writeType(services, context, change, unit);
    if (KEYED.has(type)) holdIdentifiers(change, unit);
    if (type === 'Appointment') {
      loaded = [...loaded, ...(await concerned(services, change, unit))];
      sendExpiry(context, change, unit, loaded);
      if (change.after === undefined) await removeAttachments(services, context, change.id, unit);
    }
    await checkDelegation(services, context, change, unit, loaded);
  }

  /** Applies the rule of the type. Returns the agendas that it has loaded. */
  private async writeType(
    services: RuleServices,
    context: Context,
    change: Change,
    unit: Unit,
  ): Promise<LoadedAgenda[]> {
    const { type } = change;
    if (type === 'Appointment') {
      const loaded = await writeAppointment(services, context, change, unit);
      promiseAnswer(context, change, loaded);
      const surroundings = {
        reader: services.reader,
        agendasOf: (appointment: Appointment) => agendasOf(services, appointment),
      };
      for (const follower of this.added.followers) await follower.follow(context, change, unit, surroundings);
      return loaded;
    }
    if (type === 'AppointmentResponse')
      await writeResponse(services, context, change, unit, (appointment) =>
        this.apply(services, context, appointment, unit),
      );
    else if (type === 'Schedule') await writeSchedule(services, context, change, unit);
    else if (type === 'Slot') await writeSlot(services, change, unit);
    else if (ATTACHED_TYPES.has(type)) await writeAttachment(services, context, change, unit);
    else if (OWNER_TYPES.has(type)) await writeOwner(services, context, change, unit);
    else await this.added.typeRules.get(type)?.(context, change, unit);
    return [];
  }

  async found(context: Context, { type, id }: Stored): Promise<void> {
    const [hidden] = await hiddenFrom(this.services, context, [`${type}/${id}`], SEEN_BY_WRITES);
    if (hidden !== undefined) throw refusedRead(hidden);
  }

  async metDeleted(context: Context, { type, id }: Stored): Promise<void> {
    if (isConcealed(`${type}/${id}`)) await requireSeen(this.services, context, `${type}/${id}`);
  }

  explain(context: Context, change: Change, refusal: CommitRefusal): Promise<FhirError> {
    return explainRefusal(this.services, context, change, refusal);
  }
}

/** Computed slots exist without a row. */
function isComputedSlot(type: string, id: string): boolean {
  return type === 'Slot' && parseSlotId(id) !== undefined;
}

/**
 * An appointment that takes no time concerns the agendas that it names; one that gets a time concerns those that it was
 * addressed to as well, whose followers know it as a request.
 */
async function concerned(services: RuleServices, change: Change, unit: Unit): Promise<LoadedAgenda[]> {
  const before = asType(change.before, 'Appointment');
  const after = asType(change.after, 'Appointment');
  const known = before ?? after;
  const isTaking = unit.concerning().length > 0;
  const loaded = isTaking || known === undefined ? [] : await concernedAgendas(services, known);
  if (before !== undefined && after !== undefined) {
    loaded.push(...(isTaking ? await addressedAgendas(services, before) : await addressedAgendas(services, after)));
  }
  for (const { schedule } of loaded) unit.concern(schedule);
  return loaded;
}

/** Takes the keys of the new identifiers and gives back the old ones, if they differ. */
function holdIdentifiers({ type, id, before, after }: Change, unit: Unit): void {
  const keysOf = (resource: Resource | undefined): string =>
    identifiersOf(resource)
      .map(({ system = '', value = '' }) => `${system}|${value}`)
      .sort()
      .join('\n');
  if (keysOf(before) !== keysOf(after)) unit.holdKeys(type, id, identifiersOf(after));
}
