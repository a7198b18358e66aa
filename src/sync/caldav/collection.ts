/**
 * An agenda as a collection of events (RFC 4791, section 4.2): its appointments, its closures, and the events that
 * devices wrote. The same content has the same token, so that a device asks what has changed since (RFC 6578).
 */
import { createHash } from 'node:crypto';
import type { Interval } from '../../scheduling/interval.ts';
import { DAY } from '../../scheduling/zone.ts';
import type { Database } from '../../store/engine/database.ts';
import { type CalendarObject, CalendarObjects } from '../../store/records/calendar-devices.ts';
import { DEVICES, sourceTag } from '../ical/in/source-tag.ts';
import { deviceEvents } from './device-events.ts';
import { AppointmentEvents } from '../ical/out/appointment-events.ts';
import { closureEvents } from '../ical/out/availability-components.ts';
import type { OwnedAgenda } from '../ical/out/owned-agenda.ts';
import { versionOf } from '../ical/out/owned-agenda.ts';
import { type Component, textOf } from '../ical/text/read-calendar.ts';
import { zoneComponent } from '../ical/zones/zone-component.ts';
import { componentObject, type DavObject, nameOfUid } from './dav-object.ts';

const BACK_MS = 90 * DAY;
const AHEAD_MS = 2 * 365 * DAY;

export interface Viewer {
  /** Does the device show patients' names? */
  names: boolean;
  /** The key of the author whose events are shown whole (`authorKey`). */
  author: string;
}

export class AgendaCollections {
  private readonly events: AppointmentEvents;
  private readonly objects: CalendarObjects;

  constructor(database: Database) {
    this.events = new AppointmentEvents(database);
    this.objects = new CalendarObjects(database);
  }

  async objectsOf(owned: OwnedAgenda, viewer: Viewer, now: number): Promise<DavObject[]> {
    const { agenda, row, schedule } = owned;
    const today = Math.floor(now / DAY) * DAY;
    const window: Interval = { start: today - BACK_MS, end: today + AHEAD_MS };
    const zones = [zoneComponent(agenda.zone, window.start)];
    const appointments = (await this.events.of(schedule, [owned], viewer.names, window, now)).map((event) =>
      appointmentObject(event, zones),
    );
    const { value: own } = sourceTag(DEVICES);
    const rules = agenda.rules.filter(
      ({ availability }) => !availability.identifiers.some(({ value }) => value === own),
    );
    const closures = closureEvents({ ...agenda, rules }, versionOf(schedule, row)).map((event) =>
      componentObject(nameOfUid('closure', textOf(event, 'uid') ?? ''), 'closure', event, zones),
    );
    const written = (await this.objects.of(row.schedule)).map((object) => deviceEvents(object, viewer.author));
    // A UID may stand in a collection once.
    return [...new Map([...closures, ...appointments, ...written].map((object) => [object.uid, object])).values()];
  }

  /** The token of this state; the state is kept for a device that will name it. */
  async tokenOf(collection: string, objects: readonly DavObject[]): Promise<string> {
    const state = JSON.stringify(objects.map(({ name, etag }) => [name, etag]).sort());
    const token = createHash('sha256').update(state).digest('base64url').slice(0, 27);
    await this.objects.keepState(collection, token, state);
    return token;
  }

  /** ETags by name in a state that was seen before. */
  async stateOf(collection: string, token: string): Promise<Map<string, string> | undefined> {
    const state = await this.objects.state(collection, token);
    return state === undefined ? undefined : new Map(JSON.parse(state) as [string, string][]);
  }

  stored(schedule: string): Promise<CalendarObject[]> {
    return this.objects.of(schedule);
  }

  put(object: CalendarObject): Promise<void> {
    return this.objects.put(object);
  }

  remove(schedule: string, name: string): Promise<void> {
    return this.objects.remove(schedule, name);
  }
}

function appointmentObject(event: Component, zones: readonly Component[]): DavObject {
  const id = textOf(event, 'x-creneau-appointment')!;
  return componentObject(`appointment-${id}.ics`, 'appointment', event, zones, { appointment: id });
}
