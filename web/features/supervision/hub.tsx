/**
 * The messages to the dispatch software through the Hub Santé, their state, and what came back and was not understood.
 */
import { Button, NativeSelect } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ask } from '../../fhir/client.ts';
import { partsOf } from '../../fhir/parameters.ts';
import { notify } from '../../ui/notify.tsx';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { Rows } from '../../ui/rows.tsx';
import { instant, lookSoon, Technical, useOperation } from './operation.tsx';

const STATES = ['waiting', 'sent', 'taken', 'acknowledged', 'failed', 'expired'] as const;

export function HubPanel() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [state, setState] = useState<string>('');
  const messages = useOperation(`/fhir/$hub-messages?_count=200${state === '' ? '' : `&state=${state}`}`);
  const asides = partsOf(useOperation('/fhir/$hub-aside?_count=50').data, 'aside');
  const replay = useMutation({
    mutationFn: (id: string) => ask(`/fhir/$hub-replay?id=${encodeURIComponent(id)}`, { method: 'POST' }),
    onSuccess: () => {
      notify({ title: t('supervision.retried', { count: 1 }) });
      lookSoon(client);
    },
  });
  return (
    <>
      <RefusalAlert error={messages.error ?? replay.error} />
      <div className="page-head">
        <h2>{t('supervision.tab.hub')}</h2>
        <div className="grow" />
        <NativeSelect
          label={t('supervision.state')}
          value={state}
          onChange={({ currentTarget: { value } }) => setState(value)}
          data={[
            { value: '', label: t('search.any') },
            ...STATES.map((state) => ({ value: state, label: t(`reports.dispatchIs.${state}`) })),
          ]}
        />
      </div>
      <Rows
        label={t('supervision.tab.hub')}
        empty={messages.data === undefined && messages.error === null ? t('shell.loading') : t('supervision.noMessage')}
        rows={partsOf(messages.data, 'message')}
        keyOf={(row) => `${row['id'] ?? ''} ${row['appointment']?.reference} ${row['created'] ?? ''}`}
        columns={[
          { title: t('supervision.created'), cell: (row) => instant(row['sent'] ?? row['created']) },
          { title: t('supervision.recipient'), cell: (row) => row['recipient'] ?? '' },
          {
            title: t('supervision.method'),
            cell: (row) =>
              t(`supervision.methodIs.${row['method'] as 'CreateAppointment'}`, { defaultValue: row['method'] ?? '' }),
          },
          { title: t('supervision.state'), cell: (row) => t(`reports.dispatchIs.${row['state'] as 'sent'}`) },
          {
            title: t('supervision.error'),
            cell: (row) => <Technical text={[row['code'], row['error']].filter(Boolean).join(' ')} />,
          },
          {
            title: t('supervision.action'),
            cell: (row) =>
              ['failed', 'expired'].includes(row['state']) &&
              row['replacedBy'] === undefined && (
                <Button
                  size="compact-sm"
                  variant="light"
                  onClick={() => replay.mutate(row['id'])}
                  aria-label={t('supervision.retryOne', { id: row['id'] })}
                >
                  {t('supervision.retry')}
                </Button>
              ),
          },
        ]}
      />
      {asides.length > 0 && (
        <>
          <h2>{t('supervision.aside')}</h2>
          <Rows
            label={t('supervision.aside')}
            empty=""
            rows={asides}
            keyOf={(row) => String(row['n'])}
            columns={[
              { title: t('supervision.created'), cell: (row) => instant(row['at']) },
              { title: t('supervision.queue'), cell: (row) => row['queue'] },
              { title: t('supervision.error'), cell: (row) => <Technical text={row['reason']} /> },
            ]}
          />
        </>
      )}
    </>
  );
}
