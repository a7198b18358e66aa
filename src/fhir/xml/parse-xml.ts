/**
 * FHIR XML -> JSON values, by the R4 definitions: one pass, bounded depth, decimals digit for digit, narratives as they
 * are. Anything that FHIR does not know is refused with its line and column; cardinality and values are the structure
 * check's.
 * https://hl7.org/fhir/R4/xml.html
 */
import { FhirError } from '../issue.ts';
import type { Resource } from '../resource.ts';
import {
  closeFrame,
  type Frame,
  inOrder,
  isHolder,
  openElement,
  openResource,
  placeOf,
  type Refuse,
  setAttribute,
  short,
} from './frame.ts';
import { NarrativeWriter, tagFault } from './narrative.ts';
import { FHIR_NAMESPACE, readXml, type Tag, XHTML_NAMESPACE, XMLNS_NAMESPACE } from './sax.ts';

/** A narrative while it is read. */
interface Narrative {
  /** Offset of its `<div`. */
  readonly start: number;
  depth: number;
  /** It declares all that it needs, so its text is taken as it is. */
  standsAlone: boolean;
  readonly writer: NarrativeWriter;
}

const SCHEMA_INSTANCE = 'http://www.w3.org/2001/XMLSchema-instance';

/** The resource that an XML text holds, in the shape of FHIR JSON. Throws a `FhirError` that says where it is wrong. */
export function parseXml(text: string): Resource {
  let frame: Frame | undefined;
  let root: Resource | undefined;
  let narrative: Narrative | undefined;

  const refuse: Refuse = (code, { en, fr }, at = frame) => {
    const place = placeOf(at);
    throw new FhirError(
      code,
      `XML line ${xml.place.line}, column ${xml.place.column}${place && ` (${place})`}: ${en}`,
      {
        ...(place ? { expression: place } : {}),
        text: `XML, ligne ${xml.place.line}, colonne ${xml.place.column} : ${fr}.`,
      },
    );
  };

  const open = (tag: Tag): void => {
    if (narrative !== undefined) openInNarrative(tag, narrative, refuse);
    else if (tag.uri === XHTML_NAMESPACE && frame?.type.elements.get(tag.local)?.type === 'xhtml') {
      if (frame.object[tag.local] !== undefined)
        refuse('structure', { en: '<div> is given twice', fr: '<div> est donné deux fois' });
      inOrder(frame, frame.type.elements.get(tag.local)!, refuse);
      const standsAlone = tag.prefix === '' && tag.attributes.xmlns !== undefined;
      narrative = {
        start: text.lastIndexOf('<', xml.place.offset - 1),
        depth: 0,
        standsAlone,
        writer: new NarrativeWriter(),
      };
      openInNarrative(tag, narrative, refuse);
    } else {
      if (tag.uri !== FHIR_NAMESPACE) {
        refuse('structure', {
          en: `<${short(tag.name)}> is not in the namespace ${FHIR_NAMESPACE}`,
          fr: `<${short(tag.name)}> n’est pas dans l’espace de noms ${FHIR_NAMESPACE}`,
        });
      }
      const isResource = frame === undefined || isHolder(frame);
      frame = isResource ? openResource(frame, tag.local, refuse) : openElement(frame!, tag.local, refuse);
      readAttributes(tag, frame, refuse);
    }
  };

  const close = (tag: Tag): void => {
    if (narrative === undefined) {
      closeFrame(frame!, refuse);
      if (frame!.parent === undefined) root = frame!.object;
      frame = frame!.parent;
      return;
    }
    narrative.writer.close(tag);
    if (--narrative.depth > 0) return;
    frame!.object[tag.local] = narrative.standsAlone
      ? text.slice(narrative.start, xml.place.offset)
      : narrative.writer.toString();
    narrative = undefined;
  };

  const readText = (content: string): void => {
    if (narrative !== undefined) narrative.writer.text(content);
    else if (/[^ \t\r\n]/.test(content))
      refuse('structure', { en: 'text outside an attribute', fr: 'du texte hors d’un attribut' });
  };

  const xml = readXml(text, { open, close, text: readText }, (reason) =>
    refuse('structure', { en: reason, fr: 'le XML est mal formé ou interdit' }),
  );
  xml.run();
  return root!;
}

function openInNarrative(tag: Tag, narrative: Narrative, refuse: Refuse): void {
  const fault = tagFault(tag, ++narrative.depth);
  if (fault !== undefined) refuse('structure', { en: fault, fr: 'la partie XHTML contient une balise interdite' });
  if (tag.prefix !== '') narrative.standsAlone = false;
  narrative.writer.open(tag);
}

function readAttributes(tag: Tag, frame: Frame, refuse: Refuse): void {
  for (const name in tag.attributes) {
    const { uri, local, value } = tag.attributes[name]!;
    // A schema location is harmless, and common in files written by hand.
    if (uri === XMLNS_NAMESPACE || (uri === SCHEMA_INSTANCE && frame.parent === undefined)) continue;
    setAttribute(frame, uri === '' ? local : name, value, refuse);
  }
}
