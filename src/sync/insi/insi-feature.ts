/** The identity of patients: the teleservice INSi, where a connector to it is set, and looks at documents. */
import type { Feature, ServerParts } from '../../server/feature.ts';
import { checkIdentityOperation, insiOperation } from './identity-operations.ts';
import { InsiConnector } from './insi-connector.ts';

export function insiFeature({ config }: ServerParts): Feature {
  const insi = config.insi === undefined ? undefined : new InsiConnector(config.insi);
  return {
    name: 'insi',
    operations: (backend) => [insiOperation(backend, insi), checkIdentityOperation(backend)],
  };
}
