/**
 * The one exit of errors: anything thrown becomes an OperationOutcome with a status and the id of the request, and a
 * line in the log. Of an unexpected error the caller learns only that id.
 */
import { FhirError, STATUS, toOperationOutcome } from '../fhir/issue.ts';
import { CONTENT_ENCODING, Overloaded } from '../fhir/refusals.ts';
import type { OperationOutcome } from '../fhir/foundation.ts';
import type { Log } from '../runtime/log.ts';

export interface ErrorResponse {
  status: number;
  outcome: OperationOutcome;
  headers: Record<string, string>;
}

export function errorResponse(thrown: unknown, requestId: string, log: Log): ErrorResponse {
  const error = toFhirError(thrown);
  const place = { requestId, status: error.status, code: error.code, where: error.issues[0]!.expression };
  if (error.status >= 500 && !(error instanceof Overloaded))
    log.error({ ...place, err: cleaned(error.cause ?? thrown) }, error.message);
  else log.debug(place, error.message);
  return {
    status: error.status,
    outcome: toOperationOutcome(error.issues, requestId),
    headers: headersOf(error),
  };
}

function headersOf({ status, issues }: FhirError): Record<string, string> {
  if (status === 503 || status === 429) return { 'Retry-After': '2' };
  // https://www.rfc-editor.org/rfc/rfc9110#section-15.5.16
  if (issues[0]!.expression?.includes(CONTENT_ENCODING)) return { 'Accept-Encoding': 'identity' };
  return {};
}

/** The part of a failure that goes to the log: never the values of a query, which may be those of a person. */
function cleaned(cause: unknown): object {
  const { name, message, code, stack } = (cause ?? {}) as {
    name?: string;
    message?: string;
    code?: string;
    stack?: string;
  };
  const frames = stack?.split('\n').filter((line) => /^ {4}at /.test(line));
  return { name, message: withoutQuotes(message), code, stack: frames?.slice(0, 5).join('\n') };
}

/** PostgreSQL and others quote the value that they cannot read, which may be a name. */
function withoutQuotes(message: string | undefined): string | undefined {
  return message
    ?.replaceAll(/"[^"]*"?|'[^']*'?|«[^»]*»?|`[^`]*`?/g, '"…"')
    .split('\n')[0]
    ?.slice(0, 300);
}

/** Errors of the HTTP library, by their codes. */
const LIBRARY: Readonly<Record<string, () => FhirError>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: () =>
    new FhirError('too-long', 'The body is larger than this server accepts', {
      status: 413,
      text: 'Contenu trop volumineux.',
    }),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    new FhirError('invalid', 'The body does not have the announced length', { text: 'Le contenu reçu est incomplet.' }),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () =>
    new FhirError('not-supported', 'The Content-Type cannot be read', {
      status: 415,
      text: 'Type de contenu illisible.',
    }),
  ECONNRESET: () => new FhirError('transient', 'The caller left', { text: "L'appelant a coupé la connexion." }),
};

export function toFhirError(thrown: unknown): FhirError {
  if (thrown instanceof FhirError) return thrown;
  const { code, statusCode } = (thrown ?? {}) as { code?: string; statusCode?: number };
  const known = code === undefined ? undefined : LIBRARY[code];
  if (known !== undefined) return known();
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new FhirError('invalid', 'The request cannot be read', {
      status: statusCode,
      cause: thrown,
      text: 'Requête illisible.',
    });
  }
  return new FhirError('exception', 'Internal error; tell the operator the id of this answer', {
    status: STATUS.exception,
    cause: thrown,
    text: "Erreur interne. Communiquez à l'exploitant l'identifiant de cette réponse.",
  });
}
