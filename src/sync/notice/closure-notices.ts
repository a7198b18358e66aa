/**
 * Notices to the people of an agenda about a closure that an imported calendar has laid over booked appointments: they
 * name times, not patients. The appointments are kept; somebody has to call.
 */
import { createHash } from 'node:crypto';
import { actorsOf } from '../../fhir/actors.ts';
import { FRANCE } from '../../fhir/date.ts';
import { readTimezone } from '../../fhir/french/fr-extensions.ts';
import { localTarget } from '../../fhir/local-reference.ts';
import { parseResource } from '../../fhir/json.ts';
import type { Resource } from '../../fhir/resource.ts';
import { asType, type Schedule } from '../../fhir/resources.ts';
import { frenchTime } from '../../scheduling/french-time.ts';
import type { Author } from '../../server/authors.ts';
import type { Database } from '../../store/engine/database.ts';
import { AgendaReader } from '../../store/resources/agenda-reader.ts';
import { readResources } from '../../store/resources/read-resources.ts';
import { ResourceReader } from '../../store/resources/resource-reader.ts';
import { Unit } from '../../store/write/unit.ts';
import type { ClosureNotice, Letter, Notice, NoticeChannel } from './notice.ts';

/** Nobody reads a longer list; the agenda shows all of them. */
const MAX_TIMES = 30;

/** The `person` of a notice that is still to be spread among those who asked for it. */
export const WATCHERS = 'watchers';

/** Queues the notices. */
export class ClosureNotices {
  private readonly database: Database;
  private readonly reader: ResourceReader;
  private readonly channels: readonly Pick<NoticeChannel, 'name' | 'addressOf'>[];

  constructor(database: Database, channels: readonly Pick<NoticeChannel, 'name' | 'addressOf'>[]) {
    this.database = database;
    this.reader = new ResourceReader(database);
    this.channels = channels;
  }

  /** `author`: whose calendar closed the agenda. */
  async queue(author: Author, schedule: Schedule, appointments: readonly string[]): Promise<void> {
    if (appointments.length === 0 || this.channels.length === 0) return;
    const unit = new Unit();
    const about = { kind: 'closure' as const, schedule: schedule.id!, appointments, author };
    for (const person of await this.people(schedule)) {
      const reference = `${person.resourceType}/${person.id}`;
      for (const channel of this.channels.filter((candidate) => candidate.addressOf(person) !== undefined)) {
        sendClosure(unit, channel.name, { ...about, person: reference });
      }
    }
    for (const channel of this.channels) sendClosure(unit, channel.name, { ...about, person: WATCHERS });
    await unit.commit(this.database);
  }

  /** Practitioners of the agenda, by themselves or by their roles. */
  private async people(schedule: Schedule): Promise<Resource[]> {
    const named = actorsOf(schedule).filter((reference) => /^Practitioner(Role)?\//.test(reference));
    const found = await readResources(this.reader, named);
    const behind = found.flatMap((role) => localTarget(asType(role, 'PractitionerRole')?.practitioner) ?? []);
    const all = [...found, ...(await readResources(this.reader, behind))];
    return [...new Map(all.map((person) => [`${person.resourceType}/${person.id}`, person])).values()];
  }
}

export function sendClosure(unit: Unit, channel: string, notice: ClosureNotice & Notice): void {
  unit.send({
    destination: channel,
    orderingKey: `${notice.schedule} ${notice.person}`,
    payload: JSON.stringify(notice),
  });
}

/** Writes them, from what holds when they are delivered. */
export class ClosureLetters {
  private readonly reader: ResourceReader;
  private readonly agendas: AgendaReader;
  private readonly now: () => number;

  constructor(database: Database, now: () => number) {
    this.reader = new ResourceReader(database);
    this.agendas = new AgendaReader(database);
    this.now = now;
  }

  /** Nothing is left to say when the appointments were moved, cancelled or are over. */
  async letter({ schedule, person, appointments }: ClosureNotice): Promise<Letter | undefined> {
    const references = appointments.map((id) => `Appointment/${id}`);
    const left = (await this.reader.readReferences(references))
      .map(({ body }) => parseResource('Appointment', body!))
      .filter((appointment) => ['booked', 'pending', 'proposed'].includes(appointment.status))
      .map((appointment) => Date.parse(appointment.start ?? ''))
      .filter((start) => start > this.now())
      .sort((a, b) => a - b);
    if (left.length === 0) return undefined;
    const digest = createHash('sha256')
      .update(JSON.stringify([...appointments].sort()))
      .digest('hex')
      .slice(0, 32);
    const key = `closure ${schedule} ${person} ${digest}`;
    const { zone, name } = await this.agenda(schedule);
    const more = left.length - MAX_TIMES;
    return {
      key,
      write: async (to, leave) => ({
        ...{ key, to, leave, subject: `Fermeture sur ${left.length} rendez-vous` },
        opening: 'une fermeture de l’agenda, reprise d’un calendrier, tombe sur ces rendez-vous, qui sont conservés :',
        facts: [
          ...(name === undefined ? [] : [`Agenda : ${name}`]),
          ...left.slice(0, MAX_TIMES).map((start) => frenchTime(start, zone)),
          ...(more > 0 ? [`et ${more} autres`] : []),
        ],
      }),
    };
  }

  /** Its clock, and the name that the practice gave it. */
  private async agenda(schedule: string): Promise<{ zone: string; name: string | undefined }> {
    const [row] = await this.agendas.rows([schedule]);
    const [stored] = await this.agendas.schedules([schedule]);
    const body = stored && parseResource('Schedule', stored.body);
    const zone = body && readTimezone(body);
    const placeZone = row && (JSON.parse(row.context) as { placeZone?: string }).placeZone;
    return { zone: zone ?? placeZone ?? FRANCE, name: body?.comment };
  }
}
