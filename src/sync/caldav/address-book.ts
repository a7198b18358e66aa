/** Which agendas an address stands for, for the device that asks: none, where its author may not see them. */
import { parseResource } from '../../fhir/json.ts';
import type { Schedule } from '../../fhir/resources.ts';
import type { CalendarDevice } from '../../store/records/calendar-devices.ts';
import type { AgendaReader } from '../../store/resources/agenda-reader.ts';
import type { ResourceReader } from '../../store/resources/resource-reader.ts';
import type { OwnedAgenda } from '../ical/out/owned-agenda.ts';
import { type CalendarUser, calendarUsers, mailtoOf } from './calendar-users.ts';
import { HOME, PRINCIPAL } from './dav-properties.ts';
import { authorIn, type DeviceAgendas } from './device-agendas.ts';

export class AddressBook {
  private readonly rights: DeviceAgendas;
  private readonly agendas: AgendaReader;
  private readonly reader: ResourceReader;

  constructor(rights: DeviceAgendas, agendas: AgendaReader, reader: ResourceReader) {
    this.rights = rights;
    this.agendas = agendas;
    this.reader = reader;
  }

  /** The addresses of the one who has the device, which stand for its agendas. */
  async own(device: CalendarDevice): Promise<string[]> {
    const readable = await this.rights.readable(device, await this.rights.of(device));
    const users = await calendarUsers(
      this.reader,
      readable.map(({ schedule }) => schedule),
    );
    return [
      ...new Set([...personal(device), ...users.filter(isHolder(device, users)).flatMap((user) => user.addresses)]),
    ];
  }

  /** By canonical address, those that the author of the device may see. */
  async agendasAt(device: CalendarDevice, addresses: readonly string[]): Promise<Map<string, OwnedAgenda[]>> {
    const wanted = new Set(addresses);
    const rows = await this.rights.askable(device);
    const holders = new Set((await this.rights.of(device)).map(({ row }) => row.schedule));
    const byAddress = new Map<string, Set<string>>();
    const add = (address: string, schedule: string): void => {
      if (wanted.has(address)) byAddress.set(address, (byAddress.get(address) ?? new Set()).add(schedule));
    };
    for (const { schedule } of rows) add(`${HOME}${schedule}/`, schedule);
    for (const address of personal(device)) for (const schedule of holders) add(address, schedule);
    const schedules = await this.schedules(rows.map(({ schedule }) => schedule));
    for (const { schedule, addresses: own } of await calendarUsers(this.reader, schedules))
      for (const address of own) add(address, schedule);
    const named = new Set([...byAddress.values()].flatMap((ids) => [...ids]));
    const all = await this.rights.load(rows.filter(({ schedule }) => named.has(schedule)));
    const open = await this.rights.readable(device, all);
    return new Map([...byAddress].map(([address, ids]) => [address, open.filter(({ row }) => ids.has(row.schedule))]));
  }

  private async schedules(ids: readonly string[]): Promise<Schedule[]> {
    return (await this.agendas.schedules(ids)).map(({ body }) => parseResource('Schedule', body));
  }
}

/** Of the person who logged in to make the device; without a login, its principal alone. */
function personal(device: CalendarDevice): string[] {
  const email = authorIn(device).identity?.email;
  return [PRINCIPAL, ...(email === undefined ? [] : [mailtoOf(email)])];
}

/** The professional whose agendas the device has, if they are those of one. */
function isHolder({ type, resource }: CalendarDevice, users: readonly CalendarUser[]): (user: CalendarUser) => boolean {
  const [first, ...more] = new Set(users.map(({ reference }) => reference));
  const holder = type === 'Practitioner' ? `Practitioner/${resource}` : more.length === 0 ? first : undefined;
  return ({ reference }) => reference === holder;
}
