/** What waits for others or was refused by them, with its error; what failed can be sent again. */
import { Button, NativeSelect } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Json } from '../../../src/fhir/resource.ts';
import { ask } from '../../fhir/client.ts';
import { parameterOf, partsOf } from '../../fhir/parameters.ts';
import { notify } from '../../ui/notify.tsx';
import { serverKind } from '../../ui/page.ts';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { Rows } from '../../ui/rows.tsx';
import { instant, lookSoon, Technical, useOperation } from './operation.tsx';

const STATES = ['waiting', 'failed', 'delivered'] as const;

type Row = Record<string, Json>;

export function OutboxPanel() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [state, setState] = useState<string>('');
  const { data, error } = useOperation(`/fhir/$outbox?_count=200${state === '' ? '' : `&state=${state}`}`);
  const nameOf = useDestinationNames();
  const retry = useMutation({
    mutationFn: (parameter: object[]) =>
      ask('/fhir/$outbox-retry', { method: 'POST', body: { resourceType: 'Parameters', parameter } }),
    onSuccess: ({ json }) => {
      notify({ title: t('supervision.retried', { count: Number(parameterOf(json, 'retried') ?? 0) }) });
      lookSoon(client);
    },
  });
  const isLoading = data === undefined && error === null;
  return (
    <>
      <RefusalAlert error={error ?? retry.error} />
      <h2>{t('supervision.destinations')}</h2>
      <Rows
        label={t('supervision.destinations')}
        empty={isLoading ? t('shell.loading') : t('supervision.nothingSent')}
        rows={partsOf(data, 'destination')}
        keyOf={(row) => row['name']}
        columns={[
          { title: t('supervision.destination'), cell: (row) => nameOf(row['name']) },
          ...STATES.map((state) => ({ title: t(`supervision.isState.${state}`), cell: (row: Row) => row[state] })),
          {
            title: t('supervision.action'),
            cell: (row) =>
              row['failed'] > 0 && (
                <Button
                  size="compact-sm"
                  variant="light"
                  onClick={() => retry.mutate([{ name: 'destination', valueString: row['name'] }])}
                  aria-label={t('supervision.retryAllOf', { destination: nameOf(row['name']) })}
                >
                  {t('supervision.retryAll')}
                </Button>
              ),
          },
        ]}
      />
      <div className="page-head">
        <h2>{t('supervision.messages')}</h2>
        <div className="grow" />
        <NativeSelect
          label={t('supervision.state')}
          value={state}
          onChange={({ currentTarget: { value } }) => setState(value)}
          data={[
            { value: '', label: t('search.any') },
            ...STATES.map((state) => ({ value: state, label: t(`supervision.isState.${state}`) })),
          ]}
        />
      </div>
      <Rows
        label={t('supervision.messages')}
        empty={isLoading ? t('shell.loading') : t('supervision.noMessage')}
        rows={partsOf(data, 'item')}
        keyOf={(row) => row['id']}
        columns={[
          { title: t('supervision.created'), cell: (row) => instant(row['created']) },
          { title: t('supervision.destination'), cell: (row) => nameOf(row['destination']) },
          { title: t('supervision.state'), cell: (row) => t(`supervision.isState.${row['state'] as 'waiting'}`) },
          { title: t('supervision.attempts'), cell: (row) => row['attempts'] },
          { title: t('supervision.error'), cell: (row) => <Technical text={row['error']} /> },
          {
            title: t('supervision.action'),
            cell: (row) =>
              row['state'] !== 'delivered' && (
                <Button
                  size="compact-sm"
                  variant="light"
                  onClick={() => retry.mutate([{ name: 'id', valueString: row['id'] }])}
                  aria-label={t('supervision.retryOne', { id: row['id'] })}
                >
                  {t('supervision.retry')}
                </Button>
              ),
          },
        ]}
      />
    </>
  );
}

/** Destinations as people call them: `partner:editeur-a` by the name in the registry. */
function useDestinationNames(): (destination: string) => string {
  const { t } = useTranslation();
  const partners = partsOf(useOperation('/fhir/$partners', serverKind() === 'platform').data, 'partner');
  return (destination) => {
    const [kind, id] = destination.split(/:(.*)/s);
    if (kind === 'partner') return partners.find((partner) => partner['id'] === id)?.['name'] ?? id;
    if (kind === 'hub' || kind === 'sas-platform' || kind === 'hold') return t(`supervision.to-${kind}`);
    return kind === 'subscription' ? t('supervision.to-subscription', { id }) : destination;
  };
}
