/**
 * A feature is everything that one part of a server adds to it; a server is a list of features. Opening a feature has
 * no side effects: relays and timers begin in `start`. The order of the list has no effect.
 */
import type { FastifyInstance } from 'fastify';
import type { Context } from '../fhir/interaction.ts';
import type { Appointment } from '../fhir/resources.ts';
import type { FactReader } from '../rest/audit/audit-resources.ts';
import type { Backend, FileOperation, Operation } from '../rest/backend.ts';
import type { PageHandler } from '../rest/html/page-route.ts';
import type { FhirService } from '../rest/routes.ts';
import type { HttpOptions } from '../rest/server.ts';
import type { Config } from '../runtime/config.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { CertificateWatch } from '../runtime/tls/certificate-watch.ts';
import type { Secrets } from '../runtime/secrets.ts';
import type { Database } from '../store/engine/database.ts';
import type { ReadableType } from '../store/resources/read-rights.ts';
import type { ResourceReader } from '../store/resources/resource-reader.ts';
import type { Change } from '../store/write/write-rules.ts';
import type { Unit } from '../store/write/unit.ts';
import type { AuthorContext } from './authors.ts';
import type { Closing } from './closing.ts';
import type { ConformanceLayer } from './conformance.ts';

/** The parts of the server that every feature receives when it opens. */
export interface ServerParts {
  config: Config;
  database: Database;
  /** Seals what is stored and must not be read there. */
  secrets: Secrets;
  log: Log;
  metrics: Metrics;
  /** The clock: epoch milliseconds. */
  now: () => number;
  conformance: ConformanceLayer;
  /** The audit trail, up to what this process has noted. */
  facts: FactReader;
  /** For work that is done later than it was asked for, once the server runs. */
  authorContext: AuthorContext;
  /** Features add the certificates that no setting names. */
  certificates: CertificateWatch;
  /** For what is open before there are features. */
  closing: Closing;
}

export interface Feature<B extends Backend = Backend> {
  /** For the log; features are sorted by it, so that their order in a list decides nothing. */
  name: string;
  /** Operations of the FHIR base. */
  operations?(backend: B): readonly Operation[];
  fileOperations?: readonly FileOperation[];
  /** Types that are served beside those of the back end, with their write rules. */
  types?: ReadonlyMap<ReadableType, TypeRule>;
  followers?: readonly AppointmentFollower[];
  /** Topics that Subscriptions may follow, as canonical URLs; some are below `base`, the address of this face. */
  topics?(base: string): readonly string[];
  /** Adds routes, before the server listens. */
  mount?(app: FastifyInstance, mounting: Mounting<B>): void | Promise<void>;
  /** Begins what runs by itself (relays, timers), once the server listens. */
  start?(running: Running<B>): void | Promise<void>;
  /** Reads its files again at once; without being told, it finds their changes within seconds. */
  reload?(): void | Promise<void>;
  /** The reason why this part does not work now, which makes the server not ready. */
  fault?(): string | undefined;
  close?(): void | Promise<void>;
}

export interface Mounting<B extends Backend> {
  backend: B;
  /** The FHIR base as it is served: the back end with its conformance layer, and the limits. */
  service: FhirService;
  options: HttpOptions;
  /** Adds a page for people who log in. */
  page(path: string, content: PageHandler): void;
}

export interface Running<B extends Backend> {
  backend: B;
  /** The public address: `https://agenda.example.fr`. */
  url: string;
}

/** The write rule of one resource type: refuses a change, completes it, or adds to its unit. */
export type TypeRule = (context: Context, change: Change, unit: Unit) => Promise<void>;

/**
 * Sees each change of an appointment after the rules have completed it, and adds messages to its unit: a notice to a
 * patient, a report to the SAS.
 */
export interface AppointmentFollower {
  follow(context: Context, change: Change, unit: Unit, surroundings: Surroundings): Promise<void>;
}

/** Reads what an appointment names, as it will be after the unit, and finds its agendas. */
export interface Surroundings {
  reader: ResourceReader;
  agendasOf(appointment: Appointment): Promise<readonly OccupiedAgenda[]>;
}

/** An agenda that an appointment occupies. */
export interface OccupiedAgenda {
  /** Id of the Schedule. */
  schedule: string;
  /** `Type/id` of its actors. */
  actors: readonly string[];
  /** Its clock, and when the patients of its kinds of visit are reminded. */
  agenda: { zone: string; kinds: readonly { key: string; reminderHours: readonly number[] | undefined }[] };
}

/** Everything that features add, in an order that does not depend on theirs. */
export function inOrder<B extends Backend>(features: readonly Feature<B>[]): Feature<B>[] {
  return [...features].sort((a, b) => (a.name < b.name ? -1 : 1));
}
