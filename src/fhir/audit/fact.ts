/**
 * An access, as the audit trail keeps it: who did what to whose data, from where, with which outcome. It holds ids and
 * codes, never the name of a patient or the content of a resource, so that the erasure of a person leaves it as it is.
 * `balp.ts` shows it as an AuditEvent. https://hl7.org/fhir/R4/security.html#audit
 */
import type { Context } from '../interaction.ts';

export type AuditAction = 'C' | 'R' | 'U' | 'D' | 'E';

/** The one who acted. */
export interface AuditAgent {
  /** Name of the caller: of a program or of a person who logged in. */
  name: string;
  roles: readonly string[];
  /** `Practitioner/x`: the person who logged in, where it is known as that. */
  practitioner?: string;
  /** The person in the words of its identity provider. */
  issuer?: string;
  subject?: string;
  /** National identifier of the professional (RPPS). */
  rpps?: string;
  /** Network address of the caller. */
  address?: string;
  /** Name or `Practitioner/x` of the one on whose behalf the caller acted. */
  behalf?: string;
}

export interface AuditFact {
  id: string;
  /** ISO instant. */
  at: string;
  action: AuditAction;
  /** `0` success, `4` refused, `8` failed. https://hl7.org/fhir/R4/valueset-audit-event-outcome.html */
  outcome: '0' | '4' | '8';
  /** `rest`, `login`, `logout`. */
  type: string;
  /** `read`, `search-type`, `$find`, `caldav`, `sas-search-PS`: the interaction first. */
  codes: readonly string[];
  agent: AuditAgent;
  /** `Patient/x`: everybody whose data was shown or changed. */
  patients: readonly string[];
  /** `Type/x`, or `Type/x/_history/2`: what was shown or changed. */
  entities: readonly string[];
  /** How many things of an entity were shown: slots by agenda. */
  counts?: Readonly<Record<string, number>>;
  /** The criteria of a search, without the values that describe a patient (`query.ts`). */
  query?: string;
  /** HTTP status of the answer. */
  status?: number;
  /** The id of the request (`X-Request-Id`). */
  request: string;
  /** The face that was asked: `/fhir`, `/sas`, `/dav`. */
  face?: string;
  /** Others who take part: `role` says as what. */
  others?: readonly { name: string; role: string }[];
}

/** The sender of a request, or the author of deferred work. */
export function agentOf({ caller, roles, person, identity, address, behalf }: Context): AuditAgent {
  const { issuer, subject, subjectNameId } = identity ?? {};
  return {
    name: caller,
    roles,
    ...(person?.practitioner === undefined ? {} : { practitioner: person.practitioner }),
    ...(issuer === undefined ? {} : { issuer }),
    ...(subject === undefined ? {} : { subject }),
    ...(subjectNameId === undefined ? {} : { rpps: subjectNameId }),
    ...(address === undefined ? {} : { address }),
    ...(behalf === undefined ? {} : { behalf }),
  };
}

/** A fact that belongs to what a request writes. `entities`: `Type/id` references. */
export function factOf(
  context: Context,
  id: string,
  codes: readonly string[],
  action: AuditAction,
  entities: readonly string[],
  patients: readonly string[] = [],
): AuditFact {
  return {
    ...{ id, at: new Date(context.now).toISOString(), action, outcome: '0', type: 'rest', codes },
    ...{ agent: agentOf(context), patients, entities, request: context.requestId },
  };
}

/**
 * The fact as the audit trail stores it, with the columns that it is found by; patients and entities are columns too.
 */
export function trailRow(fact: AuditFact): object {
  const { agent } = fact;
  const found = {
    code: [fact.type, ...fact.codes],
    agents: [agent.practitioner, agent.behalf, agent.rpps, agent.subject].filter((key) => key !== undefined),
    name: agent.name,
  };
  return { ...fact, found };
}
