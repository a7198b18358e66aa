/**
 * Extensions whose definition is known, wherever they stand: their content by the definition, and whether they may
 * stand there. https://hl7.org/fhir/R4/extensibility.html
 */
import { elementsOf } from '../definitions.ts';
import { type Issue, issue } from '../issue.ts';
import type { Json } from '../resource.ts';
import type { ProfileDefinition } from './definition.ts';
import type { LocatedValue } from './located-value.ts';

export interface ExtensionTools {
  definition(url: string): ProfileDefinition | undefined;
  faults(place: LocatedValue, definition: ProfileDefinition): readonly Issue[];
}

/** `element`: the path of the place in its resource type: `Slot.serviceType`. */
export function checkExtensions(place: LocatedValue, element: string, tools: ExtensionTools): Issue[] {
  const { value, type, path } = place;
  if (value === null || typeof value !== 'object') return [];
  const issues: Issue[] = [];
  for (const name of ['extension', 'modifierExtension']) {
    for (const [i, extension] of arrayOf(value[name]).entries())
      issues.push(...checkOne(extension, `${path}.${name}[${i}]`, element, type, name, tools));
  }
  const elements = elementsOf(type);
  for (const property of Object.keys(value)) {
    const definition = elements.get(property.replace(/^_/, ''));
    if (definition === undefined || /^(modifierE|e)xtension$/.test(property)) continue;
    const isPrimitive = property.startsWith('_');
    for (const [i, item] of [value[property]].flat().entries()) {
      if (item === null || typeof item !== 'object') continue;
      const inner = definition.type === 'Resource' ? item.resourceType : definition.type;
      const at = `${path}.${property.replace(/^_/, '')}${definition.isList ? `[${i}]` : ''}`;
      const below = definition.type === 'Resource' ? String(inner) : `${element}.${property.replace(/^_/, '')}`;
      issues.push(...checkExtensions({ value: item, type: isPrimitive ? 'Element' : inner, path: at }, below, tools));
    }
  }
  return issues;
}

function checkOne(
  value: Json,
  path: string,
  element: string,
  holder: string,
  name: string,
  tools: ExtensionTools,
): Issue[] {
  const definition = tools.definition(String(value?.url));
  if (definition === undefined) return [];
  const issues = [...tools.faults({ value, type: 'Extension', path }, definition)];
  const { contexts } = definition;
  if (contexts !== undefined && !contexts.some((context) => context === element || context === holder))
    issues.push(misplaced(path, `The extension ${definition.url} is for ${contexts.join(', ')}, not for ${element}`));
  if (name === 'modifierExtension')
    issues.push(misplaced(path, `The extension ${definition.url} modifies nothing: it stands in extension`));
  return issues;
}

function misplaced(path: string, english: string): Issue {
  return issue('error', 'extension', english, { expression: path, text: "Cette extension n'a pas sa place ici." });
}

function arrayOf(value: Json): Json[] {
  return Array.isArray(value) ? value : [];
}
