/** Step 5: the free slots of the next two weeks, or the reason why there are none, and what others see of them. */
import { Button, Loader } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { search } from '../../fhir/client.ts';
import { addDays, dayIn } from '../../fhir/zone.ts';
import { dayAndTime } from '../../ui/dates.ts';
import { Link } from '../../ui/navigation.ts';
import { RefusalAlert } from '../../ui/refusal.tsx';
import type { Progress } from './progress.ts';

const LOOK_DAYS = 14;
const MAX_SHOWN = 5;

export function PreviewStep({ progress }: { progress: Progress }) {
  const { t } = useTranslation();
  const { schedule, zone } = progress;
  const free = useQuery({
    queryKey: ['free', schedule?.id ?? '', 'set-up'],
    enabled: schedule !== undefined,
    queryFn: ({ signal }) => firstFree(schedule!.id!, zone, signal),
  });
  return (
    <div className="stack">
      <h2>{t('setUp.step5')}</h2>
      <Missing progress={progress} />
      <RefusalAlert error={free.error} />
      {free.isLoading && <Loader aria-label={t('app.loading')} />}
      {free.data !== undefined && (
        <div role="status">
          <p>{t(free.data.count > 0 ? 'setUp.free' : 'setUp.noneFree', { count: free.data.count, days: LOOK_DAYS })}</p>
          <ul>
            {free.data.first.map((start) => (
              <li key={start}>{dayAndTime({ start, end: start }, zone)}</li>
            ))}
          </ul>
        </div>
      )}
      <p>{t('setUp.hidden')}</p>
      <div>
        <Button component={Link} to="/agenda">
          {t('setUp.openAgenda')}
        </Button>
      </div>
    </div>
  );
}

/** Each thing without which nobody can book, in words. */
function Missing({ progress: { place, role, schedule } }: { progress: Progress }) {
  const { t } = useTranslation();
  const missing = [
    ...(place === undefined ? [t('setUp.missingPlace')] : []),
    ...(role === undefined ? [t('setUp.missingPractitioner')] : []),
    ...(schedule === undefined ? [t('setUp.missingWeek')] : []),
  ];
  if (missing.length === 0) return null;
  return (
    <>
      <p>{t('setUp.left')}</p>
      <ul>
        {missing.map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
    </>
  );
}

async function firstFree(
  schedule: string,
  zone: string,
  signal: AbortSignal,
): Promise<{ count: number; first: string[] }> {
  const now = new Date().toISOString();
  const until = addDays(dayIn(now, zone), LOOK_DAYS);
  const page = await search(
    'Slot',
    { schedule, status: 'free', start: [`ge${now}`, `lt${until}`], _count: String(MAX_SHOWN) },
    signal,
  );
  return { count: page.total ?? page.matches.length, first: page.matches.map(({ start }) => start) };
}
