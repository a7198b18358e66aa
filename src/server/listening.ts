/** The common ground of all servers: its version, its limits, and how it begins to listen. */
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { FrontDoorSettings } from '../rest/front-door.ts';
import type { Limits } from '../rest/limits.ts';
import type { Config } from '../runtime/config.ts';

export const VERSION: string = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;

export function limitsOf(config: Config): Limits {
  return {
    body: config.maxBodyBytes,
    calendar: config.maxCalendarBytes,
    url: config.maxUrlChars,
    defaultPage: config.defaultPage,
    maxPage: config.maxPage,
    includes: config.maxIncludes,
    orValues: config.maxOrValues,
    windowDays: config.maxWindowDays,
    batchEntries: config.maxBatchEntries,
    deadlineMs: config.deadlineSeconds * 1000,
  };
}

/** Without any authentication this server answers only requests that name this machine. */
export function frontDoorOf({
  auth,
  oidcIssuer,
  passkeys,
  allowedHosts,
  publicUrl,
  tlsCert,
  corsOrigins,
  corsCredentials,
}: Config): FrontDoorSettings {
  return {
    loopbackOnly: auth === 'off' && oidcIssuer === undefined && !passkeys,
    allowedHosts: publicUrl === undefined ? allowedHosts : [...allowedHosts, ...hostsBeside(allowedHosts, publicUrl)],
    isHttps: publicUrl?.startsWith('https:') ?? tlsCert !== undefined,
    publicUrl,
    crossOrigin: { origins: corsOrigins, credentials: corsCredentials },
  };
}

/** A list of hosts includes that of the public address. */
function hostsBeside(allowedHosts: readonly string[], publicUrl: string): string[] {
  return allowedHosts.length === 0 ? [] : [new URL(publicUrl).hostname];
}

/** Listens, and says where: `http://127.0.0.1:8080`. Throws an error that names the port when it is taken. */
export async function listen(
  app: FastifyInstance,
  { port, host }: Pick<Config, 'port' | 'host'>,
  isTls: boolean,
): Promise<string> {
  try {
    await app.listen({ port, host });
  } catch (error) {
    throw listenError(error, port);
  }
  return urlOf(app.server.address() as AddressInfo, isTls);
}

export function urlOf({ address, port, family }: AddressInfo, isTls: boolean): string {
  return `${isTls ? 'https' : 'http'}://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

export function listenError(error: unknown, port: number): Error {
  const { code } = error as { code?: string };
  if (code === 'EADDRINUSE')
    return bilingual(
      `le port ${port} est déjà pris par un autre programme ; choisissez-en un autre`,
      `port ${port} is taken by another program; choose another one`,
      error,
    );
  if (code === 'EACCES')
    return bilingual(
      `le port ${port} demande des droits que ce programme n'a pas`,
      `port ${port} needs rights that this program does not have`,
      error,
    );
  return error as Error;
}

function bilingual(french: string, english: string, cause: unknown): Error {
  return new Error(`${french} / ${english}`, { cause });
}
