/**
 * One HTTP exchange in FHIR's terms: the options of the headers, the body as a resource, and the answer. The files of
 * the interactions work on it, and never see the HTTP library.
 */
import type { Context, Stored } from '../fhir/interaction.ts';
import { errorOf, FhirError, type Issue } from '../fhir/issue.ts';
import { wrongMediaType } from '../fhir/refusals.ts';
import { parseAnyResource, parseReceivedJson, stringifyJson } from '../fhir/json.ts';
import type { Json, Resource } from '../fhir/resource.ts';
import { parseQuery } from '../fhir/search/parse.ts';
import { requireCheap } from '../fhir/resource-cost.ts';
import { checkStructure } from '../fhir/structure.ts';
import { type Subset, subset } from '../fhir/subset.ts';
import { parseXml } from '../fhir/xml/parse-xml.ts';
import { writeXml } from '../fhir/xml/write-xml.ts';
import type { Part } from './audit/part.ts';
import { type EventSource, wantsEvents } from './event-stream.ts';
import { answerFormat, bodyFormat, CONTENT_TYPE, type Format, namesFormat, noFormat } from './media-type.ts';

/** Work that the address of a request does not tell. */
export interface Meter {
  /** Counts these requests, by method and path, against the rate of the caller. */
  charge(entries: readonly (readonly [method: string, path: string])[]): void;
  /** The requests that this process has under way, which share its processor time. */
  sharers(): number;
}

export interface Exchange {
  context: Context;
  meter: Meter;
  /** Throws `forbidden` when the caller may not send such a request; `path` is below the base, without a query. */
  requireOpen(method: string, path: string): void;
  /** False: the caller is confined to paths that do not include this type, whether by search, chain or include. */
  isTypeOpen(type: string): boolean;
  /** The interactions done so far, for the audit trail. */
  parts: Part[];
  method: string;
  /** Raw query, without `?`. */
  query: string;
  header(name: string): string | undefined;
  body: Buffer | undefined;
  /** The body, when it is read already: an entry of a Bundle. */
  json?: Json;
  /** Name of the called operation, without the `$`. */
  operation?: string;
  format: Format;
  pretty: boolean;
  /** The caller asks for server-sent events. */
  asEvents: boolean;
  /** A file may be answered as it is: the caller asks for no format of FHIR. */
  asFile: boolean;
  /** `Prefer: return=`. */
  returns: 'minimal' | 'representation' | 'OperationOutcome';
}

export interface Answer {
  status: number;
  headers?: Record<string, string>;
  /** JSON text, or its bytes; `render` writes it in the format of the request. */
  text?: string | Buffer;
  /** Sent instead of the text, which only the audit trail reads then. */
  file?: { type: string; octets: Buffer };
  /** Instead of a text: events, which leave piece by piece. */
  events?: EventSource;
  /** The OperationOutcome of a batch entry that failed, or was done with warnings. */
  outcome?: Resource;
  /** `_summary` and `_elements` of a read or search. */
  subset?: Subset | undefined;
}

/** Reads `_format`, `_pretty`, `Accept` and `Prefer`. `isFile`: the answer may have any media type. */
export function readOptions(
  query: string,
  header: (name: string) => string | undefined,
  isFile = false,
): Pick<Exchange, 'format' | 'pretty' | 'returns' | 'asEvents' | 'asFile'> & { strict: boolean } {
  const pairs = new Map(parseQuery(query).map(({ name, value }) => [name, value]));
  const prefer = new Map(
    (header('prefer') ?? '')
      .split(/[,;]/)
      .map((part) => part.trim().split('=') as [string, string])
      .map(([name, value = '']) => [name.toLowerCase(), value.replaceAll('"', '').trim()]),
  );
  const returns = prefer.get('return');
  const format = pairs.get('_format');
  const asEvents = format === undefined && wantsEvents(header('accept'));
  const asFile = isFile && !asEvents && !namesFormat(header('accept'), format);
  return {
    asEvents,
    asFile,
    format: asEvents || asFile ? 'json' : answerFormat(header('accept'), format),
    pretty: pairs.get('_pretty') === 'true',
    returns: returns === 'minimal' || returns === 'OperationOutcome' ? returns : 'representation',
    strict: prefer.get('handling') === 'strict',
  };
}

/** Throws 406: this interaction cannot answer with events. */
export function refuseEvents(exchange: Exchange): void {
  if (exchange.asEvents) throw noFormat(`Accept: ${exchange.header('accept')}`);
}

/** The text of a body. Throws when it is not UTF-8; drops a byte order mark. */
export function bodyText(exchange: Exchange): string {
  if (exchange.body === undefined || exchange.body.length === 0) {
    throw new FhirError('required', 'The request has no body', {
      text: 'La requête est vide : une ressource FHIR est attendue.',
    });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(exchange.body);
  } catch {
    throw new FhirError('structure', 'The body is not valid UTF-8', { text: "Le contenu n'est pas en UTF-8 valide." });
  }
}

/** The body as JSON, whatever its format. */
export function bodyJson(exchange: Exchange): Json {
  if (exchange.json !== undefined) return exchange.json;
  const format = bodyFormat(exchange.header('content-type'));
  const text = bodyText(exchange);
  return format === 'xml' ? parseXml(text) : parseReceivedJson(text);
}

/** The body as a resource with the structure of R4; `type` is the one of the URL. */
export function bodyResource(exchange: Exchange, type?: string, tolerate?: (resource: Resource) => unknown): Resource {
  const resource = uncheckedResource(exchange, type);
  tolerate?.(resource);
  const issues = checkStructure(resource).filter((issue) => issue.severity === 'error' || issue.severity === 'fatal');
  if (issues.length > 0) throw errorOf(issues, 400);
  return resource;
}

/** The body as an object with a `resourceType`; nothing else of it is checked. */
export function uncheckedResource(exchange: Exchange, type?: string): Resource {
  if (bodyFormat(exchange.header('content-type')) === 'json-patch') {
    throw wrongMediaType('A JSON Patch is sent with PATCH', "Un correctif JSON s'envoie avec la méthode PATCH.");
  }
  const resource: Json = bodyJson(exchange);
  requireType(resource, type);
  requireCheap(resource, resource.resourceType.slice(0, 64));
  return resource;
}

function requireType(resource: Json, type: string | undefined): void {
  if (
    resource === null ||
    typeof resource !== 'object' ||
    Array.isArray(resource) ||
    typeof resource.resourceType !== 'string'
  ) {
    throw new FhirError('structure', 'The body is not a FHIR resource: no resourceType', {
      expression: 'resourceType',
      text: "Le contenu n'est pas une ressource FHIR : « resourceType » manque.",
    });
  }
  if (type !== undefined && resource.resourceType !== type) {
    throw new FhirError('invalid', `The body is a ${resource.resourceType.slice(0, 64)}, the address says ${type}`, {
      expression: 'resourceType',
      text: `Le contenu ne correspond pas à l'adresse : ${type} attendu.`,
    });
  }
}

/** Writes the JSON text of an answer in the format of the request. */
export function render(
  exchange: Pick<Exchange, 'format' | 'pretty'>,
  answer: Answer,
): { text: string | Buffer; type: string } {
  const type = CONTENT_TYPE[exchange.format];
  const text = answer.text!;
  const isPlain = exchange.format === 'json' && !exchange.pretty && answer.subset === undefined;
  if (isPlain) return { text, type };
  const parsed = parseAnyResource(String(text));
  const resource = answer.subset === undefined ? parsed : subset(parsed, answer.subset);
  return {
    text: exchange.format === 'xml' ? writeXml(resource, exchange.pretty) : stringifyJson(resource, exchange.pretty),
    type,
  };
}

export function versionHeaders(stored: Stored): Record<string, string> {
  return { ETag: `W/"${stored.version}"`, 'Last-Modified': new Date(stored.updatedAt).toUTCString() };
}

/** A header has no room for more; `Prefer: return=OperationOutcome` gives all. */
const MAX_WARNINGS = 20;

/** Warnings for answers whose body has no place for them (RFC 7234 5.5: 199 is a miscellaneous warning). */
export function warningHeader(issues: readonly Issue[]): Record<string, string> {
  return issues.length === 0
    ? {}
    : {
        Warning: issues
          .slice(0, MAX_WARNINGS)
          .map((issue) => `199 creneau "${headerText(issue.diagnostics)}"`)
          .join(', '),
      };
}

/** A quoted header text may hold printable ASCII only. */
function headerText(text: string): string {
  return text
    .replaceAll('"', "'")
    .replace(/[^ -~]/g, '?')
    .slice(0, 300);
}

/** Reads `If-None-Match: *` or `W/"3"` of a write; anything else throws 400. */
export function ifNoneMatch(exchange: Exchange): '*' | number | undefined {
  const text = exchange.header('if-none-match')?.trim();
  if (text === undefined || text === '*') return text;
  const version = /^(?:W\/)?"(\d{1,9})"$/.exec(text)?.[1];
  if (version !== undefined) return Number(version);
  throw new FhirError('value', `If-None-Match: ${text.slice(0, 80)} is neither * nor W/"[version]"`, {
    expression: 'http.If-None-Match',
    text: 'En-tête If-None-Match incompris.',
  });
}

/** Reads `If-Match: W/"3"` as 3. `*` names no version and sets no condition; anything else throws 400. */
export function ifMatch(exchange: Exchange): number | undefined {
  const text = exchange.header('if-match');
  if (text === undefined || text.trim() === '*') return undefined;
  const version = /^\s*(?:W\/)?"(\d{1,9})"\s*$/.exec(text)?.[1];
  if (version === undefined) {
    throw new FhirError('value', `If-Match: ${text.slice(0, 80)} is not W/"[version]"`, {
      expression: 'http.If-Match',
      text: 'En-tête If-Match incompris.',
    });
  }
  return Number(version);
}
