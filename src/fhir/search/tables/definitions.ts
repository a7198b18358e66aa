/**
 * The search parameters of the definitions that a server publishes of itself: not stored, searched in memory.
 * https://hl7.org/fhir/R4/metadatatypes.html
 */

import type { ParameterTable } from './notation.ts';

const COMMON = {
  url: 'uri url',
  name: 'string name',
  status: 'code status',
  version: 'code version',
  description: 'string description',
};
/** A SearchParameter of R4 has none. */
const TITLE = { title: 'string title' };

export const definitionTable: ParameterTable = {
  StructureDefinition: {
    ...COMMON,
    ...TITLE,
    type: 'uri type',
    base: 'uri baseDefinition',
    derivation: 'code derivation',
    kind: 'code kind',
    abstract: 'code abstract',
  },
  ValueSet: {
    ...COMMON,
    ...TITLE,
    identifier: 'identifier identifier',
    reference: 'uri compose.include.system',
    code: 'code compose.include.concept.code',
  },
  CodeSystem: {
    ...COMMON,
    ...TITLE,
    identifier: 'identifier identifier',
    system: 'uri url',
    code: 'code concept.code',
    'content-mode': 'code content',
  },
  SearchParameter: { ...COMMON, code: 'code code', base: 'code base', type: 'code type', target: 'code target' },
  OperationDefinition: {
    ...COMMON,
    ...TITLE,
    code: 'code code',
    kind: 'code kind',
    system: 'code system',
    type: 'code type',
    instance: 'code instance',
  },
};

export const DEFINITION_TYPES: readonly string[] = Object.keys(definitionTable);
