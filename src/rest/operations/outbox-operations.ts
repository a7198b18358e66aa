/**
 * The messages that wait, were delivered or were refused on their way to other systems:
 * `GET /fhir/$outbox?destination=sas-platform&state=failed&_count=50&before=120`, and `POST /fhir/$outbox-retry` with
 * Parameters (`destination`, or `id` several times). Their contents may be none of the operator's business, and are not
 * shown.
 */
import { FhirError } from '../../fhir/issue.ts';
import { notListed, notWhole } from '../../fhir/refusals.ts';
import type { Resource } from '../../fhir/resource.ts';
import { parseQuery } from '../../fhir/search/parse.ts';
import { type Parameter, parameters } from '../../fhir/foundation.ts';
import { asType, list } from '../../fhir/resources.ts';
import type { Operation } from '../backend.ts';

type MessageState = 'waiting' | 'delivered' | 'failed';

interface QueuedMessage {
  id: number;
  destination: string;
  orderingKey: string;
  state: MessageState;
  attempts: number;
  /** Epoch milliseconds. */
  createdAt: number;
  nextAttemptAt: number;
  endedAt: number | undefined;
  lastError: string | undefined;
}

interface QueueCount {
  destination: string;
  waiting: number;
  failed: number;
  delivered: number;
}

interface ListRequest {
  destination?: string;
  state?: MessageState;
  count: number;
  /** Older than this message. */
  before?: number;
}

/** The outbox, as far as these operations need it. */
export interface MessageQueue {
  list(request: ListRequest): Promise<QueuedMessage[]>;
  counts(): Promise<QueueCount[]>;
  replay(destination: string, ids?: readonly number[]): Promise<number>;
}

const STATES: readonly MessageState[] = ['waiting', 'delivered', 'failed'];
const PAGE = 50;
const MAX_COUNT = 1000;

/** The access table opens them to the role `operator`. */
export function outboxOperations(outbox: MessageQueue): Operation[] {
  return [
    {
      name: 'outbox',
      on: 'system',
      level: 'system',
      safe: true,
      description:
        "Messages à remettre à d'autres, les plus récents d'abord " +
        '(destination, state=waiting|delivered|failed, _count, before).',
      async run(_context, { query }) {
        const asked = readList(query);
        const [items, counts] = await Promise.all([outbox.list(asked), outbox.counts()]);
        const last = items.length === asked.count ? items.at(-1) : undefined;
        return {
          resource: parameters([
            ...counts.map(countPart),
            ...items.map(itemPart),
            ...(last === undefined ? [] : [{ name: 'next', valueString: String(last.id) }]),
          ]),
        };
      },
    },
    {
      name: 'outbox-retry',
      on: 'system',
      level: 'system',
      safe: false,
      description:
        'Remet en route ce qui a été refusé : tout ce qui a échoué pour une destination (destination), ' +
        'ou des messages précis (id).',
      async run(_context, { resource }) {
        const { destination, ids } = readRetry(resource);
        return { resource: parameters([{ name: 'retried', valueInteger: await outbox.replay(destination, ids) }]) };
      },
    },
  ];
}

function readList(query: string): ListRequest {
  const asked = new Map(parseQuery(query).map(({ name, value }) => [name, value]));
  const state = asked.get('state');
  if (state !== undefined && !STATES.includes(state as MessageState)) throw notListed('state', STATES);
  const count = Math.min(asked.has('_count') ? number('_count', asked.get('_count')!) : PAGE, MAX_COUNT);
  return {
    count,
    ...(asked.has('destination') ? { destination: asked.get('destination')! } : {}),
    ...(state === undefined ? {} : { state: state as MessageState }),
    ...(asked.has('before') ? { before: number('before', asked.get('before')!) } : {}),
  };
}

function readRetry(resource: Resource | undefined): { destination: string; ids?: number[] } {
  const parts = list(asType(resource, 'Parameters')?.parameter);
  const values = (name: string): string[] =>
    parts
      .filter((part) => part.name === name)
      .map((part) => String(part.valueString ?? part.valueInteger ?? part.valueId ?? ''));
  const ids = values('id').map((value) => number('id', value));
  const [destination] = values('destination');
  if (ids.length === 0 && !destination)
    throw new FhirError('required', 'destination or id is required', {
      expression: 'Parameters.parameter',
      text: 'Indiquez une destination (destination) ou des messages (id).',
    });
  return { destination: destination ?? '%', ...(ids.length === 0 ? {} : { ids }) };
}

function number(name: string, text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw notWhole(name, 1);
  return Number(text);
}

function countPart({ destination, waiting, failed, delivered }: QueueCount): Parameter {
  return {
    name: 'destination',
    part: [
      { name: 'name', valueString: destination },
      ...Object.entries({ waiting, failed, delivered }).map(([name, valueInteger]) => ({ name, valueInteger })),
    ],
  };
}

function itemPart({
  id,
  destination,
  orderingKey,
  state,
  attempts,
  createdAt,
  nextAttemptAt,
  endedAt,
  lastError,
}: QueuedMessage): Parameter {
  const texts = { id: String(id), destination, key: orderingKey, state };
  const instants = {
    created: createdAt,
    ...(state === 'waiting' ? { next: nextAttemptAt } : {}),
    ...(endedAt === undefined ? {} : { ended: endedAt }),
  };
  return {
    name: 'item',
    part: [
      ...Object.entries(texts).map(([name, valueString]) => ({ name, valueString })),
      { name: 'attempts', valueInteger: attempts },
      ...Object.entries(instants).map(([name, at]) => ({ name, valueInstant: new Date(at).toISOString() })),
      ...(lastError === undefined ? [] : [{ name: 'error', valueString: lastError }]),
    ],
  };
}
