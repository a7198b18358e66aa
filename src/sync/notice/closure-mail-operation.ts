/**
 * `POST /fhir/$closure-mail`: whether the person who calls is told by mail when a closure lands on patients of her
 * agendas; `active` changes it. Off until somebody asks for it.
 */
import { parameters } from '../../fhir/foundation.ts';
import { FhirError } from '../../fhir/issue.ts';
import { stringifyJson } from '../../fhir/json.ts';
import type { Operation } from '../../rest/backend.ts';
import { OperationInput } from '../../rest/operations/operation-input.ts';
import { type ClosureWatches, watchIdOf } from '../../store/records/closure-watch.ts';

/** `isAddress`: mail can be sent there. */
export function closureMailOperation(watches: ClosureWatches, isAddress: (email: string) => boolean): Operation {
  return {
    name: 'closure-mail',
    on: 'system',
    level: 'system',
    safe: false,
    description:
      'Être averti par courriel quand une fermeture tombe sur des rendez-vous de ses agendas : ' +
      'active=true ou false ; sans cela, dit ce qui vaut.',
    async run({ identity, base }, call) {
      if (identity === undefined)
        throw new FhirError('forbidden', 'Only a person who logged in is told by mail', {
          text: 'Ce réglage est celui d’une personne connectée.',
        });
      const active = new OperationInput(call, base).flag('active');
      const id = watchIdOf(identity);
      const email = identity.email?.trim() ?? (await watches.invitedAt(identity));
      const canReceive = email !== undefined && isAddress(email);
      if (active === true && !canReceive)
        throw new FhirError('business-rule', 'No e-mail address of this login is known, or mail is not set up here', {
          expression: 'active',
          text: 'Aucune adresse électronique connue pour votre compte, ou pas de messagerie ici.',
        });
      if (active === true) await watches.start(identity, stringifyJson(identity), email!);
      if (active === false) await watches.stop(id);
      return {
        resource: parameters([
          { name: 'active', valueBoolean: (await watches.find(id)) !== undefined },
          { name: 'possible', valueBoolean: canReceive },
        ]),
      };
    },
  };
}
