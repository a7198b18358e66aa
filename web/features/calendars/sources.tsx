/** The calendars that the agenda takes time from, and line by line what could not be taken over. */
import { Alert, Button, Loader } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { dayIn, timeIn } from '../../fhir/zone.ts';
import { shortDay } from '../../ui/dates.ts';
import { notify, notifyFailure } from '../../ui/notify.tsx';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { type CalendarSource, calendarSources, type Remark, stopCalendar } from './calendar-operations.ts';
import { t as textOf } from '../../ui/texts.ts';

/** Sources change by themselves. */
const POLL_MS = 30_000;

export function Sources({ agenda, zone }: { agenda: string; zone: string }) {
  const { t } = useTranslation();
  const { data, error } = useQuery({
    queryKey: ['agenda', agenda, 'calendars'],
    queryFn: ({ signal }) => calendarSources(agenda, signal),
    refetchInterval: POLL_MS,
  });
  return (
    <section className="stack" aria-label={t('calendars.sources')}>
      <h2>{t('calendars.sources')}</h2>
      <RefusalAlert error={error} />
      {data === undefined && error === null && <Loader aria-label={t('app.loading')} />}
      {data?.length === 0 && <p role="status">{t('calendars.none')}</p>}
      {data?.map((source) => (
        <Source key={source.id} source={source} agenda={agenda} zone={zone} />
      ))}
    </section>
  );
}

function Source({ source, agenda, zone }: { source: CalendarSource; agenda: string; zone: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const name = nameOf(source);
  const when = (instant: string) => `${shortDay(dayIn(instant, zone))} ${timeIn(instant, zone)}`;
  const stop = async () => {
    try {
      await stopCalendar(agenda, source.id);
      notify({ title: t('calendars.stopped') });
    } catch (error) {
      notifyFailure(error);
    }
    void client.invalidateQueries({ queryKey: ['agenda', agenda] });
  };
  return (
    <article className="sheet stack" aria-label={name}>
      <div className="bar">
        <h3 className="title">{name}</h3>
        {source.isFollowed && (
          <Button variant="default" onClick={() => void stop()} aria-label={t('calendars.stopOf', { name })}>
            {t('calendars.stop')}
          </Button>
        )}
      </div>
      {source.failures > 0 && (
        <Alert color="orange">{t('calendars.failed', { count: source.failures, reason: source.outcome ?? '' })}</Alert>
      )}
      <dl className="facts">
        <dt>{t('calendars.readAt')}</dt>
        <dd>{source.readAt === undefined ? t('calendars.never') : when(source.readAt)}</dd>
        {source.nextAt !== undefined && (
          <>
            <dt>{t('calendars.nextAt')}</dt>
            <dd>{when(source.nextAt)}</dd>
          </>
        )}
      </dl>
      <Remarks remarks={source.remarks} />
    </article>
  );
}

function nameOf({ id, address }: CalendarSource): string {
  if (id === 'sent') return textOf('calendars.sent');
  return id === 'devices' ? textOf('calendars.written') : (address ?? id);
}

/** Losses are open; what is good to know is folded away. */
export function Remarks({ remarks }: { remarks: readonly Remark[] }) {
  const { t } = useTranslation();
  const losses = remarks.filter(({ isLoss }) => isLoss);
  const others = remarks.filter(({ isLoss }) => !isLoss);
  return (
    <>
      {losses.length === 0 ? (
        <p>{t('calendars.nothingLost')}</p>
      ) : (
        <>
          <p>{t('calendars.lost', { count: losses.length })}</p>
          <RemarkList remarks={losses} />
        </>
      )}
      {others.length > 0 && (
        <details>
          <summary>{t('calendars.toKnow', { count: others.length })}</summary>
          <RemarkList remarks={others} />
        </details>
      )}
    </>
  );
}

function RemarkList({ remarks }: { remarks: readonly Remark[] }) {
  return (
    <ul>
      {remarks.map(({ text }) => (
        <li key={text}>{text}</li>
      ))}
    </ul>
  );
}
