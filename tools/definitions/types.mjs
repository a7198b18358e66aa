/** Types and elements, cut down to what Créneau reads of a StructureDefinition. */
import { ERRATA } from './errata.mjs';

const FHIR_TYPE = 'http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type';
const REGEX = 'http://hl7.org/fhir/StructureDefinition/regex';
const BEST_PRACTICE = 'http://hl7.org/fhir/StructureDefinition/elementdefinition-bestpractice';
const lastOf = (url) => url.slice(url.lastIndexOf('/') + 1);

/** Adds a type and the inline types of its elements; the answer is the types that those elements use. */
export function addType(result, published, definition) {
  const [root, ...elements] = definition.snapshot.element;
  const base = definition.baseDefinition && lastOf(definition.baseDefinition);
  if (definition.kind === 'primitive-type') {
    const regex = elements
      .flatMap((element) => element.type ?? [])
      .flatMap((type) => type.extension ?? [])
      .find((extension) => extension.url === REGEX);
    result.types[definition.id] = { kind: 'primitive', base, ...(regex ? { regex: regex.valueString } : {}) };
    return ['Element'];
  }
  const kind = definition.kind === 'resource' ? 'resource' : 'complex';
  result.types[root.path] = { kind, ...(base ? { base } : {}), ...own(result, root), elements: [] };
  const uses = base ? [base] : [];
  for (const element of elements) {
    const parent = element.path.slice(0, element.path.lastIndexOf('.'));
    if (element.max === '0') continue;
    const kept = toElement(result, published, element);
    // An inline type (`Appointment.participant`) is a type of its own, named by its path.
    if (kept.types[0] === element.path)
      result.types[element.path] = { kind: 'complex', base: lastOf(element.type[0].code), elements: [] };
    else if (!element.contentReference) uses.push(...kept.types);
    result.types[parent].elements.push({ name: element.path.slice(parent.length + 1).replace('[x]', ''), ...kept });
  }
  return uses;
}

/** The part of an ElementDefinition that we keep; defaults (0..1, not a modifier...) are left out. */
function toElement(result, published, element) {
  const types = element.type ?? [];
  const isInline = ['BackboneElement', 'Element'].includes(types[0]?.code);
  const erratum = ERRATA.find((each) => each.element === element.base?.path);
  const targets = [...new Set(types.flatMap((type) => type.targetProfile ?? []).map(lastOf))];
  const profile = types.flatMap((type) => type.profile ?? []).map(lastOf)[0];
  return {
    types: element.contentReference
      ? [element.contentReference.slice(1)]
      : isInline
        ? [element.path]
        : (erratum?.types ?? types.map(codeOf)),
    ...(element.path.endsWith('[x]') ? { choice: true } : {}),
    ...(element.min > 0 ? { min: element.min } : {}),
    ...(element.max === '*' ? { list: true } : {}),
    ...(targets.length > 0 ? { targets } : {}),
    ...(profile ? { profile } : {}),
    ...(element.binding?.valueSet
      ? { binding: { strength: element.binding.strength, valueSet: element.binding.valueSet.split('|')[0] } }
      : {}),
    ...own(result, element, profile ? published.get(profile).snapshot.element[0].constraint : []),
    ...(element.maxLength ? { maxLength: element.maxLength } : {}),
    ...(element.isModifier ? { modifier: true } : {}),
    ...(element.isSummary ? { summary: true } : {}),
    ...(element.representation?.includes('xmlAttr') ? { attribute: true } : {}),
  };
}

/** `string` of `http://hl7.org/fhirpath/System.String`, where the real type is an extension. */
function codeOf(type) {
  const real = type.extension?.find((extension) => extension.url === FHIR_TYPE);
  return real ? (real.valueUrl ?? real.valueUri) : type.code.replace('http://hl7.org/fhirpath/System.String', 'string');
}

/**
 * Keys of the constraints that an element (or, at the root, a type) states itself: its type and base state the others.
 */
function own(result, owner, more = []) {
  const keys = [];
  for (const { key, severity, human, expression, source, extension } of [...(owner.constraint ?? []), ...more]) {
    const isInherited = (source && lastOf(source) !== owner.path.split('.')[0]) || ['ele-1', 'ext-1'].includes(key);
    if (!expression || (isInherited && !(key in STATED_AT && STATED_AT[key] === owner.path))) continue;
    const bestPractice = extension?.some((each) => each.url === BEST_PRACTICE && each.valueBoolean === true);
    result.constraints[key] ??= { severity, human, expression, ...(bestPractice ? { bestPractice: true } : {}) };
    keys.push(key);
  }
  return keys.length > 0 ? { constraints: keys } : {};
}

/** Where the constraints without a clear source are stated. */
const STATED_AT = { 'ele-1': 'Element', 'ext-1': 'Extension' };
