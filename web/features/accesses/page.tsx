/** Lists who looked at an agenda, or at the data of a patient: when, how, and whether it was refused. */
import { Badge, Button, Loader, NativeSelect } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { accessesTo } from '../../fhir/accesses.ts';
import { FRANCE } from '../../fhir/zone.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { choiceParam, type PageProps } from '../../ui/params.ts';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { useSession } from '../../ui/session.ts';
import { language } from '../../ui/texts.ts';
import { type AccessLine, lineOf } from './access-lines.ts';
import { useAccessTexts } from './access-texts.ts';
import { ExportButton } from './export-button.tsx';
import { ACTIONS, type AccessesParams } from './params.ts';
import { NamedSubject, OwnSubject } from './subject.tsx';

const PAGE = '100';

export default function AccessesPage({ params, go }: PageProps<AccessesParams>) {
  const { t } = useTranslation();
  const { me } = useSession();
  const { agenda, patient, action } = params;
  const about = patient === undefined ? agenda && `Schedule/${agenda}` : `Patient/${patient}`;
  const Subject = me.person?.roles.some((role) => role !== 'operator') || me.open ? OwnSubject : NamedSubject;
  return (
    <div className="stack">
      <div className="page-head">
        <h1>{t('accesses.title')}</h1>
        <div className="grow" />
        {patient !== undefined && <ExportButton patient={patient} />}
      </div>
      <p>{t('accesses.help')}</p>
      <Subject params={params} go={go} />
      <NativeSelect
        label={t('accesses.action')}
        value={action ?? ''}
        onChange={({ currentTarget: { value } }) => go({ agenda, patient, action: choiceParam(ACTIONS, value) }, true)}
        data={[
          { value: '', label: t('accesses.any') },
          ...ACTIONS.map((value) => ({ value, label: t(`accesses.actions.${value}`) })),
        ]}
      />
      {about !== undefined && about !== '' && <Accesses key={about} about={about} action={action} />}
    </div>
  );
}

function Accesses({ about, action }: { about: string; action: string | undefined }) {
  const { t } = useTranslation();
  const { data, error, isPending, isSuccess, hasNextPage, fetchNextPage } = useInfiniteQuery({
    queryKey: ['accesses', about, action ?? ''],
    queryFn: ({ pageParam, signal }) =>
      accessesTo(
        about,
        { _count: PAGE, ...(action === undefined ? {} : { action }), ...(pageParam ? { _cursor: pageParam } : {}) },
        signal,
      ),
    initialPageParam: '',
    getNextPageParam: ({ next }) => next,
  });
  const lines = (data?.pages ?? []).flatMap(({ events }) => events.map(lineOf));
  return (
    <section className="stack" aria-label={t('accesses.listOf', { about })}>
      <h2>{t('accesses.listOf', { about })}</h2>
      <RefusalAlert error={error} />
      {isPending && <Loader aria-label={t('app.loading')} />}
      {isSuccess && <p role="status">{t('accesses.count', { count: data.pages[0]!.total })}</p>}
      {isSuccess && <AccessTable lines={lines} />}
      {hasNextPage && (
        <Button variant="light" onClick={() => void fetchNextPage()}>
          {t('accesses.older')}
        </Button>
      )}
    </section>
  );
}

function AccessTable({ lines }: { lines: readonly AccessLine[] }) {
  const { t } = useTranslation();
  const texts = useAccessTexts();
  const when = new Intl.DateTimeFormat(language(), { dateStyle: 'medium', timeStyle: 'medium', timeZone: FRANCE });
  return (
    <DataTable
      label={t('accesses.title')}
      empty={t('accesses.none')}
      rows={lines}
      keyOf={({ id }) => id}
      columns={[
        { title: t('accesses.when'), cell: ({ at }) => when.format(Date.parse(at)) },
        { title: t('accesses.who'), cell: ({ who }) => who },
        { title: t('accesses.role'), cell: texts.roles },
        { title: t('accesses.what'), cell: texts.act },
        {
          title: t('accesses.outcome'),
          cell: (line) => (
            <Badge variant="light" tt="none" color={line.isRefused ? 'red' : 'gray'}>
              {texts.outcome(line)}
            </Badge>
          ),
        },
      ]}
    />
  );
}
