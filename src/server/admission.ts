/**
 * How callers are let in, from the settings: everybody, by token, or by certificate; over TLS when the server has a
 * certificate.
 */
import type { Server, ServerOptions as HttpsOptions } from 'node:https';
import { readCallers, readTokenCallers } from '../rest/access/callers-file.ts';
import { mutualTls } from '../rest/access/mtls.ts';
import type { AccessTable } from '../rest/access/table.ts';
import { admitByToken, admitPersonsOnly } from '../rest/access/token.ts';
import { type Admit, admitEverybody } from '../rest/callers.ts';
import type { Config } from '../runtime/config.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { POLL_MS, Reloaded } from '../runtime/tls/reloaded.ts';
import { ServerTls } from '../runtime/tls/server-tls.ts';
import type { Feature } from './feature.ts';

export interface Admission extends Feature {
  admit: Admit;
  https: HttpsOptions | undefined;
}

/** `table`: what each role may do on this server. Throws when a file is missing or wrong. */
export function openAdmission(config: Config, table: AccessTable, log: Log, metrics: Metrics): Admission {
  const watched: { check(log: Log): unknown }[] = [];
  const callersBy = <T>(read: (file: Buffer) => T): (() => T) => {
    const file = new Reloaded([config.callers!], ([text]) => read(text!));
    watched.push(file);
    return () => file.current;
  };
  const tls = openTls(config, log, metrics);
  const admit = {
    off: () => (config.oidcIssuer === undefined ? admitEverybody : admitPersonsOnly(table)),
    token: () => admitByToken(table, callersBy(readTokenCallers)),
    mtls: () =>
      mutualTls({ tls: tls!, callers: callersBy(readCallers), trustedProxies: config.trustedProxy, table, log }),
  }[config.auth]();
  let timer: NodeJS.Timeout | undefined;
  return {
    name: 'admission',
    admit,
    https: tls?.options(),
    // Before the server listens: every connection is watched from its beginning.
    mount: (app) => tls?.attach(app.server as Server),
    start() {
      timer = setInterval(() => {
        for (const file of watched) file.check(log);
      }, POLL_MS);
      timer.unref();
    },
    close() {
      clearInterval(timer);
      tls?.close();
    },
  };
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
