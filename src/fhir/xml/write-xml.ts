/**
 * JSON values -> FHIR XML: elements in the order of the definitions, numbers with their own digits, narratives as they
 * are.
 * https://hl7.org/fhir/R4/xml.html
 */
import { type ElementDefinition, isResourceType, type TypeDefinition, typeDefinition } from '../definitions.ts';
import { type FhirError, malformed } from '../issue.ts';
import type { Json, Resource } from '../resource.ts';
import { narrativeFault } from './narrative.ts';
import { escapeAttribute, FHIR_NAMESPACE } from './sax.ts';

/** Deeper objects are refused: nothing that the structure check accepts is as deep. */
const MAX_DEPTH = 128;

interface Writer {
  out: string;
  /** Line break and indentation between elements. */
  readonly pretty: boolean;
}

const ELEMENT = typeDefinition('Element')!;

/** The XML of a resource that has the shape of R4 (`checkStructure`); `pretty` puts one element on a line. */
export function writeXml(resource: Resource, pretty = false): string {
  const writer: Writer = { out: '<?xml version="1.0" encoding="UTF-8"?>', pretty };
  writeResource(writer, resource, ` xmlns="${FHIR_NAMESPACE}"`, resource.resourceType, 0);
  return pretty ? `${writer.out}\n` : writer.out;
}

function writeResource(writer: Writer, resource: Json, attributes: string, place: string, depth: number): void {
  const type = resource?.resourceType;
  if (typeof type !== 'string' || !isResourceType(type)) throw unwritable(place, 'is not a resource of R4');
  writeObject(writer, type, resource, typeDefinition(type)!, attributes, place, depth);
}

/** One tag with its attributes and children. */
function writeObject(
  writer: Writer,
  tag: string,
  value: Json,
  type: TypeDefinition,
  attributes: string,
  place: string,
  depth: number,
): void {
  if (depth > MAX_DEPTH) throw unwritable(place, `is nested deeper than ${MAX_DEPTH} levels`);
  breakLine(writer, depth);
  const children: ElementDefinition[] = [];
  let start = `<${tag}${attributes}`;
  for (const key of Object.keys(value)) {
    if (value[key] === undefined || (key === 'resourceType' && type.kind === 'resource')) continue;
    const property = key.charCodeAt(0) === 0x5f ? key.slice(1) : key;
    const element = type.elements.get(property);
    if (element === undefined || (property !== key && element.shadow === undefined))
      throw unwritable(place, `holds an element that ${type.name} does not have`);
    if (element.isAttribute) start += ` ${property}="${escapeAttribute(String(value[key]))}"`;
    // `_name` beside `name` is written with it.
    else if (property === key || value[property] === undefined) children.push(element);
  }
  if (children.length === 0) {
    writer.out += `${start}/>`;
    return;
  }
  writer.out += `${start}>`;
  children.sort((a, b) => a.order - b.order);
  for (const element of children)
    writeElement(writer, element, value[element.property], element.shadow && value[element.shadow], place, depth + 1);
  breakLine(writer, depth);
  writer.out += `</${tag}>`;
}

/** An element as often as it is there. */
function writeElement(
  writer: Writer,
  element: ElementDefinition,
  value: Json,
  shadow: Json,
  parent: string,
  depth: number,
): void {
  const place = `${parent}.${element.property}`;
  if (!element.isList) {
    writeValue(writer, element, value, shadow, place, depth);
    return;
  }
  const values: Json[] = value ?? [];
  const shadows: Json[] = shadow ?? [];
  const count = Math.max(values.length, shadows.length);
  for (let i = 0; i < count; i++) writeValue(writer, element, values[i], shadows[i], `${place}[${i}]`, depth);
}

function writeValue(
  writer: Writer,
  element: ElementDefinition,
  value: Json,
  shadow: Json,
  place: string,
  depth: number,
): void {
  const { property, type } = element;
  if (type === 'Resource') {
    breakLine(writer, depth);
    writer.out += `<${property}>`;
    writeResource(writer, value, '', place, depth + 1);
    breakLine(writer, depth);
    writer.out += `</${property}>`;
  } else if (type === 'xhtml') {
    // It is written unescaped: it must be XHTML and nothing else.
    const fault = narrativeFault(value);
    if (fault !== undefined) throw unwritable(place, fault);
    breakLine(writer, depth);
    writer.out += value;
  } else if (element.isPrimitive) {
    const attribute = value === undefined || value === null ? '' : ` value="${escapeAttribute(String(value))}"`;
    writeObject(writer, property, shadow ?? {}, ELEMENT, attribute, place, depth);
  } else if (typeof value !== 'object' || value === null) throw unwritable(place, 'is not an object');
  else writeObject(writer, property, value, typeDefinition(type)!, '', place, depth);
}

function breakLine(writer: Writer, depth: number): void {
  if (writer.pretty) writer.out += `\n${'  '.repeat(depth)}`;
}

function unwritable(place: string, reason: string): FhirError {
  return malformed(`${place} ${reason}: it cannot be written as XML`, `${place} ne peut pas être écrit en XML.`, place);
}
