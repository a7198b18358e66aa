/**
 * A profile definition of ours as the resource that the server publishes.
 * https://hl7.org/fhir/R4/structuredefinition.html
 */
import type { Json, Resource } from '../resource.ts';
import type { ElementRule, ProfileDefinition } from './definition.ts';

export function toStructureDefinition(profile: ProfileDefinition): Resource {
  const isExtension = profile.type === 'Extension';
  return {
    resourceType: 'StructureDefinition',
    id: profile.name,
    url: profile.url,
    name: profile.name,
    ...(profile.title ? { title: profile.title } : {}),
    status: 'active',
    fhirVersion: '4.0.1',
    kind: isExtension ? 'complex-type' : 'resource',
    abstract: false,
    ...(isExtension ? { context: [{ type: 'element', expression: 'Element' }] } : {}),
    type: profile.type,
    baseDefinition: profile.base,
    derivation: 'constraint',
    differential: {
      element: [
        ...(profile.elements.some(({ id }) => id === profile.type) ? [] : [{ id: profile.type, path: profile.type }]),
        ...profile.elements.map(writeElement),
      ],
    },
  };
}

function writeElement(rule: ElementRule): Json {
  const { id, min, max, types, fixed, pattern, binding, slicing, constraints, maxLength } = rule;
  const suffix = (value: Json, path: string): string =>
    typeof value === 'object'
      ? value.coding
        ? 'CodeableConcept'
        : 'Coding'
      : typeof value === 'boolean'
        ? 'Boolean'
        : /(url|system)$/.test(path)
          ? 'Uri'
          : /(code|status|type)$/.test(path)
            ? 'Code'
            : 'String';
  const slice = /:([^.]+)$/.exec(id)?.[1];
  return {
    id,
    path: id.replace(/:[^.]+/g, ''),
    ...(slice ? { sliceName: slice } : {}),
    ...(slicing ? { slicing } : {}),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max: max === Number.POSITIVE_INFINITY ? '*' : String(max) }),
    ...(types ? { type: types } : {}),
    ...(fixed === undefined ? {} : { [`fixed${suffix(fixed, id)}`]: fixed }),
    ...(pattern === undefined ? {} : { [`pattern${suffix(pattern, id)}`]: pattern }),
    ...(maxLength === undefined ? {} : { maxLength }),
    ...(constraints ? { constraint: constraints } : {}),
    ...(binding ? { binding } : {}),
  };
}
