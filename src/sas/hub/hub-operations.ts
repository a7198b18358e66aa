/**
 * The messages to the LRM, for operators and pages: `$hub-messages` lists them with their state and error, `$hub-aside`
 * lists answers that were not understood, `$hub-replay` sends a failed message again. Answers are Parameters. Spec: 6.6
 */
import { FhirError } from '../../fhir/issue.ts';
import { notListed, notWhole } from '../../fhir/refusals.ts';
import { type Parameter, parameters } from '../../fhir/foundation.ts';
import { asType, list } from '../../fhir/resources.ts';
import type { Operation } from '../../rest/backend.ts';
import type { Database } from '../../store/engine/database.ts';
import { HUB, type HubMessage, HubMessages, type HubState } from '../../store/records/hub-messages.ts';
import { Outbox, type OutboxItem } from '../../store/delivery/outbox.ts';

const STATES: readonly HubState[] = ['sent', 'taken', 'acknowledged', 'failed', 'expired'];
/** The state of an order that is not a message yet: the broker is away, or the regulator has no account. */
const WAITING = 'waiting';
const MAX_COUNT = 500;
const DEFAULT_COUNT = 100;
const MAX_BODY_LENGTH = 10_000;

export function hubOperations(database: Database): Operation[] {
  const ledger = new HubMessages(database);
  const outbox = new Outbox(database);
  const system = { on: 'system', level: 'system' } as const;
  return [
    {
      ...system,
      name: 'hub-messages',
      safe: true,
      description: 'Messages vers les LRM (INT_L02) et leur état ; state, appointment, id, _count, before',
      async run(_context, { query }) {
        const asked = new URLSearchParams(query);
        const id = asked.get('id');
        if (id !== null) return { resource: parameters([shown(await readMessage(ledger, id), true)]) };
        const state = stateOf(asked);
        const appointment = asked.get('appointment')?.replace(/^Appointment\//, '');
        const count = countOf(asked);
        const waiting =
          state !== undefined && state !== WAITING
            ? []
            : await outbox.list({ destination: HUB, state: WAITING, count });
        const messages =
          state === WAITING ? [] : await ledger.list({ appointment, state, count, before: beforeOf(asked) });
        const counts = Object.entries(await ledger.counts()).map(([name, many]) => ({ name, valueInteger: many }));
        return {
          resource: parameters([
            ...(counts.length === 0 ? [] : [{ name: 'counts', part: counts }]),
            ...waiting
              .filter((item) => appointment === undefined || item.orderingKey === appointment)
              .map(shownWaiting),
            ...messages.map((message) => shown(message, false)),
          ]),
        };
      },
    },
    {
      ...system,
      name: 'hub-aside',
      safe: true,
      description: 'Messages du Hub que la plateforme n’a pas compris, gardés tels quels ; _count, before',
      async run(_context, { query }) {
        const asked = new URLSearchParams(query);
        const asides = await ledger.asides({ count: countOf(asked), before: beforeOf(asked) });
        return {
          resource: parameters(
            asides.map(({ id, at, queue, reason, body }) => ({
              name: 'aside',
              part: [
                { name: 'n', valueInteger: id },
                { name: 'at', valueInstant: instant(at) },
                { name: 'queue', valueString: queue },
                { name: 'reason', valueString: reason },
                ...(body === '' ? [] : [{ name: 'body', valueString: body.slice(0, MAX_BODY_LENGTH) }]),
              ],
            })),
          ),
        };
      },
    },
    {
      ...system,
      name: 'hub-replay',
      safe: false,
      description: 'Renvoie un message en échec ou expiré : id (distributionID)',
      async run(_context, { query, resource }) {
        const given = list(asType(resource, 'Parameters')?.parameter)
          .filter((part) => part.name === 'id')
          .map((part) => String(part.valueString ?? part.valueId ?? ''));
        const ids = [...new URLSearchParams(query).getAll('id'), ...given].filter((id) => id !== '');
        if (ids.length === 0)
          throw new FhirError('required', '$hub-replay needs the id (distributionID) of a message', {
            expression: 'id',
            text: 'Indiquez l’identifiant (distributionID) du message à renvoyer.',
          });
        for (const id of ids) await readMessage(ledger, id);
        const sent = await ledger.replay(ids);
        if (sent === 0)
          throw new FhirError(
            'conflict',
            'Only a message that failed or expired, and was not replaced, can be sent again',
            {
              expression: 'id',
              text: 'Seul un message en échec ou expiré, que rien n’a remplacé, peut être renvoyé.',
            },
          );
        return { resource: parameters([{ name: 'sent', valueInteger: sent }]) };
      },
    },
  ];
}

async function readMessage(ledger: HubMessages, id: string): Promise<HubMessage> {
  const found = await ledger.read(id);
  if (found === undefined)
    throw new FhirError('not-found', 'There is no message with this distributionID', {
      expression: 'id',
      text: 'Aucun message ne porte cet identifiant.',
    });
  return found;
}

function stateOf(asked: URLSearchParams): HubState | typeof WAITING | undefined {
  const state = asked.get('state');
  if (state === null) return undefined;
  const found = [...STATES, WAITING].find((name) => name === state);
  if (found === undefined) throw notListed('state', [WAITING, ...STATES]);
  return found as HubState | typeof WAITING;
}

function countOf(asked: URLSearchParams): number {
  return whole(asked, '_count', MAX_COUNT) ?? DEFAULT_COUNT;
}

function beforeOf(asked: URLSearchParams): number | undefined {
  return whole(asked, 'before', Number.MAX_SAFE_INTEGER);
}

function whole(asked: URLSearchParams, name: string, max: number): number | undefined {
  const text = asked.get(name);
  if (text === null) return undefined;
  if (!/^\d{1,15}$/.test(text) || Number(text) < 1) throw notWhole(name, 1);
  return Math.min(Number(text), max);
}

function shown(message: HubMessage, isWhole: boolean): Parameter {
  const at = (name: string, value: number | undefined): Parameter[] =>
    value === undefined ? [] : [{ name, valueInstant: instant(value) }];
  const text = (name: string, value: string | undefined): Parameter[] =>
    value === undefined ? [] : [{ name, valueString: value }];
  return {
    name: 'message',
    part: [
      { name: 'id', valueString: message.id },
      { name: 'n', valueInteger: message.n },
      { name: 'state', valueCode: message.state },
      {
        name: 'appointment',
        valueReference: { reference: `Appointment/${message.appointment}/_history/${message.version}` },
      },
      { name: 'method', valueCode: message.method },
      ...text('recipient', message.recipient),
      ...(message.code === undefined ? [] : [{ name: 'code', valueInteger: message.code }]),
      ...text('error', message.error),
      ...(message.repeats === 0 ? [] : [{ name: 'repeats', valueInteger: message.repeats }]),
      ...at('sent', message.sentAt),
      ...at('taken', message.takenAt),
      ...at('ended', message.endedAt),
      ...at('expires', message.expiresAt),
      ...at('again', message.againAt),
      ...text('replacedBy', message.replacedBy),
      ...(isWhole ? text('body', message.body) : []),
    ],
  };
}

function shownWaiting({ orderingKey, attempts, createdAt, nextAttemptAt, lastError }: OutboxItem): Parameter {
  return {
    name: 'message',
    part: [
      { name: 'state', valueCode: WAITING },
      { name: 'appointment', valueReference: { reference: `Appointment/${orderingKey}` } },
      { name: 'attempts', valueInteger: attempts },
      { name: 'created', valueInstant: instant(createdAt) },
      { name: 'again', valueInstant: instant(nextAttemptAt) },
      ...(lastError === undefined ? [] : [{ name: 'error', valueString: lastError }]),
    ],
  };
}

function instant(epoch: number): string {
  return new Date(epoch).toISOString();
}
