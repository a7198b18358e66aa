/** Appointments taken through the SAS: with whom, when, their status, and what the dispatch software answered. */
import { Badge, Button, NativeSelect, TextInput } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { IDNPS } from '../../../src/fhir/french/identifiers.ts';
import type { Json } from '../../../src/fhir/resource.ts';
import { ask, search } from '../../fhir/client.ts';
import { partsOf } from '../../fhir/parameters.ts';
import { PARIS } from '../search/zone.ts';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { useOpen, usePageSearch } from '../../ui/navigation.ts';
import { Rows } from '../../ui/rows.tsx';
import { language } from '../../ui/texts.ts';
import { reportsPage, STATUSES } from './route.ts';

const PAGE = 50;
/** Messages that the server tells at once, the newest first. */
const MESSAGES = 500;
const AGAIN_MS = 5000;

export default function ReportsPage() {
  const { t } = useTranslation();
  const { status, from } = usePageSearch(reportsPage);
  const open = useOpen();
  const reports = useInfiniteQuery({
    queryKey: ['reports', status, from],
    initialPageParam: `/fhir/Appointment?_sort=-_lastUpdated&_count=${PAGE}${status === undefined ? '' : `&status=${status}`}${from === undefined ? '' : `&date=ge${from}`}`,
    queryFn: async ({ pageParam, signal }) => (await ask(pageParam, { signal })).json,
    getNextPageParam: (page: Json) => {
      const next = (page?.link ?? []).find((one: Json) => one.relation === 'next')?.url;
      return next === undefined
        ? undefined
        : new URL(next, location.origin).pathname + new URL(next, location.origin).search;
    },
    refetchInterval: AGAIN_MS,
  });
  const appointments: Json[] = (reports.data?.pages ?? []).flatMap((page) =>
    ((page?.entry ?? []) as Json[])
      .filter((entry) => entry.resource?.resourceType === 'Appointment')
      .map((entry) => entry.resource),
  );
  const names = useNames(appointments);
  const messages = useQuery({
    queryKey: ['hub-messages'],
    queryFn: async ({ signal }) =>
      partsOf((await ask(`/fhir/$hub-messages?_count=${MESSAGES}`, { signal })).json, 'message'),
    refetchInterval: AGAIN_MS,
    retry: false,
  });
  const dispatchOf = (id: string) =>
    messages.data?.find((one) => new RegExp(`^Appointment/${id}(/|$)`).test(String(one['appointment']?.reference)));
  const when = new Intl.DateTimeFormat(language(), { dateStyle: 'medium', timeStyle: 'short', timeZone: PARIS });
  return (
    <>
      <div className="page-head">
        <h1>{t('reports.title')}</h1>
        <div className="grow" />
        <NativeSelect
          label={t('reports.status')}
          value={status ?? ''}
          onChange={({ currentTarget: { value } }) =>
            open(reportsPage, { from, status: STATUSES.find((status) => status === value) }, true)
          }
          data={[
            { value: '', label: t('search.any') },
            ...STATUSES.map((status) => ({ value: status, label: t(`reports.is.${status}`) })),
          ]}
        />
        <TextInput
          type="date"
          label={t('reports.from')}
          value={from ?? ''}
          onChange={({ currentTarget: { value } }) => open(reportsPage, { status, from: value || undefined }, true)}
        />
      </div>
      <RefusalAlert error={reports.error} />
      {reports.isSuccess && (
        <Rows
          label={t('reports.title')}
          empty={t('reports.none')}
          rows={appointments}
          keyOf={(one) => one.id}
          columns={[
            { title: t('reports.when'), cell: (one) => when.format(Date.parse(one.start)) },
            {
              title: t('reports.who'),
              cell: (one) =>
                practitionersOf(one)
                  .map((id) => names.get(id) ?? id)
                  .join(', '),
            },
            {
              title: t('reports.statusColumn'),
              cell: (one) => (
                <Badge
                  variant="light"
                  tt="none"
                  color={
                    one.status === 'cancelled' || one.status === 'noshow'
                      ? 'red'
                      : one.status === 'fulfilled'
                        ? 'green'
                        : 'gray'
                  }
                >
                  {t(`reports.is.${one.status as 'booked'}`, { defaultValue: one.status })}
                </Badge>
              ),
            },
            { title: t('reports.regulator'), cell: operatorOf },
            {
              title: t('reports.editor'),
              cell: (one) => editorOf(one) ?? <span className="soft">{t('reports.unknownEditor')}</span>,
            },
            {
              title: t('reports.dispatch'),
              cell: (one) => <Dispatch message={dispatchOf(one.id)} isOld={(messages.data?.length ?? 0) >= MESSAGES} />,
            },
          ]}
        />
      )}
      {reports.hasNextPage && (
        <Button variant="light" mt="md" onClick={() => void reports.fetchNextPage()}>
          {t('reports.more')}
        </Button>
      )}
    </>
  );
}

const COLOURS: Record<string, string> = { acknowledged: 'green', failed: 'red', expired: 'red' };

/** `isOld`: there may be a message, further back than was looked. */
function Dispatch({ message, isOld }: { message: Record<string, Json> | undefined; isOld: boolean }) {
  const { t } = useTranslation();
  if (message === undefined)
    return <span className="soft">{t(isOld ? 'reports.dispatchOld' : 'reports.dispatchNone')}</span>;
  const state = message['state'] as 'sent';
  return (
    <>
      <Badge variant="light" tt="none" color={COLOURS[state] ?? 'gray'}>
        {t(`reports.dispatchIs.${state}`, { defaultValue: state })}
      </Badge>
      {message['error'] !== undefined && (
        <span className="soft" lang="en">
          {' '}
          {message['error']}
        </span>
      )}
    </>
  );
}

/** Who reported it; a platform that asks for no certificate does not know. */
function editorOf({ meta }: Json): string | undefined {
  const [, caller = ''] = /^urn:creneau:caller:(.*)$/.exec(meta?.source ?? '') ?? [];
  return caller === '' || caller === 'anonymous' ? undefined : decodeURIComponent(caller);
}

function practitionersOf(appointment: Json): string[] {
  return ((appointment.participant ?? []) as Json[])
    .map((participant) => participant.actor?.identifier?.value ?? participant.actor?.display)
    .filter(Boolean);
}

function operatorOf(appointment: Json): string {
  return (
    ((appointment.extension ?? []) as Json[]).find((extension) =>
      /AppointmentOperator|appointment-operator/.test(extension.url),
    )?.valueReference?.identifier?.value ?? ''
  );
}

const NOBODY: ReadonlyMap<string, string> = new Map();

/** Names of practitioners, by national identifier, from the directory. */
function useNames(appointments: readonly Json[]): ReadonlyMap<string, string> {
  const ids = [...new Set(appointments.flatMap(practitionersOf))].sort().slice(0, 200);
  const { data } = useQuery<ReadonlyMap<string, string>>({
    queryKey: ['names', ids],
    enabled: ids.length > 0,
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: (before) => before,
    queryFn: async ({ signal }) => {
      const { matches } = await search(
        'PractitionerRole',
        { 'practitioner.identifier': ids.map((one) => `${IDNPS}|${one}`).join(','), _count: '500' },
        signal,
      );
      return new Map<string, string>(
        matches.map((match) => [
          String(match['practitioner']?.identifier?.value),
          String(match['practitioner']?.display),
        ]),
      );
    },
  });
  return data ?? NOBODY;
}
