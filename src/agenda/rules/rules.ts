/**
 * The write rules of the agenda server, per resource type. Every write passes here before its commit: references lead
 * somewhere, owners and agendas stay consistent, appointments obey the booking rule.
 */
import type { Context, Stored } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import type { Identifier, Resource } from '../../fhir/resource.ts';
import { parseSlotId } from '../../scheduling/slot-id.ts';
import type { Change, WriteRules } from '../../store/write/repository.ts';
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

/** Types of which a business identifier belongs to one resource only. */
const KEYED = new Set(['Appointment', 'Schedule']);

export class AgendaRules implements WriteRules {
  private readonly services: RuleServices;

  constructor(services: RuleServices) {
    this.services = services;
  }

  within(unit: Unit): AgendaRules {
    const { reader, settings, followers, typeRules } = this.services;
    const pending = new PendingReader(reader.database, unit);
    // Compiled agendas of a transaction that may never be are kept apart.
    const agendas = new Agendas(
      pending,
      { ...settings, cacheBytes: 4_000_000 },
      new PendingAgendaReader(reader.database, unit),
    );
    return new AgendaRules({
      reader: pending,
      agendas,
      slots: new SlotSearch(agendas, pending, settings),
      settings,
      followers,
      typeRules,
    });
  }

  async write(context: Context, change: Change, unit: Unit): Promise<void> {
    const { type, after } = change;
    let loaded: LoadedAgenda[] = [];
    await checkPerson(this.services, context, change);
    if (after !== undefined)
      await checkReferences(
        this.services.reader,
        after,
        (target, id) => target === 'Slot' && parseSlotId(id) !== undefined,
      );
    if (type === 'Appointment') {
      loaded = await writeAppointment(this.services, context, change, unit);
      const around = {
        reader: this.services.reader,
        agendasOf: (appointment: Resource) => agendasOf(this.services, appointment),
      };
      for (const follower of this.services.followers) await follower.follow(context, change, unit, around);
    } else if (type === 'Schedule') await writeSchedule(this.services, context, change, unit);
    else if (type === 'Slot') await writeSlot(this.services, change, unit);
    else if (OWNER_TYPES.has(type)) await writeOwner(this.services, context, change, unit);
    else await this.services.typeRules.get(type)?.(context, change, unit);
    if (KEYED.has(type)) holdIdentifiers(change, unit);
    // An appointment that takes no time (any more) concerns the agendas that it names.
    if (type === 'Appointment' && unit.concerning().length === 0) {
      loaded = await agendasOf(this.services, (change.before ?? after)!);
      for (const one of loaded) unit.concern(one.schedule);
    }
    await checkDelegation(this.services, context, change, unit, loaded);
  }

  found(context: Context, { type, id }: Stored): Promise<void> {
    return requireSeen(this.services, context, `${type}/${id}`);
  }

  async explain(context: Context, change: Change, refusal: Exclude<CommitResult, { ok: true }>): Promise<FhirError> {
    if ('taken' in refusal) {
      const agendas =
        change.after === undefined ? [] : ((await occupationOf(this.services, change.after))?.agendas ?? []);
      return explainTaken(this.services, context, refusal.taken, agendas);
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

/** Agendas that an appointment occupies, or did: a cancelled one may name what is no more. */
async function agendasOf(services: RuleServices, appointment: Resource): Promise<LoadedAgenda[]> {
  try {
    return (await occupationOf(services, appointment))?.agendas ?? [];
  } catch (error) {
    if (error instanceof FhirError && error.status < 500) return [];
    throw error;
  }
}

/** Takes the keys of the new identifiers, or gives them back; nothing when they stay the same. */
function holdIdentifiers({ type, id, before, after }: Change, unit: Unit): void {
  const keys = (resource: Resource | undefined): Identifier[] =>
    (resource?.['identifier'] as Identifier[] | undefined) ?? [];
  const text = (list: Identifier[]): string =>
    list
      .map((one) => `${one.system ?? ''}|${one.value ?? ''}`)
      .sort()
      .join('\n');
  if (text(keys(before)) !== text(keys(after))) unit.holdKeys(type, id, keys(after));
}
