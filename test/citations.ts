/**
 * Citations of the digest (`Spec: 6.4`), of its traps (`trap H16`) and of decisions (`ADR 0009`): found in texts, and
 * the headings and anchors that they resolve to. The forms are documented in docs/spec/README.md.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { filesIn, ROOT, textOf } from './tidy/sources.ts';

const SECTION = String.raw`(?:\d(?:\.\d+)?|Annex A)`;
const TRAP = String.raw`[HUICL]\d+`;
const list = (item: string): string => `${item}(?:(?:, | and | to )${item}(?![\\d.]*\\d))*`;

/** `Spec: 6.1 to 6.3, 7.4`; `traps U3 to U5 and U7`; `(H5, H11)`; `ADR 0009`. The one group is the list. */
const FORMS = [
  new RegExp(`\\bSpec: (${list(SECTION)})`, 'g'),
  new RegExp(`\\b[Tt]raps? (${list(TRAP)})`, 'g'),
  new RegExp(`\\((${TRAP}(?:, ${TRAP})*)\\)`, 'g'),
  /\bADR (\d{4})\b/g,
];

/** Forms that were in use once, or that look like a citation and name no section. */
const OTHER_FORMS = [
  /\b[Ss]pec: (?!\d|Annex A\b)[^\n]{0,40}/g,
  /\b(?:spec|SPEC|[Ss]pecification):? \d\.\d+(?![\d.])/g,
  /\b[Gg]uides?[:,]? (?:profiles? |sections? )?\d\.\d+(?!\.?\d)/g,
  /\b[Pp]rofiles? \d\.\d+(?!\.?\d)/g,
  /\b(?:[Dd]esign|[Aa]rchitecture),? section/g,
  /\b[Gg]uide of the statuses/g,
  /\bINT_[A-Z]\d+: \d\.\d/g,
  /\bADRs? \d{1,3}\b/g,
  /\b[Tt]raps? (?:of )?\d\.\d/g,
];

export interface Citation {
  /** As written, in one line. */
  text: string;
  /** The sections, traps and decisions that it names, ranges written out: `6.1`, `H16`, `ADR 0009`. */
  targets: string[];
}

/** Where each section and trap of docs/spec and each decision stands, by its number; relative to docs/. */
export function anchors(): Map<string, string> {
  const found = new Map<string, string>();
  for (const page of filesIn('docs/spec', /\.md$/)) {
    for (const [, id] of textOf(page).matchAll(/<a id="([^"]+)"><\/a>/g)) {
      if (found.has(id!)) throw new Error(`Two anchors ${id}: ${found.get(id!)} and ${page}`);
      found.set(id!, `${page.replace(/^docs\//, '')}#${id}`);
    }
  }
  for (const name of readdirSync(join(ROOT, 'docs/adr'))) {
    const number = /^(\d{4})-/.exec(name)?.[1];
    if (number !== undefined) found.set(`ADR ${number}`, `adr/${name}`);
  }
  return found;
}

/** `Annex A` has the anchor `Annex-A`; the others are their own. */
export function anchorOf(target: string): string {
  return target === 'Annex A' ? 'Annex-A' : target;
}

export function citationsIn(text: string): Citation[] {
  const plain = inOneLine(text);
  return FORMS.flatMap((form, index) =>
    [...plain.matchAll(form)].map(([whole, names = '']) => ({
      text: whole,
      targets: index === FORMS.length - 1 ? [`ADR ${names}`] : writtenOut(names),
    })),
  );
}

/** Pieces of text that cite in a form that no reader can resolve. */
export function otherFormsIn(text: string): string[] {
  const plain = inOneLine(text);
  return OTHER_FORMS.flatMap((form) => [...plain.matchAll(form)].map(([whole]) => whole));
}

/** Citations as Markdown links; `toDocs` leads from the page to the folder docs. */
export function withLinks(text: string, known: ReadonlyMap<string, string>, toDocs = ''): string {
  return FORMS.reduce(
    (linked, form) =>
      linked.replace(form, (whole: string, names: string) =>
        whole.replace(names, () =>
          names.replace(new RegExp(String.raw`\d{4}|${SECTION}|${TRAP}`, 'g'), (name) => {
            const target = known.get(anchorOf(name)) ?? known.get(`ADR ${name}`);
            return target === undefined ? name : `[${name}](${toDocs}${target})`;
          }),
        ),
      ),
    text,
  );
}

/** `6.1 to 6.3, 7.4` names 6.1, 6.2, 6.3 and 7.4. */
function writtenOut(names: string): string[] {
  return names.split(/, | and /).flatMap((part) => {
    const [from = '', to] = part.split(' to ');
    if (to === undefined) return [from];
    const [, start = '', first = ''] = /^(.*?)(\d+)$/.exec(from) ?? [];
    const [, end, last = ''] = /^(.*?)(\d+)$/.exec(to) ?? [];
    if (start !== end || Number(last) <= Number(first)) return [`${from} to ${to}`];
    return Array.from({ length: Number(last) - Number(first) + 1 }, (_, step) => `${start}${Number(first) + step}`);
  });
}

/** Without the line breaks of comments, and with the text of links in their place. */
function inOneLine(text: string): string {
  return text.replace(/\n[ \t]*(?:\*(?!\/)|\/\/|--|#+)?[ \t]*/g, ' ').replace(/\[([^\]\n]*)\]\([^)\s]+\)/g, '$1');
}
