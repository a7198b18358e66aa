/** How callers are let in, from the settings: nobody is asked, a token, or a certificate; over TLS when the server has a certificate. */
import type { Server, ServerOptions as HttpsOptions } from 'node:https';
import { FhirError } from '../fhir/issue.ts';
import { mutualTls } from '../rest/access/mtls.ts';
import { readCallers } from '../rest/access/callers-file.ts';
import { routedPath } from '../rest/access/routed-path.ts';
import { type AccessTable, allowed, isUnder } from '../rest/access/table.ts';
import { type Admit, type Authenticate, authenticationOff, tokenAuthentication } from '../rest/callers.ts';
import type { Config } from '../runtime/config.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { LOOK_EVERY, Reloaded } from '../runtime/tls/reloaded.ts';
import { ServerTls } from '../runtime/tls/server-tls.ts';

export interface Door {
  authenticate: Authenticate;
  admit: Admit | undefined;
  https: HttpsOptions | undefined;
  /** Once the server is made: starts to watch its connections and the files. */
  attach(server: unknown): void;
  close(): void;
}

/** Who has not been admitted before is nobody. */
const certificateOnly: Authenticate = () => {
  throw new FhirError('login', 'A client certificate is needed', { text: 'Certificat client absent.' });
};

/** Where people log in, who has not is nobody. */
const personsOnly: Authenticate = () => {
  throw new FhirError('login', 'Log in first (GET /auth/login)', { text: 'Connectez-vous.' });
};

/** The same, before every path: what is for nobody in particular stays open, as do the probes of health. */
function admitPersons(table: AccessTable): Admit {
  return (request) => {
    const path = routedPath(request);
    if (allowed(table, request.method, path) === 'anybody' || isUnder(path, '/health')) return { name: 'anonymous', roles: [] };
    return personsOnly({ header: () => undefined });
  };
}

/** `table`: what each role may do on this server. Throws when a file is missing or wrong. */
export function openDoor(config: Config, table: AccessTable, log: Log, metrics: Metrics): Door {
  const { tlsCert, tlsKey, tlsClientCa, tlsCrl, trustedProxy } = config;
  const signIn = config.oidcIssuer !== undefined;
  const authenticate = { off: () => (signIn ? personsOnly : authenticationOff), token: () => tokenAuthentication(config.callers!), mtls: () => certificateOnly }[config.auth]();
  const identity = tlsCert === undefined ? undefined : { certificate: tlsCert, key: tlsKey! };
  const admit = config.auth === 'off' && signIn ? admitPersons(table) : undefined;
  if (identity === undefined && config.auth !== 'mtls') return { authenticate, admit, https: undefined, attach: () => {}, close: () => {} };

  const isMutual = config.auth === 'mtls';
  const tls = new ServerTls({ identity, clients: isMutual ? { authorities: tlsClientCa!, lists: tlsCrl } : undefined }, log);
  const callers = isMutual ? new Reloaded([config.callers!], ([file]) => readCallers(file!)) : undefined;
  const seconds = (milliseconds: number | undefined): number => (milliseconds === undefined ? Number.NaN : milliseconds / 1000);
  if (identity !== undefined) metrics.gauge('creneau_tls_certificate_expiry_timestamp_seconds', "End of the server's certificate", () => seconds(tls.expiry().certificate));
  if (tlsCrl.length > 0) metrics.gauge('creneau_tls_revocation_list_expiry_timestamp_seconds', 'End of the revocation list that ends first; callers are refused after it', () => seconds(tls.expiry().list));
  let timer: NodeJS.Timeout | undefined;
  return {
    authenticate,
    admit: callers === undefined ? admit : mutualTls({ tls, callers: () => callers.current, trustedProxies: trustedProxy, table, log }),
    https: tls.options(),
    attach(server) {
      tls.attach(server as Server);
      timer = setInterval(() => callers?.check(log), LOOK_EVERY);
      timer.unref();
    },
    close() {
      clearInterval(timer);
      tls.close();
    },
  };
}
