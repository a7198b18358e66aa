/**
 * Secretaries and managers of a practice who asked to be told when a closure lands on patients: each hears of the
 * agendas that he or she manages at that moment, at the address of the login.
 */
import { withAgreement } from '../../fhir/french/agreement.ts';
import type { Context, Identity } from '../../fhir/interaction.ts';
import { parseJson } from '../../fhir/json.ts';
import type { Resource } from '../../fhir/resource.ts';
import { type AuthorContext, withdrawnRight } from '../../server/authors.ts';
import type { Database } from '../../store/engine/database.ts';
import { type ClosureWatch, ClosureWatches } from '../../store/records/closure-watch.ts';
import { Unit } from '../../store/write/unit.ts';
import { sendClosure } from './closure-notices.ts';
import type { ClosureNotice, Notice } from './notice.ts';

const WATCHER = 'watcher/';

export function isWatcher(person: string): boolean {
  return person.startsWith(WATCHER);
}

/** Ids of the Schedules that a person manages. */
export type OwnAgendas = (context: Context) => Promise<readonly string[]>;

export class ClosureWatchers {
  private readonly database: Database;
  private readonly watches: ClosureWatches;
  private readonly authorContext: AuthorContext;
  private readonly ownAgendas: OwnAgendas;

  constructor(database: Database, authorContext: AuthorContext, ownAgendas: OwnAgendas) {
    this.database = database;
    this.watches = new ClosureWatches(database);
    this.authorContext = authorContext;
    this.ownAgendas = ownAgendas;
  }

  /** Queues a notice to each of them who manages the agenda. Their rights are asked here, not while somebody waits. */
  async spread(notice: ClosureNotice & Notice, channel: string): Promise<void> {
    const unit = new Unit();
    let count = 0;
    for (const watch of await this.watches.all()) {
      if (!(await this.manages(watch, notice.schedule))) continue;
      sendClosure(unit, channel, { ...notice, person: WATCHER + watch.id });
      count++;
    }
    if (count > 0) await unit.commit(this.database);
  }

  /** Somebody who asked for it and still manages the agenda, with the address to write to; else `undefined`. */
  async find({ person, schedule }: ClosureNotice): Promise<Resource | undefined> {
    const watch = await this.watches.find(person.slice(WATCHER.length));
    if (watch === undefined || !(await this.manages(watch, schedule))) return undefined;
    return { ...agreeing(watch.email), id: watch.id };
  }

  private async manages(watch: ClosureWatch, schedule: string): Promise<boolean> {
    const identity = parseJson(watch.identity) as Identity;
    let isOwn = false;
    // Of who has no rights at all any more, the agenda is not one.
    await withdrawnRight(
      this.authorContext,
      { caller: identity.name, identity },
      { method: 'POST', path: '/fhir/$closure-mail' },
      async (context) => {
        isOwn = (await this.ownAgendas(context)).includes(schedule);
      },
    );
    return isOwn;
  }
}

/** The type that links for leaving name. */
export const WATCHER_TYPE = 'ClosureWatch';

/** Somebody who agreed to notices at this address, as channels look at people. */
export function agreeing(email: string): Resource {
  return { resourceType: WATCHER_TYPE, telecom: [withAgreement({ system: 'email', value: email }, 'agreed')] };
}
