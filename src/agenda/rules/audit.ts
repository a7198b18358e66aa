/** AuditEvents: who did what that a caller may have to answer for. https://hl7.org/fhir/R4/auditevent.html */
import type { Context } from '../../fhir/interaction.ts';
import type { Resource } from '../../fhir/resource.ts';

/** `entities` are `Type/id` references; names and contents never appear. */
export function auditEvent(
  context: Context,
  id: string,
  subtype: string,
  action: 'C' | 'R' | 'U' | 'D' | 'E',
  entities: readonly string[],
): Resource {
  const at = new Date(context.now).toISOString();
  return {
    resourceType: 'AuditEvent',
    id,
    meta: { versionId: '1', lastUpdated: at },
    type: { system: 'http://terminology.hl7.org/CodeSystem/audit-event-type', code: 'rest' },
    subtype: [{ system: 'urn:creneau:fhir:audit', code: subtype }],
    action,
    recorded: at,
    outcome: '0',
    agent: [{ who: { display: context.caller }, requestor: true }],
    source: { observer: { display: 'Créneau' } },
    entity: entities.map((reference) => ({ what: { reference } })),
  };
}
