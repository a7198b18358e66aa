/**
 * Two servers that keep the same agendas, by the flows of GAP alone: one manages them, the other shows them, books on
 * them, and keeps those that are delegated to it. A round reads both and copies the changes; it may be stopped and
 * begun again at any moment. ADR 0032
 */
import { actorsOf } from '../../fhir/actors.ts';
import type { Resource } from '../../fhir/resource.ts';
import { asType } from '../../fhir/resources.ts';
import { type MirrorParts, copyAgendas } from './agendas.ts';
import { copyAppointments } from './appointments.ts';
import { copyResources, type Way } from './resources.ts';
import { referenceOf, type Side } from './side.ts';
import type { Steps } from './steps.ts';

export interface MirrorOptions {
  manager: Side;
  other: Side;
  steps: Steps;
  /** Name of the mirror at the manager, where agendas are delegated to it. */
  delegate: string | undefined;
  /** Ids of the manager's Schedules; empty: all that it keeps itself. */
  agendas: readonly string[];
  /** Epoch milliseconds. */
  now: () => number;
  tell: (line: string) => void;
}

const DAY_MS = 86_400_000;
/** References of one search: addresses have a limit. */
const MAX_ACTORS = 40;
/** Requests may have no time, and so no date. */
const UNTIMED = 'status=proposed,pending,waitlist';

export class Mirror {
  private readonly options: MirrorOptions;
  private readonly parts: MirrorParts;

  constructor(options: MirrorOptions) {
    const { manager, other, steps, delegate, tell } = options;
    const [there, back] = [new Map<string, string>(), new Map<string, string>()];
    const down: Way = { from: manager, to: other, there, back, name: 'down' };
    const up: Way = { from: other, to: manager, there: back, back: there, name: 'up' };
    this.options = options;
    this.parts = { down, up, steps, delegate, tell };
  }

  /** Throws what another attempt may mend: a server that does not answer. */
  async round(): Promise<void> {
    const { parts } = this;
    const { manager, other, steps, tell } = this.options;
    try {
      const resources = await this.agendas();
      const agendas = resources.filter((resource) => this.isMirrored(resource));
      await copyResources(parts.down, resources, steps, tell);
      await copyAgendas(parts, agendas);
      const actors = [...new Set(agendas.flatMap((agenda) => actorsOf(asType(agenda, 'Schedule')!)))];
      const copied = actors.flatMap((actor) => parts.down.there.get(actor) ?? []);
      const found = { manager: await this.visits(manager, actors), other: await this.visits(other, copied) };
      await copyResources(parts.down, found.manager, steps, tell);
      await copyResources(parts.up, found.other, steps, tell);
      const visitsOf = (all: readonly Resource[]) => all.flatMap((resource) => asType(resource, 'Appointment') ?? []);
      await copyAppointments(parts, { manager: visitsOf(found.manager), other: visitsOf(found.other) });
    } catch (error) {
      // A copy may have been deleted: look for each again.
      parts.down.there.clear();
      parts.down.back.clear();
      throw error;
    } finally {
      steps.save();
    }
  }

  /** The manager's agendas with everybody and everything that they name. */
  private agendas(): Promise<Resource[]> {
    const { manager, agendas } = this.options;
    const includes = [
      '_include=Schedule:actor',
      ...['practitioner', 'location', 'organization', 'service'].map(
        (name) => `_include:iterate=PractitionerRole:${name}`,
      ),
      '_include:iterate=HealthcareService:organization',
      '_include:iterate=Location:organization',
    ].join('&');
    return manager.search('Schedule', `${agendas.length > 0 ? `_id=${agendas.join(',')}` : 'active=true'}&${includes}`);
  }

  /** Copies of the other server's own agendas are not mirrored back. */
  private isMirrored(resource: Resource): boolean {
    return resource.resourceType === 'Schedule' && this.options.other.originalOf(resource) === undefined;
  }

  /** The appointments to come of these actors, and the requests without time, with the people who take part. */
  private async visits(side: Side, actors: readonly string[]): Promise<Resource[]> {
    const since = new Date(this.options.now() - DAY_MS).toISOString().slice(0, 10);
    const found = new Map<string, Resource>();
    for (let from = 0; from < actors.length; from += MAX_ACTORS) {
      const who = `actor=${actors.slice(from, from + MAX_ACTORS).join(',')}`;
      const people = '_include=Appointment:actor&_include:iterate=RelatedPerson:patient';
      for (const when of [`date=ge${since}`, UNTIMED])
        for (const resource of await side.search('Appointment', `${who}&${when}&${people}`))
          if (/^(Appointment|Patient|RelatedPerson)$/.test(resource.resourceType))
            found.set(referenceOf(resource), resource);
    }
    return [...found.values()];
  }
}
