/**
 * Mutual TLS: from the certificate of a connection (or of a trusted proxy's header) to a caller with roles, and from
 * there to what
 * that caller may do. Deny by default, before any path. A certificate that is missing or no good: 401. One that is
 * good, of a caller
 * who is not listed or may not do this: 403. Each with an OperationOutcome, since a broken handshake tells a partner
 * nothing.
 */
import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { FhirError, type IssueCode } from '../../fhir/issue.ts';
import type { Log } from '../../runtime/log.ts';
import { nameForLog, type ServerTls } from '../../runtime/tls/server-tls.ts';
import type { Refusal, Verdict } from '../../runtime/tls/trust.ts';
import { type Admit, NOBODY } from '../callers.ts';
import { type CertificateCaller, findCaller, namesOf } from './callers-file.ts';
import { CLIENT_CERT, proxyList, readForwarded } from './proxy.ts';
import { routedPath } from './routed-path.ts';
import { allowed, callerUnder } from './decision.ts';
import type { AccessTable } from './table.ts';

export interface MutualTls {
  tls: ServerTls;
  /** The callers in force. */
  callers: () => readonly CertificateCaller[];
  trustedProxies: readonly string[];
  table: AccessTable;
  log: Log;
}

/**
 * In French, for whoever reads the answer; in which code. The server's own missing list is not the caller's fault: 503.
 */
const REFUSALS: Record<Refusal, { code: IssueCode; text: string }> = {
  'unknown-authority': {
    code: 'login',
    text: "Certificat client délivré par une autorité qui n'est pas reconnue ici.",
  },
  expired: { code: 'login', text: 'Certificat client expiré.' },
  'not-yet-valid': {
    code: 'login',
    text: "Certificat client pas encore valable : vérifiez sa date de début et l'heure du serveur.",
  },
  revoked: { code: 'login', text: 'Certificat client révoqué.' },
  'wrong-usage': { code: 'login', text: "Ce certificat n'est pas fait pour l'authentification d'un client." },
  unsupported: { code: 'login', text: "Certificat client d'une forme qui n'est pas acceptée ici." },
  'no-current-list': {
    code: 'transient',
    text: "La liste de révocation de l'autorité n'est pas à jour sur ce serveur : prévenez son exploitant.",
  },
};

export function mutualTls(options: MutualTls): Admit {
  const isProxy = proxyList(options.trustedProxies);
  const forwarded = forwardedVerdicts(options.tls);

  const certificateOf = (request: FastifyRequest): { certificate: X509Certificate; verdict: Verdict } | undefined => {
    const header = request.headers[CLIENT_CERT];
    const address = request.raw.socket.remoteAddress;
    if (isProxy(address)) {
      // What comes through a proxy is its client's: the proxy's own certificate, if it has one, does not speak for it.
      return header === undefined ? undefined : forwarded(String(header));
    }
    if (header !== undefined) {
      options.log.warn({ requestId: request.id, address }, 'a Client-Cert header from elsewhere than a trusted proxy');
      throw new FhirError('forbidden', 'The header Client-Cert is taken from the listed proxies only', {
        expression: 'http.Client-Cert',
        text: "L'en-tête Client-Cert n'est admis que des mandataires déclarés.",
      });
    }
    const socket = request.raw.socket as TLSSocket;
    const certificate = socket.encrypted ? options.tls.certificateOf(socket) : undefined;
    const verdict = certificate && options.tls.judge(socket);
    return verdict && { certificate: certificate!, verdict };
  };

  return (request, reply) => {
    const path = routedPath(request);
    const shown = certificateOf(request);
    if (allowed(options.table, request.method, path) === 'anybody') return NOBODY;
    if (shown === undefined)
      throw refused(
        request,
        reply,
        'login',
        'A client certificate is needed',
        'Certificat client absent : présentez un certificat délivré par une autorité reconnue.',
      );
    const { certificate, verdict } = shown;
    if (verdict.refusal !== undefined) {
      options.log.warn(
        { requestId: request.id, certificate: nameForLog(certificate), reason: verdict.detail },
        'certificate refused',
      );
      throw refused(
        request,
        reply,
        REFUSALS[verdict.refusal].code,
        `Client certificate refused: ${verdict.detail}`,
        REFUSALS[verdict.refusal].text,
      );
    }
    const names = namesOf(certificate);
    const listed = findCaller(options.callers(), names);
    if (listed === undefined) {
      options.log.warn(
        { requestId: request.id, certificate: nameForLog(certificate) },
        'certificate of an unknown caller',
      );
      const shownNames =
        `CN ${names.commonName ?? 'none'}, OU ${names.organizationalUnits.join(' and ') || 'none'}`.slice(0, 200);
      throw new FhirError('forbidden', `No caller is listed with ${shownNames}`, {
        text: "Ce certificat est valable, mais son titulaire (CN et OU) n'est pas inscrit ici.",
      });
    }
    const caller = callerUnder(options.table, listed);
    caller.requireOpen(request.method, path);
    return caller;
  };
}

/** Refuses, and has the connection closed: the next one will show its certificate anew. */
function refused(
  request: FastifyRequest,
  reply: FastifyReply,
  code: IssueCode,
  diagnostics: string,
  text: string,
): FhirError {
  if ((request.raw.socket as TLSSocket).encrypted) reply.header('Connection', 'close');
  return new FhirError(code, diagnostics, { text });
}

/** Verdicts of forwarded certificates, kept while they hold: a proxy sends the same ones again and again. */
function forwardedVerdicts(tls: ServerTls): (header: string) => { certificate: X509Certificate; verdict: Verdict } {
  const MAX_REMEMBERED = 1000;
  const known = new Map<string, { certificate: X509Certificate; verdict: Verdict; trust: object | undefined }>();
  return (header) => {
    const before = known.get(header);
    if (before !== undefined && before.trust === tls.trustInForce && before.verdict.until > Date.now()) return before;
    const certificate = readForwarded(header);
    if (certificate === undefined)
      throw new FhirError('login', 'The header Client-Cert holds no single certificate', {
        expression: 'http.Client-Cert',
        text: "L'en-tête Client-Cert ne contient pas un certificat lisible.",
      });
    if (known.size >= MAX_REMEMBERED) known.clear();
    const now = { certificate, verdict: tls.judgeCertificate(certificate), trust: tls.trustInForce };
    known.set(header, now);
    return now;
  };
}
