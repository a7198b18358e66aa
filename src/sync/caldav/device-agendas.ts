/** The agendas of a device, and the rights on them that its author has at that moment. */
import type { Context } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import { parseJson } from '../../fhir/json.ts';
import type { Author, AuthorContext } from '../../server/authors.ts';
import type { CalendarDevice } from '../../store/records/calendar-devices.ts';
import type { AgendaReader, AgendaRow } from '../../store/resources/agenda-reader.ts';
import type { MayManage } from '../ical/out/link-operations.ts';
import { loadAgendas, type OwnedAgenda } from '../ical/out/owned-agenda.ts';

export interface RightsParts {
  authorContext: AuthorContext;
  mayManage: MayManage;
  /** Ids of the Schedules that a person manages. */
  ownAgendas(context: Context): Promise<readonly string[]>;
  /** Sees each agenda or appointment as it is about to be stored. */
  validate: NonNullable<Context['validate']>;
  defaultDurationMs: number;
}

export class DeviceAgendas {
  private readonly parts: RightsParts;
  private readonly agendas: AgendaReader;

  constructor(parts: RightsParts, agendas: AgendaReader) {
    this.parts = parts;
    this.agendas = agendas;
  }

  async of(device: CalendarDevice): Promise<OwnedAgenda[]> {
    return this.load(await this.rowsOf(device));
  }

  /**
   * Those whose free and busy time the device may ask for, as far as its author may see them: its own, and if the
   * author is a person, the others of that person. A program may have the agendas of many people.
   */
  async askable(device: CalendarDevice): Promise<AgendaRow[]> {
    const own = await this.rowsOf(device);
    const author = authorIn(device);
    if (author.identity === undefined) return own;
    const context = await unlessForbidden(() =>
      this.parts.authorContext(author, { method: 'GET', path: '/fhir/Schedule' }),
    );
    const known = new Set(own.map(({ schedule }) => schedule));
    const others = context === undefined ? [] : await this.parts.ownAgendas(context);
    return [...own, ...(await this.agendas.rows(others.filter((id) => !known.has(id))))];
  }

  load(rows: readonly AgendaRow[]): Promise<OwnedAgenda[]> {
    return loadAgendas(this.agendas, rows, this.parts.defaultDurationMs);
  }

  /** The agendas that the author may see now. */
  async readable(device: CalendarDevice, all: readonly OwnedAgenda[]): Promise<OwnedAgenda[]> {
    const open: OwnedAgenda[] = [];
    for (const owned of all)
      if ((await unlessForbidden(() => this.contextOf(device, owned, 'GET'))) !== undefined) open.push(owned);
    return open;
  }

  /** The rights of the author now; only who may change an agenda sees its events. Throws `forbidden` (403). */
  async contextOf(device: CalendarDevice, { row, schedule }: OwnedAgenda, method: string): Promise<Context> {
    const { authorContext, mayManage, validate } = this.parts;
    const path = `/fhir/Schedule/${row.schedule}${method === 'GET' ? '' : '/$import-ical'}`;
    const context = { ...(await authorContext(authorIn(device), { method, path })), validate };
    await mayManage(context, schedule);
    return context;
  }

  private rowsOf({ type, resource }: CalendarDevice): Promise<AgendaRow[]> {
    return type === 'Schedule' ? this.agendas.rows([resource]) : this.agendas.ofActors([`${type}/${resource}`]);
  }
}

export function authorIn({ author }: Pick<CalendarDevice, 'author'>): Author {
  return parseJson(author) as Author;
}

async function unlessForbidden<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof FhirError && error.code === 'forbidden') return undefined;
    throw error;
  }
}
