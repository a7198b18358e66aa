/**
 * The server's side of TLS: its certificate and key, and the authorities and revocation lists by which it verifies its
 * clients. All of them are reloaded without a restart. The handshake completes whatever certificate the client shows,
 * so that a refusal can be an HTTP answer. Each request is decided anew, and a connection whose certificate is no
 * longer valid is closed. TLS 1.2 at least, without session tickets: a resumed session would skip the verification.
 */
import { constants, createPrivateKey, X509Certificate } from 'node:crypto';
import type { Server, ServerOptions } from 'node:https';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import { createSecureContext } from 'node:tls';
import type { Log } from '../log.ts';
import { certificatesOf, listToPem } from './pem.ts';
import { POLL_MS, Reloaded } from './reloaded.ts';
import { doubts, readTrust, type Trust, type Verdict, verifyClient } from './trust.ts';

export interface TlsFiles {
  /** The certificate of the server with its intermediates; absent where a proxy ends TLS. */
  identity: { certificate: string; key: string } | undefined;
  /** Absent: the server asks clients for no certificate. */
  clients: { authorities: string; lists: readonly string[] } | undefined;
}

/** Forward secrecy and authenticated encryption only, for TLS 1.3 and 1.2 (ANSSI, TLS guide). */
const CIPHERS = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
].join(':');

interface ServerIdentity {
  cert: Buffer;
  key: Buffer;
  notAfter: number;
}

/** The certificate of a connection, and its last verdict. */
interface ClientCertificate {
  certificate: X509Certificate;
  sent: X509Certificate[];
  trust?: Trust;
  verdict?: Verdict;
}

export class ServerTls {
  private readonly identity: Reloaded<ServerIdentity> | undefined;
  private readonly trust: Reloaded<Trust> | undefined;
  private readonly log: Log;
  private readonly now: () => number;
  private readonly open = new Map<TLSSocket, ClientCertificate | undefined>();
  private server: Server | undefined;
  private timer: NodeJS.Timeout | undefined;

  /**
   * Throws when a file is missing or wrong. `now` is the clock of the system by default, because OpenSSL uses it too.
   */
  constructor(files: TlsFiles, log: Log, now: () => number = Date.now) {
    this.log = log;
    this.now = now;
    if (files.identity)
      this.identity = new Reloaded([files.identity.certificate, files.identity.key], ([cert, key]) =>
        readIdentity(cert!, key!),
      );
    if (files.clients) {
      const { authorities, lists } = files.clients;
      this.trust = new Reloaded([authorities, ...lists], ([bundle, ...rest]) => readUsable(bundle!, rest));
      this.logDoubts();
    }
  }

  /** Options of the HTTPS server; undefined without a certificate for it. */
  options(): ServerOptions | undefined {
    if (this.identity === undefined) return undefined;
    const { cert, key } = this.identity.current;
    const asked =
      this.trust === undefined
        ? {}
        : { ...trustOptions(this.trust.current), requestCert: true, rejectUnauthorized: false };
    return { cert, key, ...asked, minVersion: 'TLSv1.2', ciphers: CIPHERS, secureOptions: constants.SSL_OP_NO_TICKET };
  }

  /** Starts to watch the files, and the TLS connections of this server. */
  attach(server: Server): void {
    if (this.identity !== undefined) {
      this.server = server;
      server.on('secureConnection', (socket: TLSSocket) => {
        this.open.set(socket, undefined);
        socket.once('close', () => this.open.delete(socket));
      });
      server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) =>
        this.log.info({ code: error.code, address: socket.remoteAddress }, 'TLS handshake failed'),
      );
    }
    this.timer = setInterval(() => this.reload(), POLL_MS);
    this.timer.unref();
  }

  /** Puts changed files in force, and closes the connections that they no longer allow. */
  reload(): void {
    const isNewIdentity = this.identity?.check(this.log) ?? false;
    const isNewTrust = this.trust?.check(this.log) ?? false;
    if (isNewTrust) this.logDoubts();
    if (isNewIdentity || isNewTrust) this.server?.setSecureContext(this.options()!);
    if (this.trust === undefined) return;
    for (const [socket, seen] of this.open) {
      // A connection that has sent no request is verified when it does.
      if (seen?.verdict === undefined || this.verdictOf(socket)?.refusal === undefined) continue;
      this.log.warn(
        { certificate: nameForLog(seen.certificate), reason: seen.verdict.detail },
        'connection closed: its certificate is no longer valid',
      );
      socket.destroy();
    }
  }

  close(): void {
    clearInterval(this.timer);
  }

  /** The certificate of the handshake; undefined when there was none. */
  certificateOf(socket: TLSSocket): X509Certificate | undefined {
    return this.seen(socket)?.certificate;
  }

  /** Verifies the certificate of the handshake by the files in force now; undefined when there was none. */
  verdictOf(socket: TLSSocket): Verdict | undefined {
    const seen = this.seen(socket);
    if (seen === undefined || this.trust === undefined) return undefined;
    if (seen.verdict === undefined || seen.trust !== this.trust.current || seen.verdict.until <= this.now()) {
      seen.trust = this.trust.current;
      seen.verdict = this.verify(seen.certificate, seen.sent);
      // OpenSSL has verified it at the handshake; both must accept it.
      if (seen.verdict.refusal === undefined && !socket.authorized) {
        seen.verdict = {
          refusal: 'unsupported',
          detail: `the certificate is refused by OpenSSL: ${socket.authorizationError}`,
          until: Number.POSITIVE_INFINITY,
        };
      }
    }
    return seen.verdict;
  }

  /** Verifies a certificate that came another way (in the header of a proxy). */
  verify(certificate: X509Certificate, sent: readonly X509Certificate[] = []): Verdict {
    if (this.trust === undefined) throw new Error('no authorities are given: --tls-client-ca');
    return verifyClient(certificate, sent, this.trust.current, this.now());
  }

  /** The files on which verdicts depend: another object after each change. */
  get trustInForce(): object | undefined {
    return this.trust?.current;
  }

  /** Does a verdict still hold? `trust` was in force when it was given. */
  isInForce(verdict: Verdict, trust: object | undefined): boolean {
    return trust === this.trustInForce && verdict.until > this.now();
  }

  /** When the certificate of the server expires, and the first revocation list, in epoch milliseconds. */
  expiry(): { certificate: number | undefined; list: number | undefined } {
    const lists = this.trust?.current.lists ?? [];
    return {
      certificate: this.identity?.current.notAfter,
      list: lists.length === 0 ? undefined : Math.min(...lists.map((list) => list.nextUpdate)),
    };
  }

  private seen(socket: TLSSocket): ClientCertificate | undefined {
    const known = this.open.get(socket);
    if (known !== undefined) return known;
    const [certificate, ...sent] = shownBy(socket);
    if (certificate === undefined) return undefined;
    const seen = { certificate, sent };
    if (this.open.has(socket)) this.open.set(socket, seen);
    return seen;
  }

  private logDoubts(): void {
    for (const doubt of doubts(this.trust!.current, this.now())) this.log.warn(doubt);
    if (this.trust!.current.lists.length === 0)
      this.log.warn('without a revocation list (--tls-crl), revoked certificates are accepted');
  }
}

/** Throws when the file holds no certificate, or the key belongs to another. */
export function readIdentity(cert: Buffer, key: Buffer): ServerIdentity {
  const [certificate] = certificatesOf(cert);
  if (!certificate!.checkPrivateKey(createPrivateKey(key)))
    throw new Error('the key does not belong to the certificate');
  createSecureContext({ cert, key });
  return { cert, key, notAfter: Date.parse(certificate!.validTo) };
}

/** Both this program and OpenSSL must be able to read the files before they are put in force. */
function readUsable(bundle: Buffer, lists: Buffer[]): Trust {
  const trust = readTrust([bundle], lists);
  createSecureContext(trustOptions(trust));
  return trust;
}

function trustOptions({ authorities, lists }: Trust): ServerOptions {
  return {
    ca: authorities.map(String),
    ...(lists.length === 0 ? {} : { crl: lists.map((list) => listToPem(list.der)) }),
  };
}

/**
 * The certificate of the client and those above it, as far as the handshake shows them. (A call of
 * `getPeerX509Certificate` would remove the others.)
 */
function shownBy(socket: TLSSocket): X509Certificate[] {
  const found: X509Certificate[] = [];
  let peer: Partial<DetailedPeerCertificate> | undefined = socket.getPeerCertificate(true);
  while (peer?.raw !== undefined && found.length < 8) {
    found.push(new X509Certificate(peer.raw));
    peer = peer.issuerCertificate === peer ? undefined : peer.issuerCertificate;
  }
  return found;
}

/** Enough to find the certificate at its authority. These are names of servers, not of persons. */
export function nameForLog(certificate: X509Certificate): object {
  return {
    subject: certificate.subject.replaceAll('\n', ', '),
    serial: certificate.serialNumber,
    fingerprint: certificate.fingerprint256,
  };
}
