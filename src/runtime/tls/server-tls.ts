/**
 * The server's side of TLS: its certificate and key, and the authorities and revocation lists by which it judges its
 * clients. All of
 * them are reloaded without a restart. The handshake completes whatever the client shows, so that a refusal can be
 * told in HTTP; who is refused is decided here, for each request anew, and a connection whose certificate is good no
 * longer is closed. TLS 1.2 at least, without session tickets: a resumed session would skip the judgement of the
 * certificate.
 */
import { constants, createPrivateKey, X509Certificate } from 'node:crypto';
import type { Server, ServerOptions } from 'node:https';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import { createSecureContext } from 'node:tls';
import type { Log } from '../log.ts';
import { certificatesOf, listToPem } from './pem.ts';
import { POLL_EVERY, Reloaded } from './reloaded.ts';
import { doubts, readTrust, type Trust, type Verdict, verifyClient } from './trust.ts';

export interface TlsFiles {
  /** The server's certificate with its intermediates; absent where a proxy ends TLS. */
  identity: { certificate: string; key: string } | undefined;
  /** Absent: clients are asked for no certificate. */
  clients: { authorities: string; lists: readonly string[] } | undefined;
}

interface Identity {
  cert: Buffer;
  key: Buffer;
  notAfter: number;
}

/** A connection's certificate and what was thought of it last. */
interface Seen {
  certificate: X509Certificate;
  sent: X509Certificate[];
  trust?: Trust;
  verdict?: Verdict;
}

export class ServerTls {
  private readonly identity: Reloaded<Identity> | undefined;
  private readonly trust: Reloaded<Trust> | undefined;
  private readonly log: Log;
  private readonly now: () => number;
  private readonly open = new Map<TLSSocket, Seen | undefined>();
  private server: Server | undefined;
  private timer: NodeJS.Timeout | undefined;

  /**
   * Throws when a file is missing or is not what it should be. `now` is the system's clock, by which OpenSSL judges
   * too.
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
      this.tellDoubts();
    }
  }

  /** Options of the HTTPS server; undefined without a certificate of its own. */
  options(): ServerOptions | undefined {
    if (this.identity === undefined) return undefined;
    const { cert, key } = this.identity.current;
    const asked =
      this.trust === undefined
        ? {}
        : { ...trustOptions(this.trust.current), requestCert: true, rejectUnauthorized: false };
    return { cert, key, ...asked, minVersion: 'TLSv1.2', secureOptions: constants.SSL_OP_NO_TICKET };
  }

  /** Starts to look at the files and to watch the connections of this server, if it has any of TLS. */
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
    this.timer = setInterval(() => this.look(), POLL_EVERY);
    this.timer.unref();
  }

  close(): void {
    clearInterval(this.timer);
  }

  /** The certificate that came with the handshake; undefined when there was none. */
  certificateOf(socket: TLSSocket): X509Certificate | undefined {
    return this.seen(socket)?.certificate;
  }

  /** Judges the certificate of the handshake, by what is in force now. */
  judge(socket: TLSSocket): Verdict | undefined {
    const seen = this.seen(socket);
    if (seen === undefined || this.trust === undefined) return undefined;
    if (seen.verdict === undefined || seen.trust !== this.trust.current || seen.verdict.until <= this.now()) {
      seen.trust = this.trust.current;
      seen.verdict = this.judgeCertificate(seen.certificate, seen.sent);
      // Two judges: OpenSSL's at the handshake, ours at every change since.
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

  /** Judges a certificate that came another way (a proxy's header). */
  judgeCertificate(certificate: X509Certificate, sent: readonly X509Certificate[] = []): Verdict {
    if (this.trust === undefined) throw new Error('no authorities are given: --tls-client-ca');
    return verifyClient(certificate, sent, this.trust.current, this.now());
  }

  /** What verdicts depend on: another object after each change. */
  get trustInForce(): object | undefined {
    return this.trust?.current;
  }

  /** Epoch milliseconds at which the server's certificate, and the first list, stop to hold. */
  expiry(): { certificate: number | undefined; list: number | undefined } {
    const lists = this.trust?.current.lists ?? [];
    return {
      certificate: this.identity?.current.notAfter,
      list: lists.length === 0 ? undefined : Math.min(...lists.map((list) => list.nextUpdate)),
    };
  }

  private seen(socket: TLSSocket): Seen | undefined {
    const known = this.open.get(socket);
    if (known !== undefined) return known;
    const [certificate, ...sent] = shownBy(socket);
    if (certificate === undefined) return undefined;
    const seen = { certificate, sent };
    if (this.open.has(socket)) this.open.set(socket, seen);
    return seen;
  }

  private look(): void {
    const isNewIdentity = this.identity?.check(this.log) ?? false;
    const isNewTrust = this.trust?.check(this.log) ?? false;
    if (isNewTrust) this.tellDoubts();
    if (isNewIdentity || isNewTrust) this.server?.setSecureContext(this.options()!);
    if (this.trust === undefined) return;
    for (const [socket, seen] of this.open) {
      // Not yet judged: it has asked for nothing, and will be judged when it does.
      if (seen?.verdict === undefined || this.judge(socket)?.refusal === undefined) continue;
      this.log.warn(
        { certificate: nameForLog(seen.certificate), reason: seen.verdict.detail },
        'connection closed: its certificate is good no longer',
      );
      socket.destroy();
    }
  }

  private tellDoubts(): void {
    for (const doubt of doubts(this.trust!.current, this.now())) this.log.warn(doubt);
    if (this.trust!.current.lists.length === 0)
      this.log.warn('no revocation list is given (--tls-crl): revoked certificates are not recognised');
  }
}

/** Throws when the two do not belong together, or the certificate is not one. */
function readIdentity(cert: Buffer, key: Buffer): Identity {
  const [certificate] = certificatesOf(cert);
  if (!certificate!.checkPrivateKey(createPrivateKey(key))) throw new Error('the key is not that of the certificate');
  createSecureContext({ cert, key });
  return { cert, key, notAfter: Date.parse(certificate!.validTo) };
}

/** Read by us and by OpenSSL: what either cannot read is not put in force. */
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
 * The client's certificate and those above it, as far as the handshake shows them. (`getPeerX509Certificate` would take
 * them away.)
 */
function shownBy(socket: TLSSocket): X509Certificate[] {
  const found: X509Certificate[] = [];
  let one: Partial<DetailedPeerCertificate> | undefined = socket.getPeerCertificate(true);
  while (one?.raw !== undefined && found.length < 8) {
    found.push(new X509Certificate(one.raw));
    one = one.issuerCertificate === one ? undefined : one.issuerCertificate;
  }
  return found;
}

/** Enough to find it at its authority; names of servers, not of persons. */
export function nameForLog(certificate: X509Certificate): object {
  return {
    subject: certificate.subject.replaceAll('\n', ', '),
    serial: certificate.serialNumber,
    fingerprint: certificate.fingerprint256,
  };
}
