/**
 * The XHTML of a narrative (`Narrative.div`): well formed, and only what a page may show without danger (txt-1, txt-2).
 * Shared by the structure check, which refuses anything else, and by the XML codec, which carries the text as it is.
 * https://hl7.org/fhir/R4/narrative.html#xhtml
 */
import {
  escapeAttribute,
  escapeText,
  readXml,
  type Tag,
  XHTML_NAMESPACE,
  XML_NAMESPACE,
  XMLNS_NAMESPACE,
} from './sax.ts';

/** Tags nested deeper than this are refused. */
const MAX_DEPTH = 64;

/** The elements that txt-1 allows: HTML 4.0 chapters 7 to 11 and 15, links and images. */
const ALLOWED = new Set(
  (
    'div p br h1 h2 h3 h4 h5 h6 a span b em i u strong small big tt dfn q var abbr acronym cite blockquote ' +
    'hr ul ol li dl dt dd ' +
    'address pre table caption colgroup col thead tr tfoot tbody th td code kbd samp img map area sub sup ' +
    'ins del bdo s strike center font figure figcaption'
  ).split(' '),
);

/** The fault of a narrative, in English; `undefined` when there is none. */
export function narrativeFault(text: string): string | undefined {
  let depth = 0;
  let fault: string | undefined;
  let isEmpty = true;
  const { place, run } = readXml(
    text,
    {
      open: (tag) => {
        const reason = tagFault(tag, ++depth);
        if (reason !== undefined) refuse(reason);
        if (tag.local === 'img') isEmpty = false;
      },
      close: () => void depth--,
      text: (content) => {
        if (isEmpty && content.trim() !== '') isEmpty = false;
      },
    },
    refuse,
  );
  function refuse(reason: string): never {
    fault = `line ${place.line}, column ${place.column} of the XHTML: ${reason}`;
    throw STOP;
  }
  try {
    run();
  } catch (error) {
    if (error !== STOP) throw error;
  }
  return fault ?? (isEmpty ? 'the XHTML holds no text' : undefined);
}

const STOP = new Error('narrative refused');

/** Why a tag cannot stand in a narrative. */
export function tagFault(tag: Tag, depth: number): string | undefined {
  if (depth > MAX_DEPTH) return `tags are nested deeper than ${MAX_DEPTH} levels`;
  if (tag.uri !== XHTML_NAMESPACE) return `a tag is not in the namespace ${XHTML_NAMESPACE}`;
  if (depth === 1 && tag.local !== 'div') return 'the outer tag must be div';
  if (!ALLOWED.has(tag.local)) return `the tag ${tag.local.slice(0, 40)} is not allowed in a narrative`;
  for (const name in tag.attributes) {
    const { local, uri, value } = tag.attributes[name]!;
    if (uri !== '' && uri !== XMLNS_NAMESPACE && uri !== XML_NAMESPACE) return 'an attribute has a namespace';
    if (/^on/i.test(local)) return 'an event attribute is not allowed in a narrative';
    if (/^(href|src|background|cite|longdesc|usemap)$/i.test(local) && isActive(value))
      return `the attribute ${local} must not run a program`;
    if (/^style$/i.test(local) && STYLE_PROGRAM.test(value)) return 'a style must not run or import anything';
  }
  return undefined;
}

const STYLE_PROGRAM = /expression\s*\(|(java|vb)script:|@import|-moz-binding|behaviou?r\s*:|\\/i;

/** Would a browser run something at this address? Blanks and control characters inside a scheme do not hide it. */
function isActive(url: string): boolean {
  const bare = url.replace(/[\u0000-\u0020]/g, '');
  const scheme = /^[^:/?#]*:/.exec(bare)?.[0].toLowerCase();
  if (scheme === 'data:') return !/^data:image\/(png|gif|jpeg|webp)[;,]/i.test(bare);
  return scheme !== undefined && ['javascript:', 'vbscript:', 'livescript:', 'blob:', 'filesystem:'].includes(scheme);
}

/** Rewrites a narrative that leans on its surroundings (a prefix, an inherited namespace) so that it stands alone. */
export class NarrativeWriter {
  private out = '';
  private depth = 0;

  open(tag: Tag): void {
    this.out += `<${tag.local}`;
    if (this.depth++ === 0) this.out += ` xmlns="${XHTML_NAMESPACE}"`;
    for (const name in tag.attributes) {
      const { uri, local, value } = tag.attributes[name]!;
      if (uri !== XMLNS_NAMESPACE)
        this.out += ` ${uri === XML_NAMESPACE ? 'xml:' : ''}${local}="${escapeAttribute(value)}"`;
    }
    this.out += tag.isSelfClosing ? '/>' : '>';
  }

  text(content: string): void {
    this.out += escapeText(content);
  }

  close(tag: Tag): void {
    this.depth--;
    if (!tag.isSelfClosing) this.out += `</${tag.local}>`;
  }

  toString(): string {
    return this.out;
  }
}
