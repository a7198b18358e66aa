/**
 * The network that a visitor comes from: an address of the fourth generation, or the first half of one of the
 * sixth. Behind a proxy that the settings name, the address is that which it saw.
 */
import { isIPv4, isIPv6 } from 'node:net';

/**
 * `forwarded`: the header X-Forwarded-For. Each proxy adds the address that it saw at the end: the last one that does
 * not belong to our proxies is that of the visitor, and those before it may be invented.
 */
export function visitorAddress(
  socket: string,
  forwarded: string | undefined,
  isProxy: (address: string | undefined) => boolean,
): string {
  const seen = [...(forwarded ?? '').split(','), socket].map((address) => address.trim()).filter((text) => text !== '');
  for (let i = seen.length - 1; i > 0; i--) if (!isProxy(seen[i])) return seen[i]!;
  return isProxy(socket) ? seen[0]! : socket;
}

/** The address of the fourth generation, the first four groups of one of the sixth. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '');
  if (isIPv4(plain) || !isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('%')[0]!.toLowerCase().split('::');
  const first = head.split(':').filter((group) => group !== '');
  const last = (tail ?? '').split(':').filter((group) => group !== '');
  const zeros =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => '0');
  return [...first, ...zeros, ...last]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}
