/**
 * The partners as the platform sees them now, for operators: which are in force, which rest after failures, and what is
 * wrong with their settings file.
 */
import type { Resource } from '../../../fhir/resource.ts';
import type { Registry } from './registry.ts';

/** Parameters: a `partner` for each, and `fileError` when the settings file as it is now is not in force. */
export function partnerStates(registry: Registry): Resource {
  const partners = registry.all.map(({ partner, breaker }) => ({
    name: 'partner',
    part: [
      { name: 'id', valueString: partner.id },
      { name: 'name', valueString: partner.name },
      { name: 'enabled', valueBoolean: partner.enabled },
      { name: 'state', valueCode: breaker.isOpen ? 'breaker-open' : 'closed' },
      ...(breaker.restsFor > 0 ? [{ name: 'restsForMs', valueInteger: breaker.restsFor }] : []),
    ],
  }));
  const parameter = [
    ...partners,
    ...(registry.failure === undefined ? [] : [{ name: 'fileError', valueString: registry.failure }]),
  ];
  return { resourceType: 'Parameters', ...(parameter.length === 0 ? {} : { parameter }) };
}
