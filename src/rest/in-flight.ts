/**
 * The requests under way, weighted by cost: one caller cannot have more of them at a time than the server does well,
 * however slowly each is answered. A request is under way until its answer begins to leave; one whose caller has gone
 * is done to its end, and counts until then.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { FhirError } from '../fhir/issue.ts';
import { type Caller, EVERYBODY, NOBODY } from './callers.ts';

export interface InFlightSettings {
  /** Points that a program, and a person, may have under way at a time, in one process. */
  programPoints: number;
  personPoints: number;
}

export class InFlight {
  private readonly settings: InFlightSettings;
  private readonly points = new Map<string, number>();
  private readonly known = new WeakMap<FastifyRequest, { name: string; cost: number }>();
  private requests = 0;

  constructor(settings: InFlightSettings) {
    this.settings = settings;
  }

  /** The requests under way, whoever sent them. */
  get count(): number {
    return this.requests;
  }

  /** The points that a caller has under way. */
  pointsOf(caller: Caller): number {
    return this.points.get(keyOf(caller)) ?? 0;
  }

  /**
   * Throws `throttled` (429) when the caller has too much under way. A request on its own always enters, whatever it
   * costs.
   */
  enter(request: FastifyRequest, caller: Caller, cost: number, reply: FastifyReply): void {
    const name = keyOf(caller);
    const present = this.points.get(name) ?? 0;
    const most = caller.person === undefined ? this.settings.programPoints : this.settings.personPoints;
    if (caller !== EVERYBODY && caller !== NOBODY && present > 0 && present + cost > most) {
      reply.header('Retry-After', '1');
      throw new FhirError('throttled', `This caller has ${present} points under way; at most ${most} at a time`, {
        text: 'Trop de demandes à la fois : attendez les réponses de celles qui sont en cours.',
      });
    }
    this.requests++;
    this.points.set(name, present + cost);
    this.known.set(request, { name, cost });
  }

  /** The answer leaves. Does nothing for a request that never entered. */
  leave(request: FastifyRequest): void {
    const entered = this.known.get(request);
    if (entered === undefined) return;
    this.known.delete(request);
    this.requests--;
    const left = this.points.get(entered.name)! - entered.cost;
    if (left > 0) this.points.set(entered.name, left);
    else this.points.delete(entered.name);
  }
}

/** A person and a program of one name are two callers. */
export function keyOf({ name, person }: Caller): string {
  return `${person === undefined ? 'program' : 'person'} ${name}`;
}
