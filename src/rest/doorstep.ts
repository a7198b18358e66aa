/**
 * Everything that is asked of a request before its route: the right host and site, a process that is in time, a caller,
 * a rate that is not spent, and not too much under way.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { FhirError } from '../fhir/issue.ts';
import type { Log } from '../runtime/log.ts';
import type { Siblings } from '../runtime/siblings.ts';
import type { Admit, Caller } from './callers.ts';
import { checkFrontDoor, type FrontDoorSettings } from './front-door.ts';
import type { Meter } from './exchange.ts';
import { InFlight, type InFlightSettings } from './in-flight.ts';
import { costOf, Overload, type OverloadSettings } from './overload.ts';
import { rankOf, type Turns } from './turns.ts';

export interface DoorstepOptions {
  log: Log;
  /** Rates of callers, and how late the process may be. */
  overload: OverloadSettings & InFlightSettings;
  /** How many requests are worked on at once. */
  turns: Turns;
  /** The other processes of this server: a caller's rate is that of all of them. */
  siblings?: Siblings | undefined;
  /** Which hosts and origins are answered. */
  frontDoor: FrontDoorSettings;
  /** Asked before every path. */
  admit: Admit;
  /** Asked before that: the person whose session the request belongs to, if any. */
  person?: ((request: FastifyRequest) => Promise<Caller | undefined>) | undefined;
}

/** Requests that have waited too long are turned away so soon after. */
const EXPIRE_EVERY_MS = 100;
/** How often the log says how many were turned away. */
const TELL_EVERY_MS = 5_000;

export class Doorstep {
  private readonly options: DoorstepOptions;
  private readonly overload: Overload;
  private readonly inFlight: InFlight;
  private readonly timer: NodeJS.Timeout;
  private told = { total: 0, at: Number.NEGATIVE_INFINITY };
  /** Ends the turn of a request. */
  private readonly ends = new WeakMap<FastifyRequest, () => void>();

  constructor(options: DoorstepOptions) {
    this.options = options;
    this.overload = new Overload(options.overload, options.log, options.siblings);
    this.inFlight = new InFlight(options.overload);
    this.timer = setInterval(() => this.tick(), EXPIRE_EVERY_MS);
    this.timer.unref();
  }

  close(): void {
    this.overload.close();
    clearInterval(this.timer);
  }

  /** Throws the refusal: 421, 403, 503, 401 or 429. */
  async admit(request: FastifyRequest, reply: FastifyReply): Promise<Caller> {
    checkFrontDoor(request, this.options.frontDoor);
    const path = pathOf(request);
    const isMachine = isForMachines(path);
    if (!isMachine) {
      this.overload.requireInTime(reply);
      this.options.turns.requireRoom(rankOf(request.method, path));
    }
    const caller = (await this.options.person?.(request)) ?? (await this.program(request, reply));
    if (isMachine) return caller;
    const cost = costOf(request.method, path);
    this.overload.spend(caller, cost, reply);
    this.inFlight.enter(request, caller, cost, reply);
    return caller;
  }

  /** Waits for the turn of a request that has arrived whole: half a body must not keep others waiting. */
  async turn(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const path = pathOf(request);
    if (isForMachines(path)) return;
    const rank = rankOf(request.method, path);
    const end = await this.options.turns.take(rank, (leave) => reply.raw.once('close', leave));
    this.ends.set(request, end);
    reply.raw.once('close', end);
  }

  /** The answer of this request begins to leave. */
  leave(request: FastifyRequest, reply: FastifyReply, payload: unknown): void {
    this.inFlight.leave(request);
    this.ends.get(request)?.();
    if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) return;
    reply.raw.once('close', this.options.turns.leaving(payload.length));
  }

  private tick(): void {
    this.options.turns.expire();
    const { refused } = this.options.turns.figures();
    const total = refused.write + refused.search + refused.export;
    if (total === this.told.total || performance.now() - this.told.at < TELL_EVERY_MS) return;
    this.options.log.warn({ turnedAway: total - this.told.total }, 'more is asked than this process can do');
    this.told = { total, at: performance.now() };
  }

  /** For the requests that a request of this caller is made of. */
  meter(caller: Caller): Meter {
    return {
      charge: (entries) =>
        this.overload.charge(
          caller,
          entries.reduce((sum, [method, path]) => sum + costOf(method, path), 0),
        ),
      sharers: () => this.inFlight.count,
    };
  }

  private async program(request: FastifyRequest, reply: FastifyReply): Promise<Caller> {
    try {
      return await this.options.admit(request, reply);
    } catch (error) {
      // A request without credentials guesses none.
      if (error instanceof FhirError && error.status === 401 && request.headers.authorization !== undefined)
        await this.overload.refused(request, error.message);
      throw error;
    }
  }
}

function pathOf(request: FastifyRequest): string {
  return (request.raw.url ?? '').split('?')[0]!;
}

/** The balancer and the monitoring must see a server that is too late. */
function isForMachines(path: string): boolean {
  return path === '/metrics' || path.startsWith('/health/');
}
