/**
 * The words of the structure check: each fault is one issue that says where, what was found and what was expected,
 * in English for the engineer and in French for the person. Values that may identify a person are never repeated.
 */
import type { TypeDefinition } from './definitions.ts';
import { type Issue, type IssueCode, issue } from './issue.ts';
import { kindOf, type Wording } from './primitive.ts';
import type { Json } from './resource.ts';

export const WORDS = {
  resource: { en: 'a resource', fr: 'une ressource' },
  typeName: { en: 'the name of a resource type of R4', fr: 'le nom d’un type de ressource R4' },
  noType: { en: 'no resourceType', fr: 'aucun resourceType' },
  unknownName: { en: 'an unknown name', fr: 'un nom inconnu' },
  unknownElement: { en: 'an unknown element', fr: 'un élément inconnu' },
  deeper: { en: 'deeper nesting', fr: 'plus de niveaux' },
  emptyObject: { en: 'an empty object', fr: 'un objet vide' },
  idAlone: { en: 'an id alone', fr: 'un id seul' },
  content: { en: 'a value or elements', fr: 'une valeur ou des éléments' },
  both: { en: 'both', fr: 'les deux' },
  neither: { en: 'neither', fr: 'ni l’un ni l’autre' },
  valueOrExtension: { en: 'value[x] or extension', fr: 'value[x] ou extension' },
  list: { en: 'an array: the element repeats', fr: 'une liste : l’élément se répète' },
  emptyList: { en: 'an empty array', fr: 'une liste vide' },
  asMany: {
    en: 'as many values as complements (null keeps a place)',
    fr: 'autant de valeurs que de compléments (null garde une place)',
  },
  unequal: { en: 'arrays of different lengths', fr: 'des listes de longueurs différentes' },
  complement: { en: 'an object with id or extension', fr: 'un objet avec id ou extension' },
} satisfies Record<string, Wording>;

/** Types whose values are never repeated: people, what people write, and what may hold anything. */
const QUIET_TYPES = new Set([
  ...['Patient', 'RelatedPerson', 'Patient.contact', 'Organization.contact', 'HumanName', 'Address', 'ContactPoint'],
  ...['Identifier', 'Annotation', 'Extension', 'Parameters.parameter'],
]);
/** Primitive types of free text or bytes: their values are never repeated. */
const QUIET_PRIMITIVES = new Set(['string', 'markdown', 'base64Binary', 'xhtml']);

export function isQuiet(type: string): boolean {
  return QUIET_TYPES.has(type) || QUIET_PRIMITIVES.has(type);
}

/** Gathers faults up to a limit. */
export class Faults {
  readonly issues: Issue[] = [];
  readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  get isFull(): boolean {
    return this.issues.length >= this.limit;
  }

  add(code: IssueCode, path: string, found: Wording, expected: Wording): void {
    this.push(
      code,
      path,
      `${path}: found ${found.en}, expected ${expected.en}`,
      `${path} : trouvé ${found.fr}, attendu ${expected.fr}.`,
    );
  }

  missing(path: string, isChoice: boolean): void {
    const written = isChoice ? `${path}[x]` : path;
    this.push(
      'required',
      path,
      `${written} is missing: it is mandatory`,
      `${written} manque : cet élément est obligatoire.`,
    );
  }

  unknown(path: string, property: string, type: TypeDefinition): void {
    // A property may be anything, a person's name too: only what looks like an element is repeated.
    const place = /^_?[a-z][A-Za-z]{0,63}$/.test(property) ? `${path}.${property}` : path;
    this.add('structure', place, WORDS.unknownElement, {
      en: `an element of ${type.name}`,
      fr: `un élément de ${type.name}`,
    });
  }

  private push(code: IssueCode, path: string, diagnostics: string, text: string): void {
    if (!this.isFull) this.issues.push(issue('error', code, diagnostics, { expression: path, text }));
  }
}

/** A short value that identifies nobody, or else its kind only. */
export function quote(value: Json, quiet: boolean): Wording {
  const text = String(value);
  if (quiet || !/^[\w.:+\-/|#]{1,64}$/.test(text) || /\d{10}/.test(text)) {
    const kind = kindOf(value);
    return { en: `${kind.en} that is none`, fr: `${kind.fr} qui n’en est pas` };
  }
  return typeof value === 'string' ? { en: `"${text}"`, fr: `« ${text} »` } : { en: text, fr: text };
}

/** `one of busy, free`: the codes of a required binding, or where they are when they are many. */
export function oneOf(codes: ReadonlySet<string>, valueSet: string): Wording {
  if (codes.size > 20) return { en: `a code of ${valueSet}`, fr: `un code de ${valueSet}` };
  const list = [...codes].join(', ');
  return { en: `one of ${list}`, fr: `un de ces codes : ${list}` };
}
