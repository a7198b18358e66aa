/**
 * How callers are let in, from the settings: everybody, by token, or by certificate; over TLS when the server has a
 * certificate.
 */
import type { Server, ServerOptions as HttpsOptions } from 'node:https';
import { admitByAccessToken } from '../rest/access/access-token.ts';
import { AuthorizationServer } from '../rest/access/authorization-server.ts';
import {
  isOver,
  type ListedCaller,
  readCallers,
  readClientCallers,
  readTokenCallers,
} from '../rest/access/callers-file.ts';
import { mutualTls } from '../rest/access/mtls.ts';
import { callerUnder } from '../rest/access/decision.ts';
import { securityPart, SMART_PATH, smartConfiguration } from '../rest/access/smart.ts';
import type { AccessTable } from '../rest/access/table.ts';
import { admitByToken, admitPersonsOnly } from '../rest/access/token.ts';
import { type Admit, admitEverybody, type Caller, EVERYBODY } from '../rest/callers.ts';
import type { Json } from '../fhir/resource.ts';
import type { Config } from '../runtime/config.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { POLL_MS, Reloaded } from '../runtime/tls/reloaded.ts';
import { ServerTls } from '../runtime/tls/server-tls.ts';
import type { Feature } from './feature.ts';

/** The kind of the server. */
export interface AdmissionPlan {
  /** The rights of each role. */
  access: AccessTable;
  /** The types of which a scope with criteria is kept to. */
  restrictable?: ReadonlySet<string>;
}

export interface Admission extends Feature {
  admit: Admit;
  /** The rights that a program of this name has now; `undefined`: none. */
  program(name: string): Caller | undefined;
  https: HttpsOptions | undefined;
  /** How programs say who they are, for the capability statement. */
  security(): Promise<Json | undefined>;
}

/** Throws when a file is missing or wrong. */
export function openAdmission(
  config: Config,
  { access: table, restrictable }: AdmissionPlan,
  log: Log,
  metrics: Metrics,
  now: () => number,
): Admission {
  const watched: { check(log: Log): unknown }[] = [];
  const lists: (() => readonly ListedCaller[])[] = [];
  const callersBy = <T extends ListedCaller>(read: (file: Buffer) => T[]): (() => T[]) => {
    const file = new Reloaded([config.callers!], ([text]) => read(text!));
    watched.push(file);
    lists.push(() => file.current);
    return () => file.current;
  };
  const tls = openTls(config, log, metrics);
  const authorization = config.tokenIssuer === undefined ? undefined : authorizationOf(config, config.tokenIssuer);
  const admitOther = {
    off: () => (config.oidcIssuer === undefined && !config.passkeys ? admitEverybody : admitPersonsOnly(table)),
    token() {
      const callers = callersBy(readTokenCallers);
      metrics.gauge('creneau_token_expiry_timestamp_seconds', 'End of the token of a caller that ends first', () =>
        firstEnd(callers(), now()),
      );
      return admitByToken(table, callers, now);
    },
    mtls: () =>
      mutualTls({ tls: tls!, callers: callersBy(readCallers), trustedProxies: config.trustedProxy, table, log }),
  }[config.auth]();
  const admit =
    authorization === undefined
      ? admitOther
      : admitByAccessToken({
          ...{ table, server: authorization, otherwise: admitOther },
          clients: callersBy(readClientCallers),
          restrictable: restrictable ?? new Set(),
        });
  let timer: NodeJS.Timeout | undefined;
  const checkFiles = (): void => {
    for (const file of watched) file.check(log);
  };
  return {
    name: 'admission',
    admit,
    program(name) {
      if (admit === admitEverybody) return name === EVERYBODY.name ? EVERYBODY : undefined;
      const [caller, ...twins] = lists
        .flatMap((list) => [...list()])
        .filter((entry) => entry.name === name && !isOver(entry, now()));
      // Two programs of one name: nobody knows which of them is meant. One program may have two tokens.
      if (caller === undefined || twins.some((twin) => rightsOf(twin) !== rightsOf(caller))) return undefined;
      return callerUnder(table, caller);
    },
    https: tls?.options(),
    // Before the server listens: every connection is watched from its beginning.
    mount(app, { backend }) {
      tls?.attach(app.server as Server);
      const issuer = config.tokenIssuer;
      if (authorization === undefined || issuer === undefined) return;
      app.get(SMART_PATH, () => smartConfiguration({ issuer, server: authorization }, backend.served.keys()));
    },
    security: () => securityPart({ auth: config.auth, issuer: config.tokenIssuer, server: authorization }),
    start() {
      timer = setInterval(checkFiles, POLL_MS);
      timer.unref();
    },
    reload() {
      checkFiles();
      tls?.reload();
    },
    close() {
      clearInterval(timer);
      tls?.close();
    },
  };
}

function authorizationOf({ tokenAudience, publicUrl }: Config, issuer: string): AuthorizationServer {
  return new AuthorizationServer({
    issuer,
    audience: tokenAudience.length > 0 ? tokenAudience : [`${publicUrl}/fhir`],
  });
}

function rightsOf({ roles, paths, sasVersion }: ListedCaller): string {
  return JSON.stringify([roles, paths, sasVersion]);
}

/** In seconds; NaN where no token that holds has an end. */
function firstEnd(callers: readonly ListedCaller[], now: number): number {
  const ends = callers.flatMap((caller) => (isOver(caller, now) ? [] : (caller.expiresAt ?? [])));
  return ends.length === 0 ? Number.NaN : Math.min(...ends) / 1000;
}

/** `undefined`: neither a certificate of our own nor any of our callers'. */
function openTls(
  { auth, tlsCert, tlsKey, tlsClientCa, tlsCrl }: Config,
  log: Log,
  metrics: Metrics,
): ServerTls | undefined {
  if (tlsCert === undefined && auth !== 'mtls') return undefined;
  const identity = tlsCert === undefined ? undefined : { certificate: tlsCert, key: tlsKey! };
  const tls = new ServerTls(
    { identity, clients: auth === 'mtls' ? { authorities: tlsClientCa!, lists: tlsCrl } : undefined },
    log,
  );
  const seconds = (milliseconds: number | undefined): number =>
    milliseconds === undefined ? Number.NaN : milliseconds / 1000;
  if (identity !== undefined)
    metrics.gauge('creneau_tls_certificate_expiry_timestamp_seconds', "End of the server's certificate", () =>
      seconds(tls.expiry().certificate),
    );
  if (tlsCrl.length > 0)
    metrics.gauge(
      'creneau_tls_revocation_list_expiry_timestamp_seconds',
      'End of the revocation list that ends first; callers are refused after it',
      () => seconds(tls.expiry().list),
    );
  return tls;
}
