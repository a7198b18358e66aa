/**
 * The one vocabulary of errors: FHIR's issue codes, carried by one class, `FhirError`.
 * Thrown anywhere, turned into an OperationOutcome in one place (`rest/error-response.ts`).
 * https://hl7.org/fhir/R4/operationoutcome.html, https://hl7.org/fhir/R4/valueset-issue-type.html
 */
import type { OperationOutcome } from './foundation.ts';

export type IssueCode =
  | 'invalid'
  | 'structure'
  | 'required'
  | 'value'
  | 'invariant'
  | 'code-invalid'
  | 'extension'
  | 'not-supported'
  | 'login'
  | 'forbidden'
  | 'not-found'
  | 'deleted'
  | 'conflict'
  | 'duplicate'
  | 'multiple-matches'
  | 'business-rule'
  | 'processing'
  | 'too-costly'
  | 'too-long'
  | 'throttled'
  | 'transient'
  | 'timeout'
  | 'no-store'
  | 'exception'
  | 'informational';

export interface Issue {
  severity: 'fatal' | 'error' | 'warning' | 'information';
  code: IssueCode;
  /** English, for the engineer; safe for the caller: never a patient's identity, never a stack. */
  diagnostics: string;
  /** French, for the person who reads the screen. */
  text?: string;
  /** FHIRPath of the faulty element, or `http.header` / the name of a search parameter. */
  expression?: string[];
}

/**
 * The status that each issue code answers with, unless the error says otherwise (409 or 412 for a version conflict).
 */
export const STATUS: Record<IssueCode, number> = {
  invalid: 400,
  structure: 400,
  required: 400,
  value: 400,
  invariant: 422,
  'code-invalid': 422,
  extension: 422,
  'not-supported': 400,
  login: 401,
  forbidden: 403,
  'not-found': 404,
  deleted: 410,
  conflict: 409,
  duplicate: 409,
  'multiple-matches': 412,
  'business-rule': 422,
  processing: 422,
  'too-costly': 400,
  'too-long': 413,
  throttled: 429,
  transient: 503,
  timeout: 503,
  'no-store': 507,
  exception: 500,
  informational: 200,
};

export interface FhirErrorOptions {
  /** Where: FHIRPath expressions or parameter names. */
  expression?: string | string[];
  /** French text for the person; `diagnostics` is used when absent. */
  text?: string;
  /** Overrides the status of the code, where the standard asks for another one (412, 415, 406...). */
  status?: number;
  /** Goes to the log only. */
  cause?: unknown;
  /** More issues of the same refusal, after the first. */
  more?: Issue[];
}

/** A refusal or a failure, in FHIR's own words. */
export class FhirError extends Error {
  readonly issues: Issue[];
  readonly status: number;

  constructor(code: IssueCode, diagnostics: string, options: FhirErrorOptions = {}) {
    super(diagnostics, { cause: options.cause });
    this.name = 'FhirError';
    this.status = options.status ?? STATUS[code];
    this.issues = [issue('error', code, diagnostics, options), ...(options.more ?? [])];
  }

  get code(): IssueCode {
    return this.issues[0]!.code;
  }
}

/** A refusal of one code: English for the engineer, French for the person, and the element that is wrong. */
const refusal =
  (code: IssueCode) =>
  (diagnostics: string, text: string, expression?: string): FhirError =>
    new FhirError(code, diagnostics, expression === undefined ? { text } : { text, expression });

export const wrongValue = refusal('value');
export const missing = refusal('required');
export const malformed = refusal('structure');
export const unsupported = refusal('not-supported');
export const forbidden = refusal('forbidden');
export const brokenRule = refusal('business-rule');
export const unprocessable = refusal('processing');

export function notFound(type: string, id: string): FhirError {
  return new FhirError('not-found', `There is no ${type}/${id}`, { text: `La ressource ${type}/${id} n'existe pas.` });
}

export function deleted(type: string, id: string): FhirError {
  return new FhirError('deleted', `${type}/${id} was deleted`, {
    text: `La ressource ${type}/${id} a été supprimée.`,
  });
}

/** The criteria are not repeated: they may name somebody. */
export function noMatch(type: string): FhirError {
  return new FhirError('not-found', `No ${type} matches the criteria`, {
    text: `Aucune ressource ${type} ne répond aux critères.`,
  });
}

/** 412: the resource is not at the version of `If-Match`. */
export function versionConflict(asked: number, current?: number): FhirError {
  return new FhirError(
    'conflict',
    `If-Match asks for version ${asked}${current === undefined ? '' : `, the current one is ${current}`}`,
    {
      status: 412,
      expression: 'http.If-Match',
      text: "La ressource a changé depuis que vous l'avez lue : relisez-la avant de la modifier.",
    },
  );
}

/** An error made of several faults at once (a resource with several faulty elements). The first decides the status. */
export function errorOf(issues: Issue[], status?: number): FhirError {
  const [first, ...more] = issues;
  if (first === undefined) throw new Error('errorOf() needs at least one issue');
  return new FhirError(first.code, first.diagnostics, {
    ...(first.expression ? { expression: first.expression } : {}),
    ...(first.text ? { text: first.text } : {}),
    ...(status ? { status } : {}),
    more,
  });
}

export function issue(
  severity: Issue['severity'],
  code: IssueCode,
  diagnostics: string,
  where: { expression?: string | string[]; text?: string } = {},
): Issue {
  const expression = typeof where.expression === 'string' ? [where.expression] : where.expression;
  return {
    severity,
    code,
    diagnostics,
    ...(where.text ? { text: where.text } : {}),
    ...(expression && expression.length > 0 ? { expression } : {}),
  };
}

/** The OperationOutcome of a list of issues; `id` is the request's, the same as in the log. */
export function toOperationOutcome(issues: Issue[], id?: string): OperationOutcome {
  return {
    resourceType: 'OperationOutcome',
    ...(id ? { id } : {}),
    issue: issues.map((issue) => ({
      severity: issue.severity,
      code: issue.code,
      details: { text: printable(issue.text ?? issue.diagnostics) },
      diagnostics: printable(issue.diagnostics),
      ...(issue.expression ? { expression: issue.expression.map(printable) } : {}),
    })),
  };
}

const UNPRINTABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

/** A refusal quotes what was sent, and XML has no place for every character that was. */
function printable(text: string): string {
  return text.toWellFormed().replace(UNPRINTABLE, '\ufffd');
}

/** The same refusal of an entry of a Bundle: its places begin at the entry. */
export function inEntry(error: FhirError, index: number): FhirError {
  const entry = `Bundle.entry[${index}]`;
  const place = (path: string): string => {
    if (path.startsWith('Bundle.')) return path;
    return /^[A-Z]/.test(path) ? `${entry}.resource${path.slice(/^\w+/.exec(path)![0].length)}` : `${entry}.request`;
  };
  const [first, ...more] = error.issues.map((issue) => ({
    ...issue,
    expression: issue.expression?.map(place) ?? [entry],
  }));
  return new FhirError(first!.code, `Entry ${index}: ${first!.diagnostics}`, {
    status: error.status,
    expression: first!.expression,
    text: `Entrée ${index} : ${first!.text ?? first!.diagnostics}`,
    more,
    cause: error.cause,
  });
}
