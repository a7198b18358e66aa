/** The addresses of the FHIR interface of this server that its settings tell. */
import type { Config } from './config.ts';

/**
 * Without a public address, the one that callers on the same machine use. A server that callers reach by another name
 * needs `--public-url`, so that references by that name are known to lead here.
 */
export function ownBases({
  publicUrl,
  host,
  port,
  tlsCert,
}: Pick<Config, 'publicUrl' | 'host' | 'port' | 'tlsCert'>): string[] {
  const scheme = tlsCert === undefined ? 'http' : 'https';
  const names = new Set([host.includes(':') ? `[${host}]` : host, '127.0.0.1', 'localhost']);
  const listening = [...names].map((name) => `${scheme}://${name}:${port}`);
  return [...(publicUrl === undefined ? listening : [publicUrl])].map((url) => `${url}/fhir`);
}
