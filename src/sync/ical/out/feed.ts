/**
 * The calendars behind a link. The main one holds events alone (appointments and closures), which every program reads;
 * free and busy time (VFREEBUSY) and openings (VAVAILABILITY) have addresses of their own. The same content has the
 * same bytes: its hash is its ETag.
 */
import { createHash } from 'node:crypto';
import { actorsOf } from '../../../fhir/actors.ts';
import { FRANCE } from '../../../fhir/date.ts';
import { parseAnyResource } from '../../../fhir/json.ts';
import type { Resource } from '../../../fhir/resource.ts';
import { isType } from '../../../fhir/resources.ts';
import { nameOf } from '../../../fhir/shared-elements.ts';
import type { Interval } from '../../../scheduling/interval.ts';
import { DAY } from '../../../scheduling/zone.ts';
import type { Database } from '../../../store/engine/database.ts';
import type { CalendarLink } from '../../../store/records/calendar-links.ts';
import { AgendaReader } from '../../../store/resources/agenda-reader.ts';
import { readResources } from '../../../store/resources/read-resources.ts';
import { ResourceReader } from '../../../store/resources/resource-reader.ts';
import { PRODUCT } from '../product.ts';
import type { Property } from '../text/parse-line.ts';
import type { Component } from '../text/read-calendar.ts';
import { component, property, textValue, writeCalendar } from '../text/write-calendar.ts';
import { zoneComponent } from '../zones/zone-component.ts';
import { AppointmentEvents } from './appointment-events.ts';
import { closureEvents, openingsComponent } from './availability-components.ts';
import { loadAgendas, type OwnedAgenda, versionOf } from './owned-agenda.ts';
import { freeBusyComponent } from './free-busy.ts';

const BACK_MS = 30 * DAY;
const AHEAD_MS = 365 * DAY;
const FREE_BUSY_MS = 60 * DAY;

/** `events`: what every calendar shows. */
export type CalendarPart = 'events' | 'free-busy' | 'availability';

export interface CalendarText {
  text: string;
  etag: string;
}

export class CalendarFeeds {
  private readonly reader: ResourceReader;
  private readonly agendas: AgendaReader;
  private readonly events: AppointmentEvents;
  private readonly defaultDurationMs: number;

  constructor(database: Database, defaultDurationMs: number) {
    this.reader = new ResourceReader(database);
    this.agendas = new AgendaReader(database);
    this.events = new AppointmentEvents(database);
    this.defaultDurationMs = defaultDurationMs;
  }

  /** `undefined` when the resource is gone, or has no such part. */
  async of(link: CalendarLink, part: CalendarPart, now: number): Promise<CalendarText | undefined> {
    const { type, id, names } = link;
    const [stored] = await this.reader.readReferences([`${type}/${id}`]);
    if (stored === undefined || (type === 'Patient' && part !== 'events')) return undefined;
    const subject = parseAnyResource(stored.body!);
    const owned = await this.owned(type, id);
    // Whole days, so that the calendar does not change with the minute.
    const today = Math.floor(now / DAY) * DAY;
    const components =
      part === 'events'
        ? await this.eventsOf(subject, owned, names, { start: today - BACK_MS, end: today + AHEAD_MS }, now)
        : part === 'free-busy'
          ? await this.freeBusyOf(owned, { start: today, end: today + FREE_BUSY_MS }, now)
          : owned.flatMap(({ agenda, row, schedule }) => openingsComponent(agenda, versionOf(schedule, row)) ?? []);
    const zones = [...new Set([owned[0]?.agenda.zone ?? FRANCE, ...owned.map(({ agenda }) => agenda.zone)])];
    const definitions = part === 'free-busy' ? [] : zones.map((zone) => zoneComponent(zone, today - BACK_MS));
    const text = writeCalendar(component('vcalendar', await this.heading(subject), [...definitions, ...components]));
    return { text, etag: `"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"` };
  }

  private async owned(type: string, id: string): Promise<OwnedAgenda[]> {
    if (type === 'Patient') return [];
    const rows = type === 'Schedule' ? await this.agendas.rows([id]) : await this.agendas.ofActors([`${type}/${id}`]);
    return loadAgendas(this.agendas, rows, this.defaultDurationMs);
  }

  private async eventsOf(
    subject: Resource,
    owned: readonly OwnedAgenda[],
    names: boolean,
    window: Interval,
    now: number,
  ): Promise<Component[]> {
    const appointments = await this.events.of(subject, owned, names, window, now);
    return [
      ...appointments,
      ...owned.flatMap(({ agenda, row, schedule }) => closureEvents(agenda, versionOf(schedule, row))),
    ];
  }

  private async freeBusyOf(owned: readonly OwnedAgenda[], window: Interval, now: number): Promise<Component[]> {
    const busy = await this.agendas.taken(
      owned.map(({ row }) => `Schedule/${row.schedule}`),
      window,
      now,
    );
    return owned.map((agenda) =>
      freeBusyComponent(
        agenda,
        busy.filter(({ schedule }) => schedule === agenda.row.schedule),
        window,
      ),
    );
  }

  /** No METHOD: it would make a message of the feed, which needs an ORGANIZER (RFC 5546 3.2.1). */
  private async heading(subject: Resource): Promise<Property[]> {
    const name = await this.nameFor(subject);
    const color = COLORS[createHash('sha256').update(subject.id!).digest()[0]! % COLORS.length]!;
    return [
      property('version', '2.0'),
      property('prodid', PRODUCT),
      property('calscale', 'GREGORIAN'),
      property('name', textValue(name)),
      property('x-wr-calname', textValue(name)),
      property('color', color),
      property('refresh-interval', 'PT15M', { value: 'DURATION' }),
      property('x-published-ttl', 'PT15M'),
    ];
  }

  /**
   * The name that GAP gives an agenda, else that of its professional. A patient's name stays out of it: calendars show
   * it in many places.
   */
  async nameFor(subject: Resource): Promise<string> {
    if (subject.resourceType === 'Patient') return 'Mes rendez-vous';
    if (isType(subject, 'Schedule') && subject.comment) return subject.comment;
    const named = isType(subject, 'Schedule') ? await readResources(this.reader, actorsOf(subject)) : [subject];
    const who = named.find(({ resourceType }) => resourceType === 'Practitioner') ?? named.find(nameOf);
    const name = who && nameOf(who);
    return name ? `Agenda – ${name}` : 'Agenda';
  }
}

/** Names of CSS, as RFC 7986 wants them; dark enough for white letters. */
const COLORS = ['steelblue', 'seagreen', 'indianred', 'slateblue', 'teal', 'peru', 'mediumvioletred', 'olivedrab'];
