/** Login from the settings: an identity provider or the fictional people of the demonstration, and sessions. */
import { mountLogin } from '../rest/access/login.ts';
import type { Joining } from '../rest/access/join.ts';
import { Provider } from '../rest/access/oidc.ts';
import { Passkeys } from '../rest/access/passkeys.ts';
import type { People } from '../rest/access/people.ts';
import { type PersonEntry, readPeople } from '../rest/access/person.ts';
import { Sessions } from '../rest/access/session.ts';
import type { AccessTable } from '../rest/access/table.ts';
import type { Terms } from '../rest/access/terms.ts';
import { mountPage, type PageHandler } from '../rest/html/page-route.ts';
import type { Config } from '../runtime/config.ts';
import { POLL_MS, Reloaded } from '../runtime/tls/reloaded.ts';
import { PasskeyStore } from '../store/records/passkeys.ts';
import { SessionStore } from '../store/records/sessions.ts';
import type { FastifyInstance } from 'fastify';
import type { Feature, ServerParts } from './feature.ts';

export interface LoginParts {
  people: People;
  /** `readPeopleFile`. */
  peopleFile: Reloaded<PersonEntry[]> | undefined;
  /** Names the cookie: `agenda`, `platform`. */
  server: string;
  table: AccessTable;
  /** `undefined` on servers whose people are all in the file. */
  joining: Joining | undefined;
  /** `undefined` where nobody has to accept terms. */
  terms: Terms | undefined;
}

export interface Login extends Feature {
  sessions: Sessions;
  /** Adds a page for people who log in. */
  mountPage(app: FastifyInstance, path: string, page: PageHandler): void;
}

/** Throws when the file is missing or wrong. */
export function readPeopleFile({ people }: Config): Reloaded<PersonEntry[]> | undefined {
  return people === undefined ? undefined : new Reloaded([people], ([text]) => readPeople(text!));
}

export function openLogin(
  { config, database, secrets, log, now }: ServerParts,
  { people, peopleFile, server, table, joining, terms }: LoginParts,
): Login {
  const sessions = new Sessions({
    store: new SessionStore(database, secrets),
    server,
    table,
    resolve: (identity) => people.resolve(identity),
    owesTerms: terms && ((identity) => terms.isOwed(identity)),
    idleMs: config.sessionIdleMinutes * 60_000,
    absoluteMs: config.sessionHours * 3_600_000,
    now,
    publicUrl: config.publicUrl,
  });
  const provider = openProvider(config);
  // Where nobody can be invited, nobody could register one.
  const hasPasskeys = config.passkeys && joining !== undefined;
  const passkeys = hasPasskeys ? new Passkeys(sessions, new PasskeyStore(database), now) : undefined;
  let timer: NodeJS.Timeout | undefined;
  const check = (): void => void peopleFile?.check(log);
  return {
    name: 'login',
    sessions,
    mount: (app) =>
      mountLogin(app, {
        sessions,
        provider,
        demo: config.demoLogin ? () => people.demoPeople() : undefined,
        open: config.auth === 'off' && provider === undefined && passkeys === undefined,
        ...{ passkeys, joining, log, now },
        terms,
      }),
    mountPage: (app, path, page) =>
      mountPage(app, path, page, {
        sessions,
        hasLogin: provider !== undefined || passkeys !== undefined || config.demoLogin,
        provider,
        log,
        now,
      }),
    start() {
      timer = setInterval(check, POLL_MS);
      timer.unref();
    },
    reload: check,
    close: () => clearInterval(timer),
  };
}

/** `undefined` without one in the settings. */
function openProvider({ oidcIssuer, oidcClientId, oidcClientSecret, ...config }: Config): Provider | undefined {
  if (oidcIssuer === undefined) return undefined;
  return new Provider({
    issuer: oidcIssuer,
    clientId: oidcClientId!,
    clientSecret: oidcClientSecret!,
    scope: config.oidcScope,
    acrValues: config.oidcAcrValues,
    trustEmail: config.oidcTrustEmail,
  });
}
