/**
 * Keeps a server that is asked for too much from failing everybody: each caller has a rate of its own, weighted by
 * cost; while the process itself is too late, or the database, requests are turned away at once; wrong credentials are
 * slowed down. The routes of health and metrics always answer.
 * https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { FhirError } from '../fhir/issue.ts';
import { Overloaded } from '../fhir/refusals.ts';
import type { Log } from '../runtime/log.ts';
import type { Siblings } from '../runtime/siblings.ts';
import { type Caller, EVERYBODY, NOBODY } from './callers.ts';
import { keyOf } from './in-flight.ts';

export interface OverloadSettings {
  /** Points that a program, and a person, may spend in a second. */
  programRate: number;
  personRate: number;
  /** The event loop of a process that computes may be so late, and a request may wait so long for a connection. */
  maxDelayMs: number;
  /** How long the request that has waited longest for a connection to the database has waited, in ms. */
  databaseWaitMs: () => number;
}

/** A caller that was quiet may spend the points of so many seconds at once. */
const BURST_SECONDS = 10;
const SAMPLE_MS = 250;
/** How often the processes of one server tell each other what callers have spent. */
const SHARE_MS = 50;
/** A process that computes less than this share of the time is late because others have the processor. */
const BUSY_SHARE = 0.8;
const MAX_CALLERS = 10_000;
/** Wrong credentials of one address within a minute that cost nothing. */
const FREE_FAILURES = 10;
const MAX_PAUSE_MS = 2_000;
const MINUTE = 60_000;

/** Points of a request: what it may cost, before anything of it is read. */
export function costOf(method: string, path: string): number {
  if (path.endsWith('/$validate') || path.endsWith('/$export')) return 20;
  if (method === 'POST' && /^\/(fhir|sas)\/?$/.test(path)) return 20;
  if (method !== 'GET' && method !== 'HEAD') return 5;
  // `/fhir/Patient` and `/fhir/Patient/_search` search, `/fhir/Patient/1` reads.
  return path.split('/').length <= 3 || path.includes('$') || path.endsWith('/_search') ? 3 : 1;
}

interface Allowance {
  points: number;
  at: number;
}

export class Overload {
  private readonly settings: OverloadSettings;
  private readonly log: Log;
  private readonly callers = new LRUCache<string, Allowance>({ max: MAX_CALLERS });
  private readonly failures = new LRUCache<string, { count: number; since: number }>({ max: MAX_CALLERS });
  private readonly timer: NodeJS.Timeout;
  private sharing: NodeJS.Timeout | undefined;
  /** Points that callers spent here, and wrong credentials by address, since the siblings were told. */
  private untold: { spent: Record<string, number>; failed: Record<string, number> } = { spent: {}, failed: {} };
  private sampledAt = performance.now();
  private cpu = process.cpuUsage();
  private wasLate = false;
  private isLate = false;

  constructor(settings: OverloadSettings, log: Log, siblings?: Siblings) {
    this.settings = settings;
    this.log = log;
    this.timer = setInterval(() => this.sample(), SAMPLE_MS);
    this.timer.unref();
    if (siblings !== undefined) this.shareWith(siblings);
  }

  close(): void {
    clearInterval(this.timer);
    clearInterval(this.sharing);
  }

  /** Throws `transient` (503) while the process or the database is too late, with `Retry-After`. */
  requireInTime(reply: FastifyReply): void {
    const isDatabaseLate = this.settings.databaseWaitMs() > this.settings.maxDelayMs;
    if (!this.isLate && !isDatabaseLate) return;
    reply.header('Retry-After', '2');
    throw new Overloaded(`The ${isDatabaseLate ? 'database' : 'server'} has too much to do at the moment`);
  }

  /** Throws `throttled` (429) for a caller that has spent its rate, with `RateLimit` and `Retry-After`. */
  spend(caller: Caller, cost: number, reply: FastifyReply): void {
    if (caller === EVERYBODY || caller === NOBODY) return;
    const name = keyOf(caller);
    const rate = this.rateOf(name);
    const points = this.take(name, cost);
    if (points >= 0) this.share(name, cost);
    reply.header('RateLimit', `"points";r=${Math.max(0, Math.floor(points))};t=${BURST_SECONDS}`);
    if (points >= 0) return;
    reply.header('Retry-After', String(Math.max(1, Math.ceil(-points / rate))));
    throw new FhirError('throttled', `This caller has spent its rate of ${rate} points a second`, {
      text: 'Trop de demandes en peu de temps : réessayez dans un instant.',
    });
  }

  /** Counts what a request turned out to be besides: it is done, and those that come after it wait. */
  charge(caller: Caller, cost: number): void {
    if (caller === EVERYBODY || caller === NOBODY) return;
    const name = keyOf(caller);
    this.callers.set(name, { points: this.pointsOf(name) - cost, at: performance.now() });
    this.share(name, cost);
  }

  /** Somebody showed wrong credentials: logs it, and waits longer each time. */
  async refused(request: FastifyRequest, reason: string): Promise<void> {
    const count = this.fail(request.ip, 1);
    if (this.sharing !== undefined) this.untold.failed[request.ip] = (this.untold.failed[request.ip] ?? 0) + 1;
    const path = (request.raw.url ?? '').split('?')[0]!;
    this.log.info(
      { event: 'authentication-refused', address: request.ip, path, reason, requestId: request.id, count },
      'credentials were refused',
    );
    await sleep(Math.min(Math.max(0, count - FREE_FAILURES) * 100, MAX_PAUSE_MS));
  }

  private rateOf(name: string): number {
    return name.startsWith('program ') ? this.settings.programRate : this.settings.personRate;
  }

  /** The points that are left; below zero: there were not enough. */
  private take(name: string, cost: number): number {
    const present = this.pointsOf(name);
    const points = present - cost;
    // A refused request costs nothing; a debt stays.
    this.callers.set(name, { points: Math.max(points, Math.min(present, 0)), at: performance.now() });
    return points;
  }

  /** The points that a caller may spend now. */
  private pointsOf(name: string): number {
    const rate = this.rateOf(name);
    const most = rate * BURST_SECONDS;
    const now = performance.now();
    const known = this.callers.get(name) ?? { points: most, at: now };
    return Math.min(most, known.points + ((now - known.at) / 1000) * rate);
  }

  private share(name: string, cost: number): void {
    if (this.sharing !== undefined) this.untold.spent[name] = (this.untold.spent[name] ?? 0) + cost;
  }

  /** The wrong credentials of this address within the minute. */
  private fail(address: string, more: number): number {
    const now = performance.now();
    const known = this.failures.get(address);
    const { count, since } = known === undefined || now - known.since > MINUTE ? { count: 0, since: now } : known;
    this.failures.set(address, { count: count + more, since });
    return count + more;
  }

  /** The processes of one server share what callers have spent: nobody gets more for using several connections. */
  private shareWith(siblings: Siblings): void {
    siblings.on('overload', (data) => {
      const { spent, failed } = data as typeof this.untold;
      for (const [name, cost] of Object.entries(spent))
        this.callers.set(name, { points: this.pointsOf(name) - cost, at: performance.now() });
      for (const [address, count] of Object.entries(failed)) this.fail(address, count);
    });
    this.sharing = setInterval(() => {
      const { spent, failed } = this.untold;
      if (Object.keys(spent).length + Object.keys(failed).length === 0) return;
      siblings.tell('overload', this.untold);
      this.untold = { spent: {}, failed: {} };
    }, SHARE_MS);
    this.sharing.unref();
  }

  /**
   * Late and busy twice in a row: the requests that wait are more than the process can answer. One long request alone
   * makes one late sample; those who wait behind it are answered when it ends.
   */
  private sample(): void {
    const now = performance.now();
    const elapsed = now - this.sampledAt;
    const { user, system } = process.cpuUsage(this.cpu);
    const late = elapsed - SAMPLE_MS > this.settings.maxDelayMs && (user + system) / 1000 > elapsed * BUSY_SHARE;
    this.isLate = late && this.wasLate;
    this.wasLate = late;
    if (this.isLate) this.log.warn({ delayMs: Math.round(elapsed - SAMPLE_MS) }, 'too late: requests are turned away');
    this.sampledAt = now;
    this.cpu = process.cpuUsage();
  }
}
