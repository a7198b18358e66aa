/**
 * Calendars elsewhere that agendas follow, read politely: only when they have changed (ETag, Last-Modified), not more
 * often than asked, ever
 * more rarely while they fail; the same rule of addresses as for subscriptions, no redirect, a deadline, a limit of
 * size.
 */
import type { Context } from '../../fhir/interaction.ts';
import { FhirError, issue } from '../../fhir/issue.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { Log } from '../../runtime/log.ts';
import type { CalendarSource, CalendarSources } from '../../store/records/calendar-links.ts';
import { OutboundHttp, requirePublicAddress } from '../outbound-http.ts';
import type { CalendarImport, Following, ImportResult } from './import-operation.ts';

const DEADLINE = 20_000;
const POLL_EVERY = 30_000;
const AT_ONCE = 4;
/** A calendar that fails is asked after twice the time, four times... a day at most. */
const MAX_WAIT = 1440;

export interface FollowerOptions {
  calendars: CalendarImport;
  /** Sees each agenda as it is about to be stored, as with the writes of callers; throws to refuse it. */
  validate: (resource: Resource) => void;
  sources: CalendarSources;
  allowPrivate: boolean;
  maxBytes: number;
  now: () => number;
  log: Log;
}

export class CalendarFollower implements Following {
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
    this.timer = setInterval(() => void this.look(), POLL_EVERY);
    this.timer.unref();
  }

  /** Reads it once before it is followed: an address that leads nowhere is refused at once. */
  async follow(context: Context, schedule: string, url: string, everyMinutes: number): Promise<ImportResult> {
    await requirePublicAddress(url, this.options.allowPrivate, 'url');
    await this.options.sources.follow(schedule, url, everyMinutes);
    const source = (await this.options.sources.find(schedule, url))!;
    const result = await this.read(context, { ...source, etag: undefined, modified: undefined });
    if (typeof result !== 'string') return result;
    await this.options.sources.leave(schedule, url);
    throw new FhirError('processing', `The calendar cannot be read: ${result}`, {
      expression: 'url',
      text: `Ce calendrier ne se lit pas : ${result}.`,
    });
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
    const { sources, log, now, validate } = this.options;
    try {
      for (let due = await sources.due(AT_ONCE); due.length > 0; due = await sources.due(AT_ONCE)) {
        await Promise.all(
          due.map((one) =>
            this.read(
              {
                now: now(),
                requestId: 'calendar',
                caller: 'calendrier suivi',
                roles: ['*'],
                strict: false,
                base: '',
                validate,
              },
              one,
            ),
          ),
        );
      }
    } catch (error) {
      log.warn({ error: (error as Error).message }, 'calendars could not be looked at');
    }
  }

  /** What was read, or why not. */
  private async read(context: Context, source: CalendarSource): Promise<ImportResult | string> {
    const { calendars, sources, maxBytes, log } = this.options;
    const answer = await this.outbound.get(
      source.url,
      { etag: source.etag, modified: source.modified, maxBytes },
      DEADLINE,
    );
    let failure = 'failure' in answer ? answer.failure : undefined;
    if (!('failure' in answer)) {
      try {
        const { unchanged, etag, modified, text } = answer;
        const result = unchanged
          ? {
              uids: source.uids,
              issues: [
                issue('information', 'informational', 'The calendar has not changed', {
                  text: "Le calendrier n'a pas changé.",
                }),
              ],
            }
          : await calendars.read(context, source.schedule, text, source.uids);
        await sources.seen(
          { ...source, etag, modified, uids: result.uids },
          unchanged ? 'unchanged' : result.issues[0]!.diagnostics,
          source.everyMinutes,
          0,
        );
        return result;
      } catch (error) {
        // The agenda is gone: nobody follows any more.
        if (error instanceof FhirError && (error.code === 'not-found' || error.code === 'deleted'))
          await sources.leave(source.schedule, source.url);
        failure = (error as Error).message;
      }
    }
    const failures = source.failures + 1;
    await sources.seen(
      source,
      failure!.slice(0, 300),
      Math.min(source.everyMinutes * 2 ** Math.min(failures, 10), Math.max(MAX_WAIT, source.everyMinutes)),
      failures,
    );
    log.warn(
      { schedule: source.schedule, failures, reason: failure!.slice(0, 200) },
      'a followed calendar was not read',
    );
    return failure!;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
    await this.outbound.close();
  }
}
