/** What the write rules and the operations of the agenda server work with, and who follows its appointments. */
import type { Resource } from '../../fhir/resource.ts';
import type { Context } from '../../fhir/interaction.ts';
import type { Change } from '../../store/write/repository.ts';
import type { ResourceReader } from '../../store/resources/resource-reader.ts';
import type { Unit } from '../../store/write/unit.ts';
import type { Agendas, LoadedAgenda } from '../agendas.ts';
import type { AgendaSettings } from '../settings.ts';
import type { SlotSearch } from '../slots/slot-search.ts';

/**
 * Sees each change of an appointment once the rules have completed it, and adds messages to its unit: a notice to a
 * patient, a report to the SAS.
 */
export interface AppointmentFollower {
  follow(
    context: Context,
    change: Change,
    unit: Unit,
    around: { reader: ResourceReader; agendasOf(appointment: Resource): Promise<LoadedAgenda[]> },
  ): Promise<void>;
}

/** The write rule of one resource type: refuses a change, completes it, or adds to its unit. */
export type TypeRule = (context: Context, change: Change, unit: Unit) => Promise<void>;

export interface RuleServices {
  agendas: Agendas;
  reader: ResourceReader;
  slots: SlotSearch;
  settings: AgendaSettings;
  followers: readonly AppointmentFollower[];
  /** Rules of the types that features add to this server. */
  typeRules: ReadonlyMap<string, TypeRule>;
}
