/**
 * The only door to `saxes`: a namespace-aware XML parser that refuses what FHIR has no use for and attackers have.
 * DOCTYPE, entities of one's own (so no bomb can be built), processing instructions, CDATA, XML 1.1, another encoding.
 */
import { SaxesParser, type SaxesTagNS } from 'saxes';

export const FHIR_NAMESPACE = 'http://hl7.org/fhir';
export const XHTML_NAMESPACE = 'http://www.w3.org/1999/xhtml';
export const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace';
export const XMLNS_NAMESPACE = 'http://www.w3.org/2000/xmlns/';

export type Tag = SaxesTagNS;

export interface XmlHandlers {
  open(tag: Tag): void;
  close(tag: Tag): void;
  text(content: string): void;
}

/** Where the parser stands: line and column from 1, and the offset after what was read. */
export interface XmlPlace {
  readonly line: number;
  readonly column: number;
  readonly offset: number;
}

/** A parser of `text`; `run` reads it to its end. `refuse` must throw. The place is live: read it inside a handler. */
export function readXml(
  text: string,
  handlers: XmlHandlers,
  refuse: (reason: string) => never,
): { place: XmlPlace; run: () => void } {
  const parser = new SaxesParser({ xmlns: true, defaultXMLVersion: '1.0', forceXMLVersion: true });
  let refused: { index: number; reason: string } | undefined;
  const place: XmlPlace = {
    get line() {
      return refused ? text.slice(0, refused.index).split('\n').length : parser.line;
    },
    get column() {
      return refused ? refused.index - text.lastIndexOf('\n', refused.index) : parser.column + 1;
    },
    get offset() {
      return parser.position;
    },
  };
  // Three handlers only: each further one costs its own, and from the fourth on V8 gives up the parser's shape (0.6 ms
  // become 3 ms for 45 KB). So errors are caught, and what is forbidden is searched for in the text.
  parser.on('opentag', handlers.open);
  parser.on('closetag', handlers.close);
  parser.on('text', handlers.text);
  const run = (): void => {
    refused = forbiddenIn(text);
    if (refused !== undefined) refuse(refused.reason);
    try {
      parser.write(text).close();
    } catch (error) {
      if (!isComplaint(error)) throw error;
      refuse(reasonOf(error));
    }
  };
  return { place, run };
}

const DECLARATION = /^\ufeff?<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*["']1\.0["']([^?<>]*)\?>/;

/** Forbidden everywhere, even in a comment: FHIR has no use for these. */
function forbiddenIn(text: string): { index: number; reason: string } | undefined {
  const declaration = DECLARATION.exec(text);
  const encoding = /encoding[ \t\r\n]*=[ \t\r\n]*["']([^"']*)/.exec(declaration?.[1] ?? '')?.[1];
  if (encoding !== undefined && !/^utf-?8$/i.test(encoding)) return { index: 0, reason: 'the encoding must be UTF-8' };
  if (/^\ufeff?<\?xml[ \t\r\n]/.test(text) && declaration === null)
    return { index: 0, reason: 'only XML 1.0 is allowed' };
  const doctype = text.indexOf('<!DOCTYPE');
  if (doctype >= 0) return { index: doctype, reason: 'a DOCTYPE is not allowed' };
  const cdata = text.indexOf('<![CDATA[');
  if (cdata >= 0) return { index: cdata, reason: 'a CDATA section is not allowed' };
  const instruction = text.indexOf('<?', declaration?.[0].length ?? 0);
  if (instruction >= 0) return { index: instruction, reason: 'a processing instruction is not allowed' };
  return undefined;
}

/** An error of saxes itself (`3:14: unclosed tag`), as against one thrown by a handler. */
function isComplaint(error: unknown): error is Error {
  return error instanceof Error && error.constructor === Error && /^\d+:\d+: /.test(error.message);
}

/** The parser's complaint without its own line and column, cut short: a name in it comes from the caller. */
function reasonOf(error: Error): string {
  const reason = error.message.replace(/^\d+:\d+:\s*/, '').replace(/\.$/, '');
  return reason.length > 120 ? `${reason.slice(0, 120)}...` : reason;
}

/** Text of an attribute value; line breaks and tabs survive a parser's normalisation. */
export function escapeAttribute(text: string): string {
  return SPECIAL.test(text) ? text.replace(EVERY_SPECIAL, escapeCharacter) : text;
}

/** Text between tags. */
export function escapeText(text: string): string {
  return SPECIAL.test(text)
    ? text.replace(EVERY_SPECIAL, (c) => (c === '\n' || c === '\t' || c === '"' ? c : escapeCharacter(c)))
    : text;
}

// Characters that XML 1.0 cannot carry become U+FFFD; the structure check lets none of them in.
const SPECIAL = /[&<>"\u0000-\u001f\ud800-\udfff\ufffe\uffff]/u;
const EVERY_SPECIAL = new RegExp(SPECIAL.source, 'gu');
const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
  '\r': '&#13;',
  '\t': '&#9;',
};

function escapeCharacter(character: string): string {
  return ESCAPES[character] ?? '\ufffd';
}
