/**
 * The hook of the audit trail at the door: every request that is not for a page, a health check or the metrics leaves
 * its facts in the sink before its answer leaves the server. Interactions tell nothing themselves: `audited` stands in
 * front of them, and the text of the answer says whose data it shows. A write has its fact in its own transaction.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AuditFact } from '../../fhir/audit/fact.ts';
import { FhirError } from '../../fhir/issue.ts';
import { isUnder, refusedCaller } from '../access/decision.ts';
import type { Identity } from '../access/person.ts';
import type { Caller } from '../callers.ts';
import type { EventSource } from '../event-stream.ts';
import { PAGE_FILES, PAGE_PATHS, PUBLIC_PATHS } from '../html/page-paths.ts';
import type { Log } from '../../runtime/log.ts';
import type { Part } from './part.ts';
import { noteSecurity } from './security-events.ts';
import { factsOf, type RequestHead, type Told } from './request-facts.ts';

/** Keeps facts until the database has them. */
export interface AuditSink {
  /** Returns when the fact survives the end of this process. */
  append(fact: AuditFact): void;
  /** The reason why it takes no more. */
  fault(): string | undefined;
}

/** Addresses without anybody's data, and those that pages ask about their own session, by their first segment. */
const UNAUDITED = byFirstSegment([
  ...PAGE_FILES,
  ...['/health', '/metrics', '/docs', '/auth/me', '/auth/demo-people', '/fhir/.well-known'],
]);
/** The pages of a practice are nobody's data; a link to an appointment, and a booking, are somebody's. */
const PUBLIC_PAGES = byFirstSegment(PUBLIC_PATHS.filter((path) => path !== '/r'));
const PAGES: ReadonlySet<string> = new Set(PAGE_PATHS);

interface Note {
  caller?: Caller;
  parts: Part[];
  told?: Told;
  base: string;
  isDone: boolean;
  isAudited?: boolean;
}

const notes = new WeakMap<FastifyRequest, Note>();

function noteOf(request: FastifyRequest): Note {
  const known = notes.get(request);
  if (known !== undefined) return known;
  const note: Note = { parts: [], base: '', isDone: false };
  notes.set(request, note);
  return note;
}

/** Tells what only the handler of an address knows: whose calendar it is, who has logged in. */
export function tellAudit(request: FastifyRequest, told: Told): void {
  const note = noteOf(request);
  note.told = { ...note.told, ...told };
}

/** The holder of a session, where the door knew nobody. */
export function agentOfIdentity(name: string, identity: Identity): NonNullable<Told['agent']> {
  const { issuer, subject, subjectNameId } = identity;
  return { name, issuer, subject, ...(subjectNameId === undefined ? {} : { rpps: subjectNameId }) };
}

export class Trail {
  private readonly sink: AuditSink;
  private readonly security: Log;
  private readonly now: () => number;

  constructor(sink: AuditSink, security: Log, now: () => number) {
    this.sink = sink;
    this.security = security;
    this.now = now;
  }

  /** Throws `transient` (503) while no fact can be kept: nothing is shown without a trace. */
  require(request: FastifyRequest): void {
    const fault = isAudited(request) ? this.sink.fault() : undefined;
    if (fault !== undefined)
      throw new FhirError('transient', `The audit trail takes no more: ${fault}`, {
        text: "Le journal d'accès est plein ou indisponible : rien n'est servi sans trace. Prévenez l'exploitant.",
      });
  }

  /** Notes the caller whom the door admits, or knows and refuses. */
  async admitting(request: FastifyRequest, admit: () => Promise<Caller>): Promise<Caller> {
    const note = noteOf(request);
    try {
      note.caller = await admit();
      return note.caller;
    } catch (error) {
      const caller = refusedCaller(error);
      if (caller !== undefined) note.caller = caller;
      throw error;
    }
  }

  /** The list that `audited` adds to. */
  parts(request: FastifyRequest, base: string): Part[] {
    const note = noteOf(request);
    note.base = base;
    return note.parts;
  }

  /** Called before the answer leaves. */
  close(request: FastifyRequest, reply: FastifyReply): void {
    const note = noteOf(request);
    if (note.isDone || !isAudited(request)) return;
    note.isDone = true;
    const facts = factsOf(this.headOf(request, note, reply.statusCode), note.parts, note.told);
    for (const fact of facts) this.sink.append(fact);
    noteSecurity(this.security, facts, request, reply.statusCode);
  }

  /** Events leave after the head of their answer: each that shows somebody's data is a fact of its own. */
  follow(request: FastifyRequest, source: EventSource): EventSource {
    const head = this.headOf(request, noteOf(request), 200);
    const [first] = noteOf(request).parts;
    const sink = this.sink;
    return async function* (signal) {
      for await (const event of source(signal)) {
        if (first !== undefined)
          for (const fact of factsOf(head, [{ ...first, text: event.data }], undefined))
            if (fact.patients.length > 0) sink.append(fact);
        yield event;
      }
    };
  }

  private headOf(request: FastifyRequest, note: Note, status: number): RequestHead {
    const { name, roles, person, identity } = note.caller ?? { name: 'anonymous', roles: [] as readonly string[] };
    return {
      agent: {
        ...{ name, roles, address: request.ip },
        ...(person?.practitioner === undefined ? {} : { practitioner: person.practitioner }),
        ...(identity === undefined ? {} : agentOfIdentity(name, identity)),
      },
      ...{
        request: request.id,
        method: request.method,
        path: pathOf(request),
        status,
        now: this.now(),
        base: note.base,
      },
    };
  }
}

/** Asked several times for each request. */
function isAudited(request: FastifyRequest): boolean {
  const note = noteOf(request);
  note.isAudited ??= mustBeAudited(request);
  return note.isAudited;
}

function mustBeAudited(request: FastifyRequest): boolean {
  const path = pathOf(request);
  const isIn = (group: ReadonlyMap<string, readonly string[]>): boolean =>
    group.get(firstSegment(path))?.some((above) => isUnder(path, above)) ?? false;
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const isPage = request.method === 'GET' && PAGES.has(path);
  return !isPage && !(isRead && isIn(PUBLIC_PAGES) && !BOOKING.test(path)) && !isIn(UNAUDITED);
}

/** The screens of a booking after the choice of a time. */
const BOOKING = /^\/p\/[^/]+\/[^/]+\/rendez-vous\/./;

function byFirstSegment(paths: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const path of paths) groups.set(firstSegment(path), [...(groups.get(firstSegment(path)) ?? []), path]);
  return groups;
}

function firstSegment(path: string): string {
  const end = path.indexOf('/', 1);
  return end < 0 ? path : path.slice(0, end);
}

function pathOf(request: FastifyRequest): string {
  return (request.raw.url ?? '').split('?')[0]!;
}
