/**
 * The elements that are open while FHIR XML is read, each with the JSON object that it is becoming.
 * Knows the definitions and JSON's ways (`_name`, arrays, null as a place); knows nothing of the parser.
 */
import { type ElementDefinition, isResourceType, type TypeDefinition, typeDefinition } from '../definitions.ts';
import type { IssueCode } from '../issue.ts';
import { toNumber } from '../json.ts';
import type { Wording } from '../primitive.ts';
import type { Json } from '../resource.ts';

export interface Frame {
  /** Type of the object under construction: of a primitive, `Element`, whose id and extensions go to `_name`. */
  readonly type: TypeDefinition;
  /** The element of its parent; `undefined` for a resource. */
  readonly element: ElementDefinition | undefined;
  readonly parent: Frame | undefined;
  /** Objects inside objects, as in JSON. */
  readonly depth: number;
  /** FHIRPath index among its repeats. */
  readonly index: number;
  /** `undefined` while a `contained` or `entry.resource` waits for its resource. */
  object: Json;
  /** The `value` attribute of a primitive. */
  value: string | undefined;
  /** Its last child so far: elements come in the order of the standard. */
  last?: ElementDefinition;
}

export type Refuse = (code: IssueCode, words: Wording, frame?: Frame) => never;

const ELEMENT = typeDefinition('Element')!;
const RESOURCE = typeDefinition('Resource')!;
/** As many levels as the structure check allows. */
const MAX_DEPTH = 64;

/** A resource: the root, or what a `contained` or `resource` element wraps. */
export function openResource(parent: Frame | undefined, name: string, refuse: Refuse): Frame {
  if (parent?.object !== undefined)
    refuse('structure', {
      en: 'a second resource where one is allowed',
      fr: 'une seconde ressource, une seule est permise',
    });
  if (!isResourceType(name))
    refuse('structure', {
      en: `<${short(name)}> is not a resource of R4`,
      fr: `<${short(name)}> n’est pas une ressource R4`,
    });
  const depth = (parent?.depth ?? 0) + 1;
  checkDepth(depth, refuse);
  return {
    type: typeDefinition(name)!,
    element: undefined,
    parent,
    depth,
    index: -1,
    object: { resourceType: name },
    value: undefined,
  };
}

/** An element of the open one. */
export function openElement(parent: Frame, name: string, refuse: Refuse): Frame {
  const element = parent.type.elements.get(name);
  if (element === undefined || element.isAttribute) {
    return refuse('structure', {
      en: `<${short(name)}> is not an element of ${parent.type.name}`,
      fr: `<${short(name)}> n’est pas un élément de ${parent.type.name}`,
    });
  }
  inOrder(parent, element, refuse);
  const before = countIn(parent.object, element);
  if (before > 0 && !element.isList)
    refuse('structure', { en: `<${name}> is given twice`, fr: `<${name}> est donné deux fois` });
  const isHolder = element.type === 'Resource';
  const type = element.isPrimitive ? ELEMENT : isHolder ? RESOURCE : typeDefinition(element.type)!;
  const depth = isHolder ? parent.depth : parent.depth + 1;
  checkDepth(depth, refuse);
  return {
    type,
    element,
    parent,
    depth,
    index: element.isList ? before : -1,
    object: isHolder ? undefined : {},
    value: undefined,
  };
}

/** https://hl7.org/fhir/R4/xml.html */
export function inOrder(parent: Frame, element: ElementDefinition, refuse: Refuse): void {
  const { last } = parent;
  if (last !== undefined && last.order > element.order)
    refuse('structure', {
      en: `<${element.property}> comes before <${last.property}> in ${parent.type.name}`,
      fr: `<${element.property}> vient avant <${last.property}> dans ${parent.type.name}`,
    });
  parent.last = element;
}

/** `id`, `url` and `value`: all that FHIR has of attributes. */
export function setAttribute(frame: Frame, name: string, text: string, refuse: Refuse): void {
  const { element, type } = frame;
  if (
    element === undefined ||
    isHolder(frame) ||
    (!(name === 'value' && element.isPrimitive) && !type.elements.get(name)?.isAttribute)
  ) {
    const owner = element?.name ?? type.name;
    refuse(
      'structure',
      { en: `<${owner}> has no attribute ${short(name)}`, fr: `<${owner}> n’a pas d’attribut ${short(name)}` },
      frame,
    );
  }
  if (text === '')
    refuse('structure', { en: `the attribute ${name} is empty`, fr: `l’attribut ${name} est vide` }, frame);
  if (name === 'value') frame.value = text;
  else frame.object[name] = text;
}

/** Gives a finished element to its parent: primitives as `name` and `_name`, repeats as arrays. */
export function closeFrame(frame: Frame, refuse: Refuse): void {
  const { element, parent, object } = frame;
  if (parent === undefined) return;
  if (element === undefined) {
    parent.object = object;
    return;
  }
  const property = element.property;
  if (element.isPrimitive) {
    const value = frame.value === undefined ? undefined : convert(element.type, frame.value, frame, refuse);
    const shadow = Object.keys(object).length > 0 ? object : undefined;
    if (value === undefined && object.extension === undefined) refuseEmpty(frame, refuse);
    const count = countIn(parent.object, element);
    put(parent.object, property, value, element.isList, count);
    if (element.shadow) put(parent.object, element.shadow, shadow, element.isList, count);
  } else if (object === undefined || Object.keys(object).length === 0) refuseEmpty(frame, refuse);
  else put(parent.object, property, object, element.isList, 0);
}

/** FHIRPath of an open element: `Bundle.entry[2].resource.start`. */
export function placeOf(frame: Frame | undefined): string {
  if (frame === undefined) return '';
  if (frame.element === undefined) return frame.parent === undefined ? frame.type.name : placeOf(frame.parent);
  return `${placeOf(frame.parent)}.${frame.element.property}${frame.index < 0 ? '' : `[${frame.index}]`}`;
}

/** Does it wait for a resource (`contained`, `entry.resource`, `parameter.resource`)? */
export function isHolder(frame: Frame): boolean {
  return frame.element?.type === 'Resource';
}

/** A name of the caller's, cut short. */
export function short(name: string): string {
  return name.length > 64 ? `${name.slice(0, 64)}...` : name;
}

/** In a list, null keeps the place of what is missing; a list of nulls only is left out. */
function put(object: Json, property: string, value: Json, isList: boolean, count: number): void {
  if (!isList) {
    if (value !== undefined) object[property] = value;
  } else if (value !== undefined || object[property] !== undefined) {
    object[property] ??= new Array(count).fill(null);
    object[property].push(value ?? null);
  }
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const INTEGERS = new Set(['integer', 'positiveInt', 'unsignedInt']);

/** The JSON value of an attribute. Other texts than numbers and booleans are left to the structure check. */
function convert(type: string, text: string, frame: Frame, refuse: Refuse): Json {
  if (type === 'boolean') {
    if (text === 'true' || text === 'false') return text === 'true';
    refuse('value', { en: 'expected true or false', fr: 'attendu : true ou false' }, frame);
  }
  const isInteger = INTEGERS.has(type);
  if (!isInteger && type !== 'decimal') return text;
  const digits = isInteger ? text.replace(/^\+(?=[1-9])/, '') : text;
  if (!NUMBER.test(digits))
    refuse('value', { en: `expected a number (${type})`, fr: `attendu : un nombre (${type})` }, frame);
  return toNumber(digits);
}

/** How many times an element is there already, in its values or in what completes them. */
function countIn(object: Json, { property, shadow }: ElementDefinition): number {
  const count = countOf(object[property]);
  return shadow === undefined ? count : Math.max(count, countOf(object[shadow]));
}

function countOf(value: Json): number {
  return value === undefined ? 0 : Array.isArray(value) ? value.length : 1;
}

function checkDepth(depth: number, refuse: Refuse): void {
  if (depth > MAX_DEPTH)
    refuse('structure', {
      en: `elements are nested deeper than ${MAX_DEPTH} levels`,
      fr: `plus de ${MAX_DEPTH} niveaux d’éléments`,
    });
}

function refuseEmpty(frame: Frame, refuse: Refuse): never {
  return refuse(
    'structure',
    { en: `<${frame.element!.property}> is empty`, fr: `<${frame.element!.property}> est vide` },
    frame,
  );
}
