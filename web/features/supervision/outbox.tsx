/** The messages that wait for others or were refused by them, each with its error. A refused one can be sent again. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ask } from '../../fhir/client.ts';
import { parameterValue, type Parts, partsOf } from '../../fhir/parameters.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { notify } from '../../ui/notify.tsx';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { serverKind } from '../../ui/server-kind.ts';
import { formatInstant, Technical } from './cells.tsx';
import { MessagesHead, RetryButton } from './message-parts.tsx';
import { readSoon, useOperation } from './operation.ts';

const STATES = ['waiting', 'failed', 'delivered'] as const;

export function OutboxPanel() {
  const { t } = useTranslation();
  const [state, setState] = useState('');
  const { data, error, isLoading } = useOperation(`/fhir/$outbox?_count=200${state && `&state=${state}`}`);
  const nameOf = useDestinationNames();
  const retry = useRetry();
  return (
    <>
      <RefusalAlert error={error ?? retry.error} />
      <h2>{t('supervision.destinations')}</h2>
      <Destinations
        destinations={partsOf(data, 'destination')}
        isLoading={isLoading}
        nameOf={nameOf}
        onRetry={(destination) => retry.mutate({ name: 'destination', valueString: destination })}
      />
      <MessagesHead
        title={t('supervision.messages')}
        state={state}
        onState={setState}
        states={STATES.map((value) => ({ value, label: t(`supervision.isState.${value}`) }))}
      />
      <Messages
        messages={partsOf(data, 'item')}
        isLoading={isLoading}
        nameOf={nameOf}
        onRetry={(id) => retry.mutate({ name: 'id', valueString: id })}
      />
    </>
  );
}

/** Sends again one message, or everything that a destination has refused. */
function useRetry() {
  const { t } = useTranslation();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (parameter: object) =>
      ask('/fhir/$outbox-retry', {
        method: 'POST',
        body: { resourceType: 'Parameters', parameter: [parameter] },
      }),
    onSuccess: ({ json }) => {
      notify({ title: t('supervision.retried', { count: Number(parameterValue(json, 'retried') ?? 0) }) });
      readSoon(client);
    },
  });
}

type NameOf = (destination: string) => string;

interface DestinationsProps {
  destinations: readonly Parts[];
  isLoading: boolean;
  nameOf: NameOf;
  onRetry: (destination: string) => void;
}

function Destinations({ destinations, isLoading, nameOf, onRetry }: DestinationsProps) {
  const { t } = useTranslation();
  return (
    <DataTable
      label={t('supervision.destinations')}
      empty={isLoading ? t('app.loading') : t('supervision.nothingSent')}
      rows={destinations}
      keyOf={(destination) => destination['name']}
      columns={[
        { title: t('supervision.destination'), cell: ({ name }) => nameOf(name) },
        ...STATES.map((state) => ({
          title: t(`supervision.isState.${state}`),
          cell: (destination: Parts) => destination[state],
        })),
        {
          title: t('supervision.action'),
          cell: ({ name, failed }) =>
            failed > 0 && (
              <RetryButton
                label={t('supervision.retryAllOf', { destination: nameOf(name) })}
                text={t('supervision.retryAll')}
                onClick={() => onRetry(name)}
              />
            ),
        },
      ]}
    />
  );
}

interface MessagesProps {
  messages: readonly Parts[];
  isLoading: boolean;
  nameOf: NameOf;
  onRetry: (id: string) => void;
}

function Messages({ messages, isLoading, nameOf, onRetry }: MessagesProps) {
  const { t } = useTranslation();
  return (
    <DataTable
      label={t('supervision.messages')}
      empty={isLoading ? t('app.loading') : t('supervision.noMessage')}
      rows={messages}
      keyOf={(message) => message['id']}
      columns={[
        { title: t('supervision.created'), cell: ({ created }) => formatInstant(created) },
        { title: t('supervision.destination'), cell: ({ destination }) => nameOf(destination) },
        { title: t('supervision.state'), cell: ({ state }) => t(`supervision.isState.${state as 'waiting'}`) },
        { title: t('supervision.attempts'), cell: ({ attempts }) => attempts },
        { title: t('supervision.error'), cell: ({ error }) => <Technical text={error} /> },
        {
          title: t('supervision.action'),
          cell: ({ id, state }) =>
            state !== 'delivered' && (
              <RetryButton
                label={t('supervision.retryOne', { id })}
                text={t('supervision.retry')}
                onClick={() => onRetry(id)}
              />
            ),
        },
      ]}
    />
  );
}

/** Destinations as people call them: `partner:editeur-a` by its name in the registry. */
function useDestinationNames(): NameOf {
  const { t } = useTranslation();
  const partners = partsOf(useOperation('/fhir/$partners', serverKind() === 'platform').data, 'partner');
  return (destination) => {
    const [kind, id] = destination.split(/:(.*)/s);
    switch (kind) {
      case 'partner':
        return partners.find((partner) => partner['id'] === id)?.['name'] ?? id;
      case 'hub':
      case 'sas-platform':
      case 'hold':
        return t(`supervision.to-${kind}`);
      case 'subscription':
        return t('supervision.to-subscription', { id });
      default:
        return destination;
    }
  };
}
