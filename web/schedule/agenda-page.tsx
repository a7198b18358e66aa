/** The frame of a page about one of the own agendas: its title, the choice of the agenda, and the agenda itself. */
import { Loader, NativeSelect } from '@mantine/core';
import { Fragment, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { RefusalAlert } from '../ui/refusal.tsx';
import { agendaLabel, useOwnAgendas } from './agendas.ts';

interface Props {
  title: string;
  /** The id in the address; without one the first agenda is shown. */
  chosen: string | undefined;
  go: (params: { agenda: string }) => void;
  /** Rendered anew for each agenda. */
  children: (agenda: string) => ReactNode;
}

export function AgendaPage({ title, chosen, go, children }: Props) {
  const { t } = useTranslation();
  const own = useOwnAgendas();
  const agendas = own.data ?? [];
  const agenda = chosen ?? agendas[0]?.id;
  return (
    <div className="stack">
      <div className="page-head">
        <h1>{title}</h1>
        {agendas.length > 0 && (
          <NativeSelect
            aria-label={t('visibility.agenda')}
            value={agenda}
            onChange={(event) => go({ agenda: event.currentTarget.value })}
            data={agendas.map((choice) => ({ value: choice.id, label: agendaLabel(choice, ' ') }))}
          />
        )}
      </div>
      <RefusalAlert error={own.error} />
      {own.isPending && <Loader aria-label={t('app.loading')} />}
      {own.isSuccess && agenda === undefined && <p className="sheet">{t('visibility.noneOwn')}</p>}
      {agenda !== undefined && <Fragment key={agenda}>{children(agenda)}</Fragment>}
    </div>
  );
}
