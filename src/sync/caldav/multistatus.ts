/** Answers about several resources (RFC 4918, section 13): each property with its value, or as one that is missing. */
import type { DavAnswer } from '../../rest/files/dav-route.ts';
import { type Properties, keyOf } from './dav-properties.ts';
import { DAV, type DavElement, document, element, href } from './dav-xml.ts';

/** Long: sent only to those who ask for them by name. */
const ON_REQUEST = new Set([keyOf('urn:ietf:params:xml:ns:caldav', 'calendar-data')]);

/** The properties that a request names; `undefined`: all of them. */
export type Wanted = readonly DavElement[] | undefined;

export function wantedIn(request: DavElement | undefined): Wanted {
  const prop = request?.children.find(({ name, namespace }) => name === 'prop' && namespace === DAV);
  return prop?.children;
}

export function responseOf(path: string, all: Properties, wanted: Wanted): string {
  return responseAt(href(path), all, wanted);
}

/** `address`: an `href` element. */
export function responseAt(address: string, all: Properties, wanted: Wanted): string {
  const named =
    wanted?.map(({ namespace, name }) => [namespace, name] as const) ??
    [...all.keys()].filter((key) => !ON_REQUEST.has(key)).map(partsOf);
  const found = named.filter(([namespace, name]) => all.has(keyOf(namespace, name)));
  const missing = named.filter(([namespace, name]) => !all.has(keyOf(namespace, name)));
  const values = found.map(([namespace, name]) => element(namespace, name, all.get(keyOf(namespace, name))));
  return element(
    DAV,
    'response',
    address +
      (values.length > 0 || missing.length === 0 ? propstat(values.join(''), '200 OK') : '') +
      (missing.length > 0
        ? propstat(missing.map(([space, name]) => element(space, name)).join(''), '404 Not Found')
        : ''),
  );
}

/** Every property that a PROPPATCH names stays as it is. */
export function unchangedResponse(path: string, request: DavElement | undefined): string {
  const named = (request?.children ?? [])
    .flatMap(({ children }) => children)
    .flatMap(({ children }) => children)
    .map(({ namespace, name }) => element(namespace, name));
  return element(DAV, 'response', href(path) + propstat(named.join(''), '403 Forbidden'));
}

/** `address`: an `href` element. */
export function goneResponse(address: string): string {
  return element(DAV, 'response', address + statusElement('404 Not Found'));
}

export function multistatus(responses: readonly string[], more = ''): DavAnswer {
  return {
    status: 207,
    type: 'application/xml; charset=utf-8',
    body: document(DAV, 'multistatus', responses.join('') + more),
  };
}

/** A refusal that names its reason (RFC 4918, section 16). */
export function precondition(status: number, namespace: string, name: string): DavAnswer {
  return {
    status,
    type: 'application/xml; charset=utf-8',
    body: document(DAV, 'error', element(namespace, name)),
  };
}

function propstat(values: string, status: string): string {
  return element(DAV, 'propstat', element(DAV, 'prop', values) + statusElement(status));
}

const statusElement = (status: string): string => element(DAV, 'status', `HTTP/1.1 ${status}`);

function partsOf(key: string): readonly [string, string] {
  const end = key.indexOf('}');
  return [key.slice(1, end), key.slice(end + 1)];
}
