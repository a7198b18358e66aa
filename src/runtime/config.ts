/**
 * Reads the command line, the environment and the configuration file once, at start, and checks which settings go
 * together. The options themselves are in `options/`, one file per subject. Nothing else reads `process.env`.
 */
import { parseArgs } from 'node:util';
import type { Option, ValuesOf } from './options/option.ts';
import { CONFIG_VARIABLE, readConfigFile, settingIn, type Variables } from './options/sources.ts';
import { OPTIONS } from './options/table.ts';
import { isLoopback } from './options/values.ts';

/** Every setting of every command, read and checked. */
export type Config = ValuesOf<typeof OPTIONS>;

export interface CommandLine {
  config: Config;
  /** The remaining options name files. */
  files: string[];
  help: boolean;
  /** Reads the same command line again, with the file of settings as it is then. Throws as the first time. */
  reread(): Config;
}

/** As `parseArgs` returns it, by flag. */
type Flags = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

/** Throws an Error whose message names the option and what it takes. */
export function readConfig(argv: readonly string[], environment: NodeJS.ProcessEnv = process.env): CommandLine {
  const { flags, files } = parseFlags(argv);
  const sources = sourcesOf(flags, environment);
  const values = Object.entries<Option>(OPTIONS).map(([key, option]) => [key, readOption(option, flags, sources)]);
  const config = Object.fromEntries(values) as Config;
  const help = flags['help'] === true;
  if (!help) checkOpen(config);
  checkLogin(config);
  checkCallers(config);
  checkTokens(config);
  checkPairs(config);
  checkMutualTls(config);
  checkEditor(config);
  checkWorkers(config);
  checkReplicas(config);
  if (!help) checkPlainHttp(config);
  return { config, files, help, reread: () => readConfig(argv, environment).config };
}

function parseFlags(argv: readonly string[]): { flags: Flags; files: string[] } {
  const options = Object.values<Option>(OPTIONS).map(({ flag, isSwitch, repeatable }) => [
    flag,
    { type: isSwitch ? ('boolean' as const) : ('string' as const), multiple: repeatable ?? false },
  ]);
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: { ...Object.fromEntries(options), help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
  });
  return { flags: values, files: positionals };
}

/** The environment, then the file that `--config` names. */
function sourcesOf(flags: Flags, environment: Variables): Variables[] {
  const path = (flags[OPTIONS.configFile.flag] as string | undefined) ?? environment[CONFIG_VARIABLE];
  return path ? [environment, readConfigFile(path, OPTIONS)] : [environment];
}

/** The command line wins over the environment, the environment over the file, the file over the fallback. */
function readOption({ flag, variable, value, fallback, repeatable, read }: Option, flags: Flags, sources: Variables[]) {
  const raw = flags[flag] ?? settingIn(variable, sources) ?? fallback;
  try {
    if (repeatable) return itemsOf(raw).map(read);
    return raw === undefined ? undefined : read(String(raw));
  } catch (error) {
    const given = value === 'SECRET' ? '***' : raw;
    throw new Error(`--${flag} (${variable}): "${given}" — ${(error as Error).message}`);
  }
}

/** From the flags as they are; from the environment separated by commas. */
function itemsOf(raw: Flags[string]): string[] {
  if (Array.isArray(raw)) return raw.map(String);
  return String(raw ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** A server that asks nobody who they are answers this machine only. */
function checkOpen({ auth, oidcIssuer, passkeys, host }: Config): void {
  if (auth !== 'off' || oidcIssuer !== undefined || passkeys || isLoopback(host)) return;
  throw new Error(
    `--auth off est refusé hors de la boucle locale (--host ${host}) / is refused on any address but loopback: ` +
      '--auth token --callers FILE, --oidc-issuer URL',
  );
}

/** Tokens, cookies and health data do not travel in clear text. */
function checkPlainHttp({ host, tlsCert, behindProxy, trustedProxy, publicUrl, publicPages }: Config): void {
  if (behindProxy && publicUrl === undefined) throw new Error('--behind-proxy demande / needs --public-url');
  // The links of mails lead there: the address that a visitor has asked may be anything.
  if (publicPages && publicUrl === undefined && !isLoopback(host))
    throw new Error('--public demande / needs --public-url');
  if (tlsCert !== undefined || behindProxy || trustedProxy.length > 0 || isLoopback(host)) return;
  throw new Error(
    `HTTP en clair est refusé hors de la boucle locale (--host ${host}) / plain HTTP is refused off loopback: ` +
      '--tls-cert, --tls-key ou / or --behind-proxy',
  );
}

function checkLogin(config: Config): void {
  const { host, publicUrl, oidcIssuer, oidcClientId, oidcClientSecret, passkeys, demoLogin } = config;
  const provider = [oidcIssuer, oidcClientId, oidcClientSecret].filter((setting) => setting !== undefined);
  if (provider.length !== 0 && provider.length !== 3)
    throw new Error('--oidc-issuer, --oidc-client-id, --oidc-client-secret vont ensemble / go together');
  if (oidcIssuer !== undefined && publicUrl === undefined && !isLoopback(host))
    throw new Error('--oidc-issuer demande / needs --public-url');
  if (passkeys && publicUrl === undefined && !isLoopback(host))
    throw new Error('--passkeys demande / needs --public-url');
  if (passkeys && (oidcIssuer !== undefined || demoLogin))
    throw new Error('--passkeys remplace / replaces --oidc-issuer, --demo-login : l’un ou l’autre / one or the other');
  if (!demoLogin) return;
  const names = publicUrl === undefined ? [host] : [host, new URL(publicUrl).hostname];
  const away = names.find((name) => !isLoopback(name));
  if (away !== undefined)
    throw new Error(
      `--demo-login est refusé hors de la boucle locale (${away}) / is refused on any address but loopback`,
    );
  if (oidcIssuer !== undefined)
    throw new Error('--demo-login et / and --oidc-issuer : l’un ou l’autre / one or the other');
}

function checkCallers({ auth, callers }: Config): void {
  if (auth !== 'off' && callers === undefined) throw new Error(`--auth ${auth} demande / needs --callers FILE`);
}

function checkTokens({ tokenIssuer, tokenAudience, auth, publicUrl }: Config): void {
  if (tokenIssuer === undefined) {
    if (tokenAudience.length > 0) throw new Error('--token-audience demande / needs --token-issuer');
    return;
  }
  if (auth === 'off') throw new Error('--token-issuer demande / needs --auth token | mtls');
  if (tokenAudience.length === 0 && publicUrl === undefined)
    throw new Error('--token-issuer demande / needs --public-url, ou / or --token-audience');
}

/** A certificate and its key are given together. */
export const CERTIFICATE_PAIRS = [
  ['tlsCert', 'tlsKey'],
  ['sasClientCert', 'sasClientKey'],
  ['partnerCert', 'partnerKey'],
  ['amqpCert', 'amqpKey'],
  ['toCert', 'toKey'],
] as const;

function checkPairs(config: Config): void {
  for (const [cert, key] of CERTIFICATE_PAIRS) {
    if ((config[cert] === undefined) !== (config[key] === undefined))
      throw new Error(`--${OPTIONS[cert].flag} et / and --${OPTIONS[key].flag} vont ensemble / go together`);
  }
}

function checkMutualTls({ auth, tlsCert, tlsClientCa, tlsCrl, trustedProxy, behindProxy }: Config): void {
  if (auth === 'mtls') {
    if (tlsClientCa === undefined) throw new Error('--auth mtls demande / needs --tls-client-ca FILE');
    if (tlsCert === undefined && trustedProxy.length === 0)
      throw new Error('--auth mtls demande / needs --tls-cert, --tls-key, ou / or --trusted-proxy');
  } else if (tlsClientCa !== undefined || tlsCrl.length > 0 || (trustedProxy.length > 0 && !behindProxy)) {
    throw new Error(
      '--tls-client-ca, --tls-crl demandent / need --auth mtls ; --trusted-proxy : --auth mtls ou / or --behind-proxy',
    );
  }
}

/** The embedded database belongs to one process. */
function checkWorkers({ workers, databaseUrl }: Config): void {
  if (workers > 1 && databaseUrl === undefined) throw new Error('--workers demande / needs --database-url URL');
}

function checkReplicas({ databaseReplicas, databaseUrl }: Config): void {
  if (databaseReplicas.length > 0 && databaseUrl === undefined)
    throw new Error('--database-replicas demande / needs --database-url URL');
}

function checkEditor({ sasPlatformUrl, editorSystem }: Config): void {
  if (sasPlatformUrl !== undefined && editorSystem === undefined)
    throw new Error('--sas-platform-url demande / needs --editor-system URI');
}
