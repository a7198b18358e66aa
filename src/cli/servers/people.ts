/**
 * Who logs in and what that opens, from the settings: a provider or the fictional people of the demonstration, the
 * people file, sessions.
 */
import type { Person } from '../../fhir/interaction.ts';
import type { FastifyInstance } from 'fastify';
import { type DemoPerson, mountLogin } from '../../rest/access/login.ts';
import { Provider } from '../../rest/access/oidc.ts';
import { entriesOf, type Identity, type PersonEntry, personOf, readPeople } from '../../rest/access/person.ts';
import { Sessions } from '../../rest/access/session.ts';
import type { AccessTable } from '../../rest/access/table.ts';
import { mountVisit, type Visited } from '../../rest/html/visit.ts';
import type { Config } from '../../runtime/config.ts';
import type { Log } from '../../runtime/log.ts';
import { POLL_EVERY, Reloaded } from '../../runtime/tls/reloaded.ts';
import type { Database } from '../../store/engine/database.ts';
import { SessionStore } from '../../store/records/sessions.ts';

export interface PeopleOptions {
  database: Database;
  /** `readPeopleFile`. */
  file: Reloaded<PersonEntry[]> | undefined;
  /** Names the cookie: `agenda`, `platform`. */
  server: string;
  table: AccessTable;
  log: Log;
  now: () => number;
  /** What an identity may do besides what the people file says: a regulator by the account. */
  accounts?: (identity: Identity) => Promise<Omit<Person, 'name'> | undefined>;
}

/** A fictional person with what he or she may do. */
export interface DemoEntry {
  person: DemoPerson;
  /** Absent for a regulator: the account says. */
  rights?: PersonEntry;
}

export interface People {
  sessions: Sessions;
  /** The routes of login, and pages for those who log in. */
  mount(app: FastifyInstance, pages?: Readonly<Record<string, Visited>>): void;
  /** Puts fictional people into the chooser. */
  introduce(entries: readonly DemoEntry[]): void;
  close(): void;
}

/** Throws when it is missing or wrong. */
export function readPeopleFile({ people }: Config): Reloaded<PersonEntry[]> | undefined {
  return people === undefined ? undefined : new Reloaded([people], ([text]) => readPeople(text!));
}

export function openPeople(
  config: Config,
  { database, file, server, table, log, now, accounts }: PeopleOptions,
): People {
  const timer = setInterval(() => file?.check(log), POLL_EVERY);
  timer.unref();
  const demo: DemoEntry[] = [];
  const resolve = async (identity: Identity): Promise<Person | undefined> => {
    const listed = identity.issuer === DEMO ? demo.flatMap(({ rights }) => rights ?? []) : (file?.current ?? []);
    const account = await accounts?.(identity);
    const entries = entriesOf(listed, identity);
    return personOf(entries[0]?.name ?? identity.name, [...entries, ...(account === undefined ? [] : [account])]);
  };
  const sessions = new Sessions({
    store: new SessionStore(database),
    server,
    table,
    resolve,
    idleMs: config.sessionIdleMinutes * 60_000,
    absoluteMs: config.sessionHours * 3_600_000,
    now,
    publicUrl: config.publicUrl,
  });
  const { oidcIssuer, oidcClientId, oidcClientSecret } = config;
  const provider =
    oidcIssuer === undefined
      ? undefined
      : new Provider({
          issuer: oidcIssuer,
          clientId: oidcClientId!,
          clientSecret: oidcClientSecret!,
          scope: config.oidcScope,
          acrValues: config.oidcAcrValues,
        });
  return {
    sessions,
    mount(app, pages = {}) {
      mountLogin(app, {
        sessions,
        provider,
        demo: config.demoLogin ? () => demo.map((one) => one.person) : undefined,
        open: config.auth === 'off' && provider === undefined,
        log,
      });
      const hasLogin = provider !== undefined || config.demoLogin;
      for (const [path, visited] of Object.entries(pages))
        mountVisit(app, path, visited, { sessions, hasLogin, provider, log, now });
    },
    introduce: (entries) => void demo.push(...entries),
    close: () => clearInterval(timer),
  };
}

const DEMO = 'demo';

/** A fictional identity. */
export function demoIdentity(id: string, name: string, more: Partial<Identity> = {}): Identity {
  return { issuer: DEMO, subject: `${DEMO}:${id}`, name, fromSas: false, ...more };
}
