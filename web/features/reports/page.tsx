/** The appointments taken through the SAS: when, with whom, their status, and the answer of the dispatch software. */
import { Badge, Button, NativeSelect, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Appointment } from '../../../src/fhir/resources.ts';
import { FRANCE } from '../../fhir/zone.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { choiceParam, type PageProps } from '../../ui/params.ts';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { language } from '../../ui/texts.ts';
import { DispatchState, useDispatchMessages } from './dispatch.tsx';
import { type ReportsParams, STATUSES } from './params.ts';
import { editorOf, practitionersOf, regulatorOf, usePractitionerNames, useReports } from './reports.ts';

export default function ReportsPage({ params, go }: PageProps<ReportsParams>) {
  const { t } = useTranslation();
  const { status, from } = params;
  const reports = useReports(params);
  return (
    <>
      <div className="page-head">
        <h1>{t('reports.title')}</h1>
        <div className="grow" />
        <NativeSelect
          label={t('reports.status')}
          value={status ?? ''}
          onChange={({ currentTarget: { value } }) => go({ from, status: choiceParam(STATUSES, value) }, true)}
          data={[
            { value: '', label: t('search.any') },
            ...STATUSES.map((value) => ({ value, label: t(`reports.is.${value}`) })),
          ]}
        />
        <TextInput
          type="date"
          label={t('reports.from')}
          value={from ?? ''}
          onChange={({ currentTarget: { value } }) => go({ status, from: value || undefined }, true)}
        />
      </div>
      <RefusalAlert error={reports.error} />
      {reports.isSuccess && <ReportsTable appointments={reports.appointments} />}
      {reports.hasNextPage && (
        <Button variant="light" mt="md" onClick={() => void reports.fetchNextPage()}>
          {t('reports.more')}
        </Button>
      )}
    </>
  );
}

function ReportsTable({ appointments }: { appointments: readonly Appointment[] }) {
  const { t } = useTranslation();
  const names = usePractitionerNames(appointments);
  const { messageOf, mayBeOlder } = useDispatchMessages();
  const when = new Intl.DateTimeFormat(language(), { dateStyle: 'medium', timeStyle: 'short', timeZone: FRANCE });
  return (
    <DataTable
      label={t('reports.title')}
      empty={t('reports.none')}
      rows={appointments}
      keyOf={({ id }) => id!}
      columns={[
        { title: t('reports.when'), cell: ({ start }) => when.format(Date.parse(start!)) },
        {
          title: t('reports.who'),
          cell: (appointment) =>
            practitionersOf(appointment)
              .map((id) => names.get(id) ?? id)
              .join(', '),
        },
        { title: t('reports.statusColumn'), cell: ({ status }) => <Status status={status} /> },
        { title: t('reports.regulator'), cell: regulatorOf },
        {
          title: t('reports.editor'),
          cell: (appointment) => editorOf(appointment) ?? <span className="soft">{t('reports.unknownEditor')}</span>,
        },
        {
          title: t('reports.dispatch'),
          cell: ({ id }) => <DispatchState message={messageOf(id!)} mayBeOlder={mayBeOlder} />,
        },
      ]}
    />
  );
}

const STATUS_COLOURS: Record<string, string> = { cancelled: 'red', noshow: 'red', fulfilled: 'green' };

function Status({ status }: { status: string }) {
  const { t } = useTranslation();
  return (
    <Badge variant="light" tt="none" color={STATUS_COLOURS[status] ?? 'gray'}>
      {t(`reports.is.${status as 'booked'}`, { defaultValue: status })}
    </Badge>
  );
}
