/**
 * Mutual TLS: the certificate of the connection, or the one in the header of a trusted proxy, identifies a caller with
 * roles, before any path. Without a valid certificate: 401. With a valid certificate of somebody who is not listed, or
 * whose roles do not open the request: 403. Each is an OperationOutcome, because a broken handshake would tell a
 * partner nothing.
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

/** Code and French text of each refusal. A missing list of the server is not the caller's fault: 503. */
const REFUSALS: Readonly<Record<Refusal, { code: IssueCode; text: string }>> = {
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
      // The proxy's own certificate, if it has one, does not speak for its client.
      return header === undefined ? undefined : forwarded(String(header));
    }
    if (header !== undefined) {
      options.log.warn({ requestId: request.id, address }, 'a Client-Cert header that no trusted proxy sent');
      throw new FhirError('forbidden', 'The header Client-Cert is accepted from the listed proxies only', {
        expression: 'http.Client-Cert',
        text: "L'en-tête Client-Cert n'est admis que des mandataires déclarés.",
      });
    }
    const socket = request.raw.socket as TLSSocket;
    const certificate = socket.encrypted ? options.tls.certificateOf(socket) : undefined;
    const verdict = certificate && options.tls.verdictOf(socket);
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
        'A client certificate is required',
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

/** Refuses, and closes the connection, so that the next one shows its certificate anew. */
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

/** Verdicts of forwarded certificates, kept while they hold: a proxy sends the same certificates again and again. */
function forwardedVerdicts(tls: ServerTls): (header: string) => { certificate: X509Certificate; verdict: Verdict } {
  const MAX_REMEMBERED = 1000;
  const known = new Map<string, { certificate: X509Certificate; verdict: Verdict; trust: object | undefined }>();
  return (header) => {
    const before = known.get(header);
    if (before !== undefined && tls.isInForce(before.verdict, before.trust)) return before;
    const certificate = readForwarded(header);
    if (certificate === undefined)
      throw new FhirError('login', 'The header Client-Cert does not hold one certificate', {
        expression: 'http.Client-Cert',
        text: "L'en-tête Client-Cert ne contient pas un certificat lisible.",
      });
    if (known.size >= MAX_REMEMBERED) known.clear();
    const fresh = { certificate, verdict: tls.verify(certificate), trust: tls.trustInForce };
    known.set(header, fresh);
    return fresh;
  };
}
