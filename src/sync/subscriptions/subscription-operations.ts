/**
 * `$status` and `$events` of a Subscription, for a subscriber that may have missed notifications: the number of the
 * last event, and the events between two numbers once more.
 * https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/OperationDefinition-backport-subscription-events.html
 */
import type { Context } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import { notListed, notWhole } from '../../fhir/refusals.ts';
import type { BundleEntry } from '../../fhir/foundation.ts';
import { parseAnyResource, parseResource } from '../../fhir/json.ts';
import type { Resource } from '../../fhir/resource.ts';
import { asType, list } from '../../fhir/resources.ts';
import type { Backend, Operation, OperationCall } from '../../rest/backend.ts';
import type { ResourceReader } from '../../store/resources/resource-reader.ts';
import type { SubscriptionEvent, SubscriptionState, Subscriptions } from '../../store/delivery/subscriptions.ts';
import { type Notification, notificationText, statusOf } from './notification.ts';
import { type Content, readChannel } from './subscription.ts';

const MAX_EVENTS = 1000;
const CONTENTS: readonly string[] = ['empty', 'id-only', 'full-resource'] satisfies Content[];

export function subscriptionOperations(
  backend: Pick<Backend, 'read'>,
  reader: ResourceReader,
  subscriptions: Subscriptions,
): Operation[] {
  const load = async (
    context: Context,
    id: string,
  ): Promise<{ state: SubscriptionState; about: Omit<Notification, 'type' | 'events'> }> => {
    const subscription = parseResource('Subscription', (await backend.read(context, 'Subscription', id)).body);
    const { topic, canonical, content } = readChannel(subscription);
    // The engine has not seen a Subscription that was written a moment ago.
    const state = (await subscriptions.state(id)) ?? { status: subscription.status, topic, events: 0 };
    return {
      state,
      about: {
        base: context.base,
        now: context.now,
        subscription: id,
        topic: canonical,
        status: subscription.status,
        content,
        eventsSinceStart: state.events,
      },
    };
  };
  const status = async (context: Context, ids: readonly string[]): Promise<{ resource: Resource }> => {
    const entry: BundleEntry[] = [];
    for (const id of ids) {
      const { about } = await load(context, id);
      const resource = statusOf({ ...about, type: 'query-status', events: [] });
      entry.push({ fullUrl: `urn:uuid:${resource.id}`, resource, search: { mode: 'match' } });
    }
    return {
      resource: {
        resourceType: 'Bundle',
        type: 'searchset',
        total: entry.length,
        ...(entry.length > 0 ? { entry } : {}),
      },
    };
  };
  const definition = 'http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription';
  return [
    {
      name: 'status',
      on: ['Subscription'],
      level: 'instance',
      safe: true,
      definition: `${definition}-status`,
      description: 'Où en est un abonnement : son état, le numéro de son dernier événement',
      run: (context, { id }) => status(context, [id!]),
    },
    {
      name: 'status',
      on: ['Subscription'],
      level: 'type',
      safe: true,
      definition: `${definition}-status`,
      description: 'Où en sont des abonnements ; id',
      run: (context, call) =>
        status(
          context,
          valuesOf(call, 'id')
            .flatMap((value) => value.split(','))
            .map((value) => value.replace(/^.*\//, '')),
        ),
    },
    {
      name: 'events',
      on: ['Subscription'],
      level: 'instance',
      safe: true,
      definition: `${definition}-events`,
      description: 'Les événements d’un abonnement, à nouveau ; eventsSinceNumber, eventsUntilNumber, content',
      async run(context, call) {
        const { state, about } = await load(context, call.id!);
        const number = (name: string, fallback: number): number => {
          const [value] = valuesOf(call, name);
          if (value === undefined) return fallback;
          if (!/^\d{1,15}$/.test(value)) throw notWhole(name, 0);
          return Number(value);
        };
        const [asked] = valuesOf(call, 'content');
        if (asked !== undefined && !CONTENTS.includes(asked)) throw notListed('content', CONTENTS);
        const from = number('eventsSinceNumber', 1);
        const events = await subscriptions.events(
          call.id!,
          from,
          number('eventsUntilNumber', state.events),
          MAX_EVENTS,
        );
        if (from <= state.events && from > 0 && events[0]?.number !== from) {
          throw new FhirError(
            'deleted',
            `Event ${from} is no longer kept${firstKept(events)}: read the agendas again`,
            {
              status: 410,
              expression: 'eventsSinceNumber',
              text: 'Cet événement n’est plus conservé : relisez les agendas.',
            },
          );
        }
        const text = await notificationText(reader, {
          ...about,
          type: 'query-event',
          events,
          content: (asked as Content | undefined) ?? about.content,
        });
        return { resource: parseAnyResource(text) };
      },
    },
  ];
}

function firstKept([first]: readonly SubscriptionEvent[]): string {
  return first === undefined ? '' : ` (the first one kept is ${first.number})`;
}

/** Values of a parameter, from the query and from a Parameters body. */
function valuesOf({ query, resource }: OperationCall, name: string): string[] {
  const sent = list(asType(resource, 'Parameters')?.parameter)
    .filter((parameter) => parameter.name === name)
    .map((parameter) =>
      String(parameter.valueString ?? parameter.valueId ?? parameter.valueInteger ?? parameter.valueCode ?? ''),
    );
  return [...new URLSearchParams(query).getAll(name), ...sent];
}
