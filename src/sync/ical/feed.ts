/**
 * The calendar behind a link: the appointments of an agenda or a person as VEVENT, then what is open and taken
 * (VFREEBUSY, VAVAILABILITY) for
 * those who read it. Who comes is not told unless the holder chose it. The same content has the same bytes: its hash is
 * its ETag.
 */
import { createHash } from 'node:crypto';
import { parseJson } from '../../fhir/json.ts';
import { localId, localTarget } from '../../fhir/local-reference.ts';
import type { Json, Reference, Resource } from '../../fhir/resource.ts';
import { FRANCE } from '../../fhir/date.ts';
import { parseSearch } from '../../fhir/search/parse.ts';
import { type Agenda, compileAgenda } from '../../scheduling/agenda.ts';
import { closures } from '../../scheduling/availability.ts';
import type { Interval } from '../../scheduling/interval.ts';
import { slotId } from '../../scheduling/slot-id.ts';
import { DAY } from '../../scheduling/zone.ts';
import { AgendaReader, type AgendaRow, type TakenTime } from '../../store/resources/agenda-reader.ts';
import type { CalendarLink } from '../../store/records/calendar-links.ts';
import { ResourceReader } from '../../store/resources/resource-reader.ts';
import type { Database } from '../../store/engine/database.ts';
import { appointmentEvent, isGone, nameOf, neutralSummary, placeText } from './appointment-event.ts';
import { PRODUCT } from './availability-in.ts';
import { availabilityComponents, utcText } from './availability-out.ts';
import { type Component, component, type Property, property, writeCalendar } from './content-line.ts';
import { zoneComponent } from './zone-rules.ts';

const BACK = 30 * DAY;
const AHEAD = 365 * DAY;
const FREE_BUSY = 60 * DAY;
const MAX_APPOINTMENTS = 5000;

interface Owned {
  row: AgendaRow;
  agenda: Agenda;
  schedule: Resource;
}

export class CalendarFeeds {
  private readonly reader: ResourceReader;
  private readonly agendas: AgendaReader;
  private readonly defaultDurationMs: number;

  constructor(database: Database, defaultDurationMs: number) {
    this.reader = new ResourceReader(database);
    this.agendas = new AgendaReader(database);
    this.defaultDurationMs = defaultDurationMs;
  }

  /** `undefined` when the resource is gone. */
  async of({ type, id, names }: CalendarLink, now: number): Promise<{ text: string; etag: string } | undefined> {
    const [stored] = await this.reader.readReferences([`${type}/${id}`]);
    if (stored === undefined) return undefined;
    const subject = parseJson(stored.body!) as Resource;
    const rows =
      type === 'Schedule'
        ? await this.agendas.rows([id])
        : type === 'Patient'
          ? []
          : await this.agendas.ofActors([`${type}/${id}`]);
    const owned = await this.load(rows);
    // Whole days, so that the calendar does not change with the minute.
    const today = Math.floor(now / DAY) * DAY;
    const appointments = await this.appointments(subject, owned, { start: today - BACK, end: today + AHEAD }, now);
    const zone = owned[0]?.agenda.zone ?? FRANCE;
    const busy = await this.agendas.taken(
      owned.map((one) => `Schedule/${one.row.schedule}`),
      { start: today, end: today + FREE_BUSY },
      now,
    );
    const parts = [
      ...(await this.events(appointments, subject, owned, names)),
      ...owned.map((one) =>
        freeBusy(
          one,
          busy.filter((time) => time.schedule === one.row.schedule),
          { start: today, end: today + FREE_BUSY },
        ),
      ),
      ...owned.flatMap((one) =>
        availabilityComponents(
          one.agenda,
          one.schedule.meta?.lastUpdated ?? new Date(today).toISOString(),
          one.row.version - 1,
        ),
      ),
    ];
    const zones = [...new Set([zone, ...owned.map((one) => one.agenda.zone)])];
    const text = writeCalendar(
      component('vcalendar', heading(type), [...zones.map((zone) => zoneComponent(zone, today - BACK)), ...parts]),
    );
    return { text, etag: `"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"` };
  }

  private async load(rows: readonly AgendaRow[]): Promise<Owned[]> {
    const bodies = new Map(
      (await this.agendas.schedules(rows.map((row) => row.schedule))).map((schedule) => [schedule.id, schedule.body]),
    );
    return rows.flatMap((row) => {
      const body = bodies.get(row.schedule);
      if (body === undefined) return [];
      const schedule = parseJson(body) as Resource;
      return [
        {
          row,
          schedule,
          agenda: compileAgenda(schedule, {
            ...(JSON.parse(row.context) as object),
            defaultDurationMs: this.defaultDurationMs,
          }),
        },
      ];
    });
  }

  private async appointments(
    subject: Resource,
    owned: readonly Owned[],
    window: Interval,
    now: number,
  ): Promise<Resource[]> {
    const own = `${subject.resourceType}/${subject.id}`;
    const actors = subject.resourceType === 'Schedule' ? actorsOf(subject) : [own];
    const day = (instant: number): string => new Date(instant).toISOString().slice(0, 10);
    const query = `actor=${encodeURIComponent(actors.join(','))}&date=ge${day(window.start)}&date=le${day(window.end)}&_sort=date`;
    const { criteria, sort } = parseSearch('Appointment', query);
    const found =
      actors.length === 0
        ? []
        : (await this.reader.search('Appointment', criteria, { count: MAX_APPOINTMENTS, sort, total: false })).rows;
    const taken = await this.agendas.taken(
      owned.map((one) => `Schedule/${one.row.schedule}`),
      window,
      now,
    );
    const holding = new Set(taken.map((one) => one.appointment));
    const known = new Set(found.map((found) => found.id));
    const others = await this.reader.readReferences(
      [...holding].filter((one) => !known.has(one)).map((one) => `Appointment/${one}`),
    );
    const all = [...found, ...others].map((found) => parseJson(found.body!) as Resource);
    const concerned =
      subject.resourceType === 'Schedule'
        ? all.filter((one) => holding.has(one.id!) || (isGone(one) && isOf(one, owned[0]!)))
        : all;
    return concerned
      .filter((one) => one['status'] !== 'entered-in-error')
      .sort((a, b) => (String(a['start']) + a.id < String(b['start']) + b.id ? -1 : 1));
  }

  private async events(
    appointments: readonly Resource[],
    subject: Resource,
    owned: readonly Owned[],
    names: boolean,
  ): Promise<Component[]> {
    const references = appointments.flatMap(participantsOf).flatMap(({ actor }) => localTarget(actor) ?? []);
    const read = new Map(
      (await this.reader.readReferences(references)).map((reference) => [
        `${reference.type}/${reference.id}`,
        parseJson(reference.body!) as Resource,
      ]),
    );
    const isPatient = subject.resourceType === 'Patient';
    return appointments.flatMap((appointment) => {
      const people = participantsOf(appointment).flatMap(({ actor }) => read.get(localTarget(actor) ?? '') ?? []);
      const place = people.find((part) => part.resourceType === 'Location');
      const wanted = people.filter((part) =>
        (isPatient ? /^Practitioner$/ : /^(Patient|RelatedPerson)$/).test(part.resourceType),
      );
      const who = names ? wanted.map(nameOf).filter(Boolean).join(', ') : '';
      const zone = owned.find((own) => isOf(appointment, own))?.agenda.zone ?? owned[0]?.agenda.zone ?? FRANCE;
      const event = appointmentEvent(appointment, {
        zone,
        summary: who === '' ? neutralSummary(appointment) : `${neutralSummary(appointment)} – ${who}`,
        location: place && placeText(place),
        // What was written about the appointment may be about the patient.
        description: names
          ? [appointment['description'], appointment['comment']].filter(Boolean).join('\n') || undefined
          : undefined,
      });
      return event ?? [];
    });
  }
}

function participantsOf(appointment: Resource): Json[] {
  return (appointment['participant'] as Json[] | undefined) ?? [];
}

function actorsOf(schedule: Resource): string[] {
  return ((schedule['actor'] as Reference[] | undefined) ?? []).flatMap((actor) => localTarget(actor) ?? []);
}

/** Does a slot of the appointment name this agenda, or does none name any? */
function isOf(appointment: Resource, { row }: Owned): boolean {
  const slots = (appointment['slot'] as Reference[] | undefined) ?? [];
  const prefix = slotId({ agenda: row.code, start: 0, durationMs: 0 }).split('.')[0];
  return slots.length === 0 || slots.some((slot) => localId(slot, 'Slot')?.startsWith(`${prefix}.`));
}

/** No METHOD: it would make a message of it, which wants an ORGANIZER (RFC 5546 3.2.1), and a feed is none. */
function heading(type: string): Property[] {
  return [
    property('version', 'text', '2.0'),
    property('prodid', 'text', PRODUCT),
    property('calscale', 'text', 'GREGORIAN'),
    property('x-wr-calname', 'unknown', type === 'Patient' ? 'Mes rendez-vous' : 'Agenda'),
    property('refresh-interval', 'duration', 'PT15M'),
    property('x-published-ttl', 'unknown', 'PT15M'),
  ];
}

/** Times that are taken or closed; nothing of who and why. */
function freeBusy({ row, agenda, schedule }: Owned, busy: readonly TakenTime[], window: Interval): Component {
  const period = ({ start, end }: Interval): [string, string] => [utcText(start), utcText(end)];
  const lists: [string, Interval[]][] = [
    ['BUSY', busy.filter((one) => !one.tentative)],
    ['BUSY-TENTATIVE', busy.filter((one) => one.tentative)],
    ['BUSY-UNAVAILABLE', closures(agenda, window)],
  ];
  return component('vfreebusy', [
    property('uid', 'text', `${row.schedule}-freebusy@creneau`),
    property('dtstamp', 'date-time', utcText(Date.parse(schedule.meta?.lastUpdated ?? '') || window.start)),
    property('dtstart', 'date-time', utcText(window.start)),
    property('dtend', 'date-time', utcText(window.end)),
    // A line for each: a list of periods makes widely used readers (icalendar 4 of Python) refuse the whole calendar.
    ...lists.flatMap(([type, list]) =>
      [...list]
        .sort((a, b) => a.start - b.start)
        .map((one) => property('freebusy', 'period', [period(one)], { fbtype: type })),
    ),
  ]);
}
