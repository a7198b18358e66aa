/**
 * A proxy that ends TLS in front of the server forwards the certificate of the client in the header `Client-Cert`: in
 * the form of RFC 9440 (`:base64 of DER:`), or as PEM with percent escapes (nginx: `$ssl_client_escaped_cert`) or with
 * spaces for line ends. The header counts only from the listed addresses, and this server verifies the certificate like
 * any other, whether the proxy did or not.
 */
import { X509Certificate } from 'node:crypto';
import { BlockList, isIPv6 } from 'node:net';

export const CLIENT_CERT = 'client-cert';

/** Addresses and networks: `10.1.2.3`, `10.1.0.0/16`, `fd00::/8`. */
export function proxyList(addresses: readonly string[]): (address: string | undefined) => boolean {
  const list = new BlockList();
  for (const network of addresses) {
    const [address = '', bits] = network.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (address) => {
    // A socket for both families shows an IPv4 address as ::ffff:a.b.c.d.
    const plain = address?.replace(/^::ffff:(?=\d+\.)/, '');
    return plain !== undefined && list.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
  };
}

const MAX_HEADER_LENGTH = 32_768;

/** Undefined when it holds no single certificate. */
export function readForwarded(header: string): X509Certificate | undefined {
  const der = header.length > MAX_HEADER_LENGTH ? undefined : (rfc9440(header) ?? pem(header));
  try {
    return der && new X509Certificate(der);
  } catch {
    return undefined;
  }
}

function rfc9440(header: string): Buffer | undefined {
  const text = /^:([A-Za-z0-9+/]+={0,2}):$/.exec(header.trim())?.[1];
  return text === undefined ? undefined : Buffer.from(text, 'base64');
}

function pem(header: string): Buffer | undefined {
  let plain = header;
  try {
    if (header.includes('%')) plain = decodeURIComponent(header);
  } catch {
    return undefined;
  }
  const text = /^\s*-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*$/.exec(plain)?.[1];
  return text === undefined ? undefined : Buffer.from(text, 'base64');
}
