/** The XML of WebDAV: what a request asks, read into elements; answers, written as text. */
import { FhirError } from '../../fhir/issue.ts';
import { readXml } from '../../fhir/xml/sax.ts';

export const DAV = 'DAV:';
export const CALDAV = 'urn:ietf:params:xml:ns:caldav';
export const CALENDAR_SERVER = 'http://calendarserver.org/ns/';
export const APPLE = 'http://apple.com/ns/ical/';

const PREFIXES: ReadonlyMap<string, string> = new Map([
  [DAV, 'd'],
  [CALDAV, 'c'],
  [CALENDAR_SERVER, 's'],
  [APPLE, 'a'],
]);

export interface DavElement {
  namespace: string;
  name: string;
  attributes: Readonly<Record<string, string>>;
  children: DavElement[];
  text: string;
}

const MAX_DEPTH = 30;

/** `undefined` for an empty body. Throws FhirError (400). */
export function readDavXml(text: string): DavElement | undefined {
  if (text.trim() === '') return undefined;
  const open: DavElement[] = [];
  let root: DavElement | undefined;
  const refuse = (reason: string): never => {
    throw new FhirError('structure', `The body is not XML: ${reason}`, {
      text: 'Le corps de la requête est illisible.',
    });
  };
  const handlers = {
    open(tag: { uri: string; local: string; attributes: Record<string, { local: string; value: string }> }): void {
      if (open.length >= MAX_DEPTH) refuse('nested too deep');
      const attributes = Object.values(tag.attributes).map(({ local, value }) => [local, value]);
      const element: DavElement = {
        ...{ namespace: tag.uri, name: tag.local, children: [], text: '' },
        attributes: Object.fromEntries(attributes),
      };
      open.at(-1)?.children.push(element);
      root ??= element;
      open.push(element);
    },
    close(): void {
      open.pop();
    },
    text(content: string): void {
      const element = open.at(-1);
      if (element !== undefined) element.text += content;
    },
  };
  readXml(text, handlers, refuse).run();
  return root;
}

export function childOf(element: DavElement | undefined, name: string): DavElement | undefined {
  return element?.children.find((child) => child.name === name);
}

export function escapeXml(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** `<d:href>…</d:href>`: `name` is `href`; `content` is XML. Unknown namespaces are declared where they stand. */
export function element(namespace: string, name: string, content = ''): string {
  const prefix = PREFIXES.get(namespace);
  const [tag, declared] = prefix === undefined ? [name, ` xmlns="${escapeXml(namespace)}"`] : [`${prefix}:${name}`, ''];
  return content === '' ? `<${tag}${declared}/>` : `<${tag}${declared}>${content}</${tag}>`;
}

/** Of a path that is not escaped; names of objects may hold what has a meaning in addresses. */
export const href = (path: string): string => asWritten(encodeURI(path).replace(/[?#]/g, encodeURIComponent));

/** Of an address as a client wrote it: it recognises its own. */
export const asWritten = (address: string): string => element(DAV, 'href', escapeXml(address));

/** A whole document: the root with its namespaces. */
export function document(namespace: string, name: string, content: string): string {
  const declared = [...PREFIXES].map(([uri, prefix]) => ` xmlns:${prefix}="${uri}"`);
  const tag = `${PREFIXES.get(namespace)}:${name}`;
  return `<?xml version="1.0" encoding="utf-8"?>\n<${tag}${declared.join('')}>${content}</${tag}>\n`;
}
