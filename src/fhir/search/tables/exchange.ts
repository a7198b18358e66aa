/** The search parameters that concern programs: endpoints, subscriptions, audit. Notation: `notation.ts`. */
import type { ParameterTable } from './notation.ts';

export const exchangeTable: ParameterTable = {
  Endpoint: {
    identifier: 'identifier identifier',
    status: 'code status',
    name: 'string name',
    'connection-type': 'code connectionType',
    'payload-type': 'concept payloadType',
    organization: 'reference(Organization) managingOrganization',
  },
  Subscription: {
    status: 'code status',
    criteria: 'string criteria',
    type: 'code channel.type',
    url: 'uri channel.endpoint',
    payload: 'code channel.payload',
    contact: 'code contact',
  },
  AuditEvent: {
    date: 'date recorded',
    type: 'code type',
    subtype: 'code subtype',
    action: 'code action',
    outcome: 'code outcome',
    agent: 'reference() agent.who',
    'agent-name': 'string agent.name',
    patient: 'reference(Patient) entity.what',
    entity: 'reference() entity.what',
    source: 'reference() source.observer',
  },
};
