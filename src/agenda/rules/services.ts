/** The services that the write rules, the slot search and the operations of the agenda server share. */
import type { Resource } from '../../fhir/resource.ts';
import type { Interval } from '../../scheduling/interval.ts';
import type { Database } from '../../store/engine/database.ts';
import { ResourceReader } from '../../store/resources/resource-reader.ts';
import { Agendas, type LoadedAgenda } from '../agendas.ts';
import type { AgendaSettings } from '../settings.ts';
import { SlotSearch } from '../slots/slot-search.ts';

export interface RuleServices {
  agendas: Agendas;
  reader: ResourceReader;
  slots: SlotSearch;
  settings: AgendaSettings;
  /** Results of `occupationOf` during one write; absent outside of writes. */
  occupations?: WeakMap<Resource, Promise<Occupation | undefined>>;
}

/** When an appointment takes place, and the agendas whose time it takes. */
export interface Occupation {
  time: Interval;
  agendas: LoadedAgenda[];
  /** Ids of those that only record it, because their patient takes part: they need not be open. */
  recording: ReadonlySet<string>;
  /** The references of those it names in person, where an identifier names somebody. */
  named?: readonly string[];
}

export function openRuleServices(database: Database, settings: AgendaSettings): RuleServices {
  const reader = new ResourceReader(database);
  const agendas = new Agendas(reader, settings);
  return { agendas, reader, slots: new SlotSearch(agendas, reader, settings), settings };
}
