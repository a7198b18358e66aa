/** « Agendas »: which the practice has, new ones, and the end of one. */
import { Button, Loader } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type AgendaSummary, useOwnAgendas } from '../../schedule/agendas.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { CloseAgenda, OpenAgenda } from './agenda-forms.tsx';
import { partsOfPractice } from './places.ts';
import { rolesOfPractice } from './practitioners.ts';
import { ReplacementDialog } from './replacement-dialog.tsx';

export interface AgendasPanelProps {
  practice: string;
  /** Shows the typical week of an agenda. */
  onAgenda: (agenda: string) => void;
}

export default function AgendasPanel({ practice, onAgenda }: AgendasPanelProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const agendas = useOwnAgendas();
  const [isOpening, setOpening] = useState(false);
  const [closing, setClosing] = useState<AgendaSummary>();
  const [replacing, setReplacing] = useState<AgendaSummary>();
  const { data, error } = useQuery({
    queryKey: ['practice', practice, 'agenda-parts'],
    queryFn: async ({ signal }) => ({
      roles: await rolesOfPractice(practice, signal),
      parts: await partsOfPractice(practice, signal),
    }),
  });
  const refresh = () => void client.invalidateQueries({ queryKey: ['agendas'] });
  if (data === undefined) return error ? <RefusalAlert error={error} /> : <Loader aria-label={t('app.loading')} />;
  return (
    <div className="stack">
      <div className="bar">
        <h2>{t('agendas.title')}</h2>
        <Button onClick={() => setOpening(true)}>{t('agendas.add')}</Button>
      </div>
      <DataTable
        label={t('agendas.title')}
        rows={agendas.data ?? []}
        keyOf={({ id }) => id}
        empty={t('week.noAgenda')}
        columns={[
          { title: t('cabinet.name'), cell: ({ name }) => name },
          { title: t('cabinet.place'), cell: ({ place }) => place },
          {
            title: t('cabinet.actions'),
            cell: (agenda) => (
              <Actions agenda={agenda} onWeek={onAgenda} onReplace={setReplacing} onClose={setClosing} />
            ),
          },
        ]}
      />
      {isOpening && (
        <Dialog title={t('agendas.add')} onClose={() => setOpening(false)}>
          <OpenAgenda
            practice={practice}
            roles={data.roles}
            parts={data.parts}
            onDone={(id) => {
              refresh();
              onAgenda(id);
            }}
          />
        </Dialog>
      )}
      {replacing && (
        <ReplacementDialog
          practice={practice}
          agenda={replacing}
          roles={data.roles}
          onClose={() => setReplacing(undefined)}
        />
      )}
      {closing && (
        <Dialog title={t('agendas.closeOf', { name: closing.name })} onClose={() => setClosing(undefined)}>
          <CloseAgenda agenda={closing.id} onDone={() => setClosing(undefined)} />
        </Dialog>
      )}
    </div>
  );
}

interface ActionsProps {
  agenda: AgendaSummary;
  onWeek: (agenda: string) => void;
  onReplace: (agenda: AgendaSummary) => void;
  onClose: (agenda: AgendaSummary) => void;
}

function Actions({ agenda, onWeek, onReplace, onClose }: ActionsProps) {
  const { t } = useTranslation();
  const { id, name } = agenda;
  return (
    <>
      <Button size="compact-sm" variant="default" aria-label={t('agendas.weekOf', { name })} onClick={() => onWeek(id)}>
        {t('cabinet.tab.week')}
      </Button>{' '}
      {agenda.isPractitioner && (
        <Button
          size="compact-sm"
          variant="default"
          aria-label={t('replacement.of', { name })}
          onClick={() => onReplace(agenda)}
        >
          {t('replacement.title')}
        </Button>
      )}{' '}
      <Button
        size="compact-sm"
        variant="default"
        aria-label={t('agendas.closeOf', { name })}
        onClick={() => onClose(agenda)}
      >
        {t('agendas.close')}
      </Button>
    </>
  );
}
