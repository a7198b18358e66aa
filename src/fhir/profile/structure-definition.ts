/**
 * A profile definition of ours as the resource that the server publishes.
 * https://hl7.org/fhir/R4/structuredefinition.html
 */
import type { Json, Resource } from '../resource.ts';
import type { ElementRule, ProfileDefinition } from './definition.ts';
import { inOrder, typeOf } from './element-order.ts';

export function toStructureDefinition(profile: ProfileDefinition): Resource {
  const isExtension = profile.type === 'Extension';
  return {
    resourceType: 'StructureDefinition',
    id: profile.name,
    url: profile.url,
    ...originOf(profile),
    name: profile.name,
    ...(profile.title ? { title: profile.title } : {}),
    status: 'active',
    fhirVersion: '4.0.1',
    kind: isExtension ? 'complex-type' : 'resource',
    abstract: false,
    ...(isExtension
      ? { context: (profile.contexts ?? ['Element']).map((expression) => ({ type: 'element', expression })) }
      : {}),
    type: profile.type,
    baseDefinition: profile.base,
    derivation: 'constraint',
    differential: {
      element: [
        ...(profile.elements.some(({ id }) => id === profile.type) ? [] : [{ id: profile.type, path: profile.type }]),
        ...inOrder(profile.type, profile.elements).map((rule) => writeElement(profile.type, rule)),
      ],
    },
  };
}

/** Ours have a version and a publisher; those of guides say that they were written after them. */
function originOf({ url, version }: ProfileDefinition): Json {
  if (url.startsWith('urn:creneau:')) return { version: '1.0.0', publisher: 'Créneau' };
  return {
    ...(version === undefined ? {} : { version }),
    description: 'Les règles de ce profil, écrites d’après le guide qui le publie.',
  };
}

function writeElement(type: string, rule: ElementRule): Json {
  const { id, min, max, types, fixed, pattern, binding, slicing, constraints, maxLength } = rule;
  const suffix = (value: Json): string => {
    const named = typeOf(type, id) ?? types?.[0]?.code ?? typeof value;
    return `${named[0]!.toUpperCase()}${named.slice(1)}`;
  };
  const slice = /:([^.]+)$/.exec(id)?.[1];
  return {
    id,
    path: id.replace(/:[^.]+/g, ''),
    ...(slice ? { sliceName: slice } : {}),
    ...(slicing ? { slicing } : {}),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max: max === Number.POSITIVE_INFINITY ? '*' : String(max) }),
    ...(types ? { type: types } : {}),
    ...(fixed === undefined ? {} : { [`fixed${suffix(fixed)}`]: fixed }),
    ...(pattern === undefined ? {} : { [`pattern${suffix(pattern)}`]: pattern }),
    ...(maxLength === undefined ? {} : { maxLength }),
    ...(constraints ? { constraint: constraints } : {}),
    ...(binding ? { binding } : {}),
  };
}
