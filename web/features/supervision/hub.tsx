/** The messages to the dispatch software through the Hub Santé, their states, and answers that were not understood. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ask } from '../../fhir/client.ts';
import { type Parts, partsOf } from '../../fhir/parameters.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { notify } from '../../ui/notify.tsx';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { formatInstant, Technical } from './cells.tsx';
import { MessagesHead, RetryButton } from './message-parts.tsx';
import { readSoon, useOperation } from './operation.ts';

const STATES = ['waiting', 'sent', 'taken', 'acknowledged', 'failed', 'expired'] as const;
const LOST_STATES = ['failed', 'expired'];

export function HubPanel() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [state, setState] = useState('');
  const { data, error, isLoading } = useOperation(`/fhir/$hub-messages?_count=200${state && `&state=${state}`}`);
  const replay = useMutation({
    mutationFn: (id: string) => ask(`/fhir/$hub-replay?id=${encodeURIComponent(id)}`, { method: 'POST' }),
    onSuccess: () => {
      notify({ title: t('supervision.retried', { count: 1 }) });
      readSoon(client);
    },
  });
  return (
    <>
      <RefusalAlert error={error ?? replay.error} />
      <MessagesHead
        title={t('supervision.tab.hub')}
        state={state}
        onState={setState}
        states={STATES.map((value) => ({ value, label: t(`reports.dispatchIs.${value}`) }))}
      />
      <Messages messages={partsOf(data, 'message')} isLoading={isLoading} onReplay={replay.mutate} />
      <NotUnderstood />
    </>
  );
}

interface MessagesProps {
  messages: readonly Parts[];
  isLoading: boolean;
  onReplay: (id: string) => void;
}

function Messages({ messages, isLoading, onReplay }: MessagesProps) {
  const { t } = useTranslation();
  return (
    <DataTable
      label={t('supervision.tab.hub')}
      empty={isLoading ? t('app.loading') : t('supervision.noMessage')}
      rows={messages}
      keyOf={(message) => [message['id'], message['appointment']?.reference, message['created']].join(' ')}
      columns={[
        { title: t('supervision.created'), cell: (message) => formatInstant(message['sent'] ?? message['created']) },
        { title: t('supervision.recipient'), cell: (message) => message['recipient'] ?? '' },
        {
          title: t('supervision.method'),
          cell: ({ method = '' }) =>
            t(`supervision.methodIs.${method as 'CreateAppointment'}`, { defaultValue: method }),
        },
        { title: t('supervision.state'), cell: (message) => t(`reports.dispatchIs.${message['state'] as 'sent'}`) },
        {
          title: t('supervision.error'),
          cell: (message) => <Technical text={[message['code'], message['error']].filter(Boolean).join(' ')} />,
        },
        {
          title: t('supervision.action'),
          cell: ({ id, state, replacedBy }) =>
            LOST_STATES.includes(state) &&
            replacedBy === undefined && (
              <RetryButton
                label={t('supervision.retryOne', { id })}
                text={t('supervision.retry')}
                onClick={() => onReplay(id)}
              />
            ),
        },
      ]}
    />
  );
}

/** Messages that came from the Hub and were set aside. */
function NotUnderstood() {
  const { t } = useTranslation();
  const messages = partsOf(useOperation('/fhir/$hub-aside?_count=50').data, 'aside');
  if (messages.length === 0) return null;
  return (
    <>
      <h2>{t('supervision.aside')}</h2>
      <DataTable
        label={t('supervision.aside')}
        empty=""
        rows={messages}
        keyOf={(message) => String(message['n'])}
        columns={[
          { title: t('supervision.created'), cell: (message) => formatInstant(message['at']) },
          { title: t('supervision.queue'), cell: (message) => message['queue'] },
          { title: t('supervision.error'), cell: (message) => <Technical text={message['reason']} /> },
        ]}
      />
    </>
  );
}
