/**
 * Calendars elsewhere that agendas follow, read politely: only when they have changed (ETag, Last-Modified), not more
 * often than asked, and more and more rarely while they fail. A calendar that cannot be read changes nothing.
 */
import type { Context } from '../../../fhir/interaction.ts';
import { FhirError, issue } from '../../../fhir/issue.ts';
import type { Resource } from '../../../fhir/resource.ts';
import type { Log } from '../../../runtime/log.ts';
import { DAY } from '../../../scheduling/zone.ts';
import { type Author, type AuthorContext, authorOf } from '../../../server/authors.ts';
import type { CalendarSource, CalendarSources } from '../../../store/records/calendar-sources.ts';
import { OutboundHttp, requirePublicAddress } from '../../outbound-http.ts';
import { DEVICES, SENT, sourceKey } from '../in/source-tag.ts';
import type { CalendarImport, ImportResult } from './calendar-import.ts';

const TIMEOUT_MS = 20_000;
const POLL_MS = 30_000;
const AT_ONCE = 4;
/** After each failure the wait doubles, up to a day. */
const MAX_WAIT_MINUTES = 1440;

export interface FollowerOptions {
  calendars: CalendarImport;
  authorContext: AuthorContext;
  /** Sees each agenda as it is about to be stored, as with the writes of callers; throws to refuse it. */
  validate: (resource: Resource) => void;
  sources: CalendarSources;
  allowPrivate: boolean;
  maxBytes: number;
  now: () => number;
  log: Log;
}

export class CalendarFollower {
  private readonly options: FollowerOptions;
  private readonly outbound: OutboundHttp;
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;

  constructor(options: FollowerOptions) {
    this.options = options;
    this.outbound = new OutboundHttp(options.allowPrivate);
  }

  /** Looks for due calendars from now on. */
  start(): void {
    this.timer = setInterval(() => void this.look(), POLL_MS);
    this.timer.unref();
  }

  /**
   * Reads the calendar once before it is followed: an address that leads nowhere is refused at once. One that is
   * followed already stays followed when it cannot be read now.
   */
  async follow(context: Context, schedule: string, url: string, everyMinutes: number): Promise<ImportResult> {
    const { sources, allowPrivate } = this.options;
    await requirePublicAddress(url, allowPrivate, 'url');
    const known = await sources.find(schedule, url);
    await sources.follow(schedule, url, everyMinutes, JSON.stringify(authorOf(context)));
    const source = (await sources.find(schedule, url))!;
    const result = await this.read(context, { ...source, etag: undefined, modified: undefined });
    if (typeof result !== 'string') return result;
    if (known !== undefined) return { issues: [stillFollowed(result)], horizon: known.horizon };
    await sources.leave(schedule, url);
    throw new FhirError('processing', `The calendar cannot be read: ${result}`, {
      expression: 'url',
      text: `Ce calendrier ne se lit pas : ${result}.`,
    });
  }

  /** The address of a source by its id (`$calendar-sources`), which is not a secret. */
  async addressOf(schedule: string, source: string | undefined): Promise<string | undefined> {
    if (source === undefined) return undefined;
    return (await this.options.sources.of(schedule)).find(({ url }) => sourceKey(url) === source)?.url;
  }

  stop(schedule: string, url: string): Promise<boolean> {
    return this.options.sources.leave(schedule, url);
  }

  /** Reads what is due; one look at a time. */
  look(): Promise<void> {
    this.looking ??= this.lookOnce().finally(() => {
      this.looking = undefined;
    });
    return this.looking;
  }

  private async lookOnce(): Promise<void> {
    const { sources, log } = this.options;
    try {
      for (let due = await sources.due(AT_ONCE); due.length > 0; due = await sources.due(AT_ONCE))
        await Promise.all(due.map((source) => this.readDue(source)));
    } catch (error) {
      log.warn({ error: (error as Error).message }, 'followed calendars could not be read');
    }
  }

  private async readDue(source: CalendarSource): Promise<void> {
    let context: Context;
    try {
      context = await this.contextOf(source);
    } catch (error) {
      await this.failed(source, error);
      return;
    }
    if (source.url === SENT || source.url === DEVICES) await this.roll(context, source);
    else
      await this.read(
        context,
        isShort(source, context.now) ? { ...source, etag: undefined, modified: undefined } : source,
      );
  }

  /** A reading has the rights that its author has now. Throws `forbidden` without them. */
  private async contextOf({ schedule, author }: CalendarSource): Promise<Context> {
    const { authorContext, validate } = this.options;
    if (author === undefined)
      throw new FhirError('forbidden', 'It is not known who follows this calendar: follow it again', {
        text: 'On ne sait pas qui suit ce calendrier : suivez-le de nouveau.',
      });
    const path = `/fhir/Schedule/${schedule}/$import-ical`;
    return { ...(await authorContext(JSON.parse(author) as Author, { method: 'POST', path })), validate };
  }

  /** Dates of sent files, and of events of devices, that have come within reach. */
  private async roll(context: Context, source: CalendarSource): Promise<void> {
    try {
      const { calendars } = this.options;
      if (source.url === SENT) await calendars.rollSent(context, source.schedule);
      else await calendars.readDevices(context, source.schedule);
    } catch (error) {
      await this.failed(source, error);
    }
  }

  /** The result, or why there is none. */
  private async read(context: Context, source: CalendarSource): Promise<ImportResult | string> {
    const { calendars, sources, maxBytes } = this.options;
    const { etag, modified, everyMinutes } = source;
    const answer = await this.outbound.get(source.url, { etag, modified, maxBytes }, TIMEOUT_MS);
    if ('failure' in answer) return this.failed(source, new Error(answer.failure));
    if (answer.unchanged) {
      await sources.unchanged(source, everyMinutes);
      return { issues: [unchanged()], horizon: source.horizon };
    }
    try {
      const result = await calendars.read(context, source, answer);
      const success = {
        ...{ etag: answer.etag, modified: answer.modified, horizon: result.horizon },
        issues: JSON.stringify(result.issues),
      };
      await sources.seen(source, {
        ...{ outcome: result.issues[0]!.diagnostics, waitMinutes: everyMinutes, failures: 0, success },
      });
      return result;
    } catch (error) {
      return this.failed(source, error);
    }
  }

  private async failed(source: CalendarSource, error: unknown): Promise<string> {
    const { sources, log } = this.options;
    // The agenda was deleted: nobody follows any more.
    if (error instanceof FhirError && (error.code === 'not-found' || error.code === 'deleted'))
      await sources.leave(source.schedule, source.url);
    const reason = (error as Error).message;
    // Nothing is wrong with the calendar: it is read at its next turn.
    const isOurs = error instanceof FhirError && ['throttled', 'transient'].includes(error.code);
    const failures = source.failures + (isOurs ? 0 : 1);
    const waitMinutes = Math.min(
      source.everyMinutes * 2 ** Math.min(failures, 10),
      Math.max(MAX_WAIT_MINUTES, source.everyMinutes),
    );
    await sources.seen(source, { outcome: reason.slice(0, 300), waitMinutes, failures });
    log.warn(
      { schedule: source.schedule, failures, reason: reason.slice(0, 200) },
      'a followed calendar could not be read',
    );
    return reason;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
    await this.outbound.close();
  }
}

/** Dates beyond the horizon are written as time goes by: once a day the calendar is read even if it has not changed. */
function isShort({ horizon, readAt }: CalendarSource, now: number): boolean {
  return horizon !== undefined && now - (readAt ?? 0) > DAY;
}

function unchanged() {
  return issue('information', 'informational', 'The calendar has not changed', {
    text: "Le calendrier n'a pas changé.",
  });
}

function stillFollowed(reason: string) {
  return issue('warning', 'processing', `The calendar cannot be read now: ${reason}; it stays followed`, {
    expression: 'url',
    text: `Ce calendrier ne se lit pas pour l'instant : ${reason}. Il reste suivi.`,
  });
}
