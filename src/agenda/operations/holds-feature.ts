/** Holds: `$hold` and `$book`, and the relay that releases a hold when its time is over. */
import { readHold, withHold } from '../../fhir/french/fr-extensions.ts';
import { backInLine, readWaiting } from '../../fhir/french/waiting.ts';
import type { Context } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import type { Resource } from '../../fhir/resource.ts';
import { asType } from '../../fhir/resources.ts';
import { parseAnyResource } from '../../fhir/json.ts';
import type { Backend } from '../../rest/backend.ts';
import type { Feature, ServerParts } from '../../server/feature.ts';
import { Outbox } from '../../store/delivery/outbox.ts';
import { type Delivery, type Relay, startRelay } from '../../store/delivery/relay.ts';
import { HOLDS } from '../rules/appointment-rules.ts';
import type { RuleServices } from '../rules/services.ts';
import { bookOperation, holdOperation } from './hold-and-book.ts';

export function holdsFeature(
  { database, log, now }: ServerParts,
  { agendas, settings }: Pick<RuleServices, 'agendas' | 'settings'>,
): Feature {
  let relay: Relay | undefined;
  return {
    name: 'holds',
    operations: (backend) => [holdOperation(agendas, backend, settings.holdSeconds), bookOperation(agendas, backend)],
    start({ backend }) {
      relay = startRelay({
        outbox: new Outbox(database),
        destination: HOLDS,
        deliver: ({ payload }) => releaseHold(backend, payload, now()),
        log,
      });
    },
    close: () => relay?.close(),
  };
}

/** An offer of the waiting list goes on to the next one: whoever did not answer still waits. */
function released(appointment: Resource): Resource {
  const entry = readWaiting(appointment) === undefined ? undefined : asType(appointment, 'Appointment');
  if (entry !== undefined) return backInLine(entry, true);
  return {
    ...withHold(appointment, undefined),
    status: 'cancelled',
    cancelationReason: { text: 'Réservation non confirmée à temps' },
  };
}

/** Called when a hold runs out, or when it ran out while no server was running. */
export async function releaseHold(
  backend: Pick<Backend, 'read' | 'patch'>,
  id: string,
  now: number,
): Promise<Delivery> {
  const isOver = (appointment: Resource): boolean => (readHold(appointment)?.until ?? Number.POSITIVE_INFINITY) <= now;
  const context: Context = {
    ...{ now, requestId: `hold-${id}`, caller: 'Créneau', roles: ['*'], strict: false, base: '', isOwnWork: true },
  };
  const stored = await backend.read(context, 'Appointment', id).catch((error) => {
    if (!(error instanceof FhirError) || ![404, 410].includes(error.status)) throw error;
  });
  const hold = stored ? readHold(parseAnyResource(stored.body)) : undefined;
  if (hold === undefined) return { outcome: 'delivered' };
  if (hold.until > now) return { outcome: 'retry', reason: 'the hold was renewed, or the clocks differ' };
  const release = (appointment: Resource): Resource => (isOver(appointment) ? released(appointment) : appointment);
  await backend.patch(context, 'Appointment', id, release, { ifMatch: stored!.version }).catch((error) => {
    // Somebody renewed, booked or cancelled it at this moment.
    if (!(error instanceof FhirError) || ![404, 409, 410, 412].includes(error.status)) throw error;
  });
  return { outcome: 'delivered' };
}
