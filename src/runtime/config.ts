/**
 * Reads the command line and the environment once, at start, and checks which settings go together. The options
 * themselves are in `options/`, one file per subject. Nothing else reads `process.env`.
 */
import { parseArgs } from 'node:util';
import type { Option, ValuesOf } from './options/option.ts';
import { OPTIONS } from './options/table.ts';
import { isLoopback } from './options/values.ts';

/** Every setting of every command, read and checked. */
export type Config = ValuesOf<typeof OPTIONS>;

export interface CommandLine {
  config: Config;
  /** What is left: names of files. */
  files: string[];
  help: boolean;
}

/** As `parseArgs` returns it, by flag. */
type Flags = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

/** Throws an Error whose message names the option and what it takes. */
export function readConfig(argv: readonly string[], environment: NodeJS.ProcessEnv = process.env): CommandLine {
  const { flags, files } = parseFlags(argv);
  const values = Object.entries<Option>(OPTIONS).map(([key, option]) => [key, readOption(option, flags, environment)]);
  const config = Object.fromEntries(values) as Config;
  const help = flags['help'] === true;
  if (!help) checkOpen(config);
  checkLogin(config);
  checkCallers(config);
  checkPairs(config);
  checkMutualTls(config);
  checkEditor(config);
  return { config, files, help };
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

/** The command line wins over the environment, and the environment over the fallback. */
function readOption(
  { flag, variable, fallback, repeatable, read }: Option,
  flags: Flags,
  environment: NodeJS.ProcessEnv,
) {
  const raw = flags[flag] ?? (environment[variable] || undefined) ?? fallback;
  try {
    if (repeatable) return itemsOf(raw).map(read);
    return raw === undefined ? undefined : read(String(raw));
  } catch (error) {
    throw new Error(`--${flag} (${variable}): "${raw}" — ${(error as Error).message}`);
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
function checkOpen({ auth, oidcIssuer, host }: Config): void {
  if (auth !== 'off' || oidcIssuer !== undefined || isLoopback(host)) return;
  throw new Error(
    `--auth off est refusé hors de la boucle locale (--host ${host}) / is refused on any address but loopback: ` +
      '--auth token --callers FILE, --oidc-issuer URL',
  );
}

function checkLogin({ host, publicUrl, oidcIssuer, oidcClientId, oidcClientSecret, demoLogin }: Config): void {
  const provider = [oidcIssuer, oidcClientId, oidcClientSecret].filter((setting) => setting !== undefined);
  if (provider.length !== 0 && provider.length !== 3)
    throw new Error('--oidc-issuer, --oidc-client-id, --oidc-client-secret vont ensemble / go together');
  if (oidcIssuer !== undefined && publicUrl === undefined && !isLoopback(host))
    throw new Error('--oidc-issuer demande / needs --public-url');
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

/** A certificate and its key are given together. */
const PAIRS = [
  ['tlsCert', 'tlsKey'],
  ['sasClientCert', 'sasClientKey'],
  ['partnerCert', 'partnerKey'],
  ['amqpCert', 'amqpKey'],
  ['toCert', 'toKey'],
] as const;

function checkPairs(config: Config): void {
  for (const [cert, key] of PAIRS) {
    if ((config[cert] === undefined) !== (config[key] === undefined))
      throw new Error(`--${OPTIONS[cert].flag} et / and --${OPTIONS[key].flag} vont ensemble / go together`);
  }
}

function checkMutualTls({ auth, tlsCert, tlsClientCa, tlsCrl, trustedProxy }: Config): void {
  if (auth === 'mtls') {
    if (tlsClientCa === undefined) throw new Error('--auth mtls demande / needs --tls-client-ca FILE');
    if (tlsCert === undefined && trustedProxy.length === 0)
      throw new Error('--auth mtls demande / needs --tls-cert, --tls-key, ou / or --trusted-proxy');
  } else if (tlsClientCa !== undefined || tlsCrl.length > 0 || trustedProxy.length > 0) {
    throw new Error('--tls-client-ca, --tls-crl, --trusted-proxy demandent / need --auth mtls');
  }
}

function checkEditor({ sasPlatformUrl, editorSystem }: Config): void {
  if (sasPlatformUrl !== undefined && editorSystem === undefined)
    throw new Error('--sas-platform-url demande / needs --editor-system URI');
}
