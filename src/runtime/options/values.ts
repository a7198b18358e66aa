/** The values that options take: each function reads a text, or throws with the form that it wants. */
import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';

export const text = (value: string): string => value;

export function whole(low: number, high: number): (value: string) => number {
  return (value) => {
    if (!/^\d+$/.test(value) || Number(value) < low || Number(value) > high)
      throw new Error(`a whole number from ${low} to ${high}`);
    return Number(value);
  };
}

/** `auto`: as many as this machine has cores for us. */
export function processes(value: string): number {
  if (value === 'auto') return availableParallelism();
  try {
    return whole(1, 64)(value);
  } catch {
    throw new Error('a whole number from 1 to 64 | auto');
  }
}

export function oneOf<Value extends string>(...values: readonly Value[]): (text: string) => Value {
  return (text) => {
    const value = values.find((allowed) => allowed === text);
    if (value === undefined) throw new Error(values.join(' | '));
    return value;
  };
}

export function yesNo(value: string): boolean {
  if (value !== 'true' && value !== 'false') throw new Error('true | false');
  return value === 'true';
}

/** Without the slash at its end, so that paths can be added. */
export function baseUrl(value: string): string {
  return new URL(value).href.replace(/\/$/, '');
}

/** `key=value,key=value`, escaped as in an address (the form of `OTEL_EXPORTER_OTLP_HEADERS`). */
export function headers(value: string): Record<string, string> {
  const pairs = value.split(',').map((pair) => /^\s*([\w!#$%&'*+.^`|~-]+)=(.*)$/.exec(pair));
  return Object.fromEntries(
    pairs.map((pair) => {
      if (pair === null) throw new Error('name=value,name=value');
      return [pair[1]!.toLowerCase(), decodeURIComponent(pair[2]!.trim())];
    }),
  );
}

export function share(value: string): number {
  if (!/^(0|1|0?\.\d+|1\.0+)$/.test(value)) throw new Error('a number from 0 to 1');
  return Number(value);
}

/** A scheme, a host and perhaps a port, as browsers write it. */
export function origin(value: string): string {
  const form = 'https://app.example, without a path';
  if (!URL.canParse(value)) throw new Error(form);
  const url = new URL(value);
  const isWeb = url.protocol === 'https:' || url.protocol === 'http:';
  const isBare = !value.includes('*') && url.href === `${url.origin}/`;
  if (!isWeb || !isBare) throw new Error(form);
  return url.origin;
}

export function brokerUrl(value: string): string {
  if (!/^amqps?:\/\/[^\s/]+/.test(value)) throw new Error('amqp://user:password@host:5672/vhost | amqps://...');
  return value;
}

const STRICTNESS = ['refuse', 'warn', 'ignore'] as const;

/**
 * The treatment of a write that breaks a profile: `profile` is an URL, the end of one (`gap-fr-slot`), or `R4` for the
 * rules of the standard; absent, it means every other profile.
 */
export interface CheckSetting {
  profile?: string;
  strictness: (typeof STRICTNESS)[number];
}

/** `warn`, or `gap-fr-slot=refuse`. */
export function check(value: string): CheckSetting {
  const at = value.lastIndexOf('=');
  const strictness = STRICTNESS.find((allowed) => allowed === value.slice(at + 1));
  if (strictness === undefined || at === 0) throw new Error('refuse | warn | ignore | PROFILE=refuse…');
  return { ...(at < 0 ? {} : { profile: value.slice(0, at) }), strictness };
}

const KEPT_TYPES = ['Appointment', 'Patient', 'Slot'] as const;
export type KeptType = (typeof KEPT_TYPES)[number];

/** How long resources of a type are kept. */
export interface Keeping {
  type: KeptType;
  months: number;
}

/** `Appointment=120` */
export function keep(value: string): Keeping {
  const [name, months = ''] = value.split('=');
  const type = KEPT_TYPES.find((known) => known === name);
  if (type === undefined) throw new Error(`${KEPT_TYPES.join(' | ')}, = MONTHS`);
  return { type, months: whole(1, 1200)(months) };
}

export function network(value: string): string {
  const [address = '', bits] = value.split('/');
  const family = isIP(address);
  if (family === 0 || (bits !== undefined && (!/^\d{1,3}$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128))))
    throw new Error('an IP address or a network: 10.1.2.3 | 10.1.0.0/16 | fd00::/8');
  return value;
}

/** Over plain HTTP anybody on the way could say who people are: on this machine only. */
export function issuer(value: string): string {
  const url = new URL(value);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname)))
    throw new Error('an https address (http on loopback only)');
  // As the provider writes it: a slash more or less is another name.
  return value;
}

export function isLoopback(host: string): boolean {
  return /^(127\.\d+\.\d+\.\d+|localhost|\[?::1\]?)$/.test(host);
}

export function identifierSystem(value: string): string {
  if (!/^urn:oid:[0-2](\.\d+)+$|^(urn:uuid:|https?:\/\/)\S+$/.test(value))
    throw new Error('urn:oid:1.2.3 | https://...');
  return value;
}
