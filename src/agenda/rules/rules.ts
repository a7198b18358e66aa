/**
 * The write rules of the agenda server. Every write passes here before its commit: its references must lead to
 * resources, then the rule of its type decides.
 */
import type { Context, Stored } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import type { Identifier, Resource } from '../../fhir/resource.ts';
import type { Appointment } from '../../fhir/resources.ts';
import { parseSlotId } from '../../scheduling/slot-id.ts';
import type { AppointmentFollower, TypeRule } from '../../server/feature.ts';
import type { Change, WriteRules } from '../../store/write/write-rules.ts';
import { PendingAgendaReader, PendingReader } from '../../store/write/pending-reader.ts';
import type { CommitResult, Unit } from '../../store/write/unit.ts';
import { Agendas, type LoadedAgenda } from '../agendas.ts';
import { writeAppointment } from './appointment-rules.ts';
import { checkDelegation } from './delegation.ts';
import { explainTaken } from '../slots/nearest.ts';
import { occupationOf } from './occupation.ts';
import { OWNER_TYPES, writeOwner } from './owner-rules.ts';
import { checkPerson } from './person-rules.ts';
import { requireSeen } from './read-scope.ts';
import { checkReferences } from './references.ts';
import { writeSchedule } from './schedule-rules.ts';
import type { RuleServices } from './services.ts';
import { writeSlot } from './slot-rules.ts';
import { SlotSearch } from '../slots/slot-search.ts';

/** Types whose business identifiers belong to one resource only. */
const KEYED = new Set(['Appointment', 'Schedule']);

/** Memory for the agendas that one transaction compiles. */
const PENDING_CACHE_BYTES = 4_000_000;

/** What features add to the rules. */
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
    await checkPerson(services, context, change);
    if (after !== undefined) await checkReferences(services.reader, after, isComputedSlot);
    let loaded = await this.writeType(services, context, change, unit);
    if (KEYED.has(type)) holdIdentifiers(change, unit);
    // An appointment that takes no time concerns the agendas that it names.
    if (type === 'Appointment' && unit.concerning().length === 0) {
      loaded = await agendasOf(services, (change.before ?? after) as Appointment);
      for (const { schedule } of loaded) unit.concern(schedule);
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
      const surroundings = {
        reader: services.reader,
        agendasOf: (appointment: Appointment) => agendasOf(services, appointment),
      };
      for (const follower of this.added.followers) await follower.follow(context, change, unit, surroundings);
      return loaded;
    }
    if (type === 'Schedule') await writeSchedule(services, context, change, unit);
    else if (type === 'Slot') await writeSlot(services, change, unit);
    else if (OWNER_TYPES.has(type)) await writeOwner(services, context, change, unit);
    else await this.added.typeRules.get(type)?.(context, change, unit);
    return [];
  }

  found(context: Context, { type, id }: Stored): Promise<void> {
    return requireSeen(this.services, context, `${type}/${id}`);
  }

  async explain(context: Context, change: Change, refusal: Exclude<CommitResult, { ok: true }>): Promise<FhirError> {
    if ('taken' in refusal) {
      const appointment = change.after as Appointment | undefined;
      const occupation = appointment && (await occupationOf(this.services, appointment));
      return explainTaken(this.services, context, refusal.taken, occupation?.agendas);
    }
    if ('duplicate' in refusal) {
      return new FhirError('duplicate', `Another ${change.type} has this business identifier; update it instead`, {
        expression: `${change.type}.identifier`,
        text: 'Une autre ressource porte déjà cet identifiant métier : mettez-la à jour.',
      });
    }
    if ('occupied' in refusal) {
      return new FhirError(
        'conflict',
        `Schedule/${refusal.occupied.schedule} has future appointments: move or cancel them first`,
        {
          expression: change.type,
          text: "Cet agenda a des rendez-vous à venir : déplacez-les ou annulez-les d'abord.",
        },
      );
    }
    return new FhirError('transient', 'Somebody else changed this at the same moment; try again', {
      text: 'Modification simultanée : réessayez.',
    });
  }
}

/** Computed slots exist without a row. */
function isComputedSlot(type: string, id: string): boolean {
  return type === 'Slot' && parseSlotId(id) !== undefined;
}

/** The agendas that an appointment occupies or did occupy: a cancelled one may name agendas that are gone. */
async function agendasOf(services: RuleServices, appointment: Appointment): Promise<LoadedAgenda[]> {
  try {
    return (await occupationOf(services, appointment))?.agendas ?? [];
  } catch (error) {
    if (error instanceof FhirError && error.status < 500) return [];
    throw error;
  }
}

/** Takes the keys of the new identifiers and gives back the old ones, if they differ. */
function holdIdentifiers({ type, id, before, after }: Change, unit: Unit): void {
  const identifiersOf = (resource: Resource | undefined): Identifier[] => resource?.['identifier'] ?? [];
  const keysOf = (resource: Resource | undefined): string =>
    identifiersOf(resource)
      .map(({ system = '', value = '' }) => `${system}|${value}`)
      .sort()
      .join('\n');
  if (keysOf(before) !== keysOf(after)) unit.holdKeys(type, id, identifiersOf(after));
}
