/** `$accesses`: who had access to an agenda or a patient. */
import type { Feature, ServerParts } from '../../server/feature.ts';
import type { RuleServices } from '../rules/services.ts';
import { accessesOperation } from './accesses.ts';

export function accessesFeature({ facts }: ServerParts, services: RuleServices): Feature {
  return { name: 'accesses', operations: () => [accessesOperation(services, facts)] };
}
