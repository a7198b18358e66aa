/**
 * « Mise en route »: from an empty installation to a week that can be booked. Each step is stored when it is left, and
 * may be skipped; the page goes on where the practice is.
 */
import { Button, Loader } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { PageProps } from '../../ui/params.ts';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { useSession } from '../../ui/session.ts';
import { Step } from '../../ui/step.tsx';
import { Opening } from './opening.tsx';
import { type SetUpParams, type SetUpStep, STEPS } from './params.ts';
import { PlaceStep } from './place-step.tsx';
import { PractitionerStep } from './practitioner-step.tsx';
import { PreviewStep } from './preview-step.tsx';
import { firstMissing, readProgress, type StepContentProps } from './progress.ts';
import './set-up.css';
import { WeekStep } from './week-step.tsx';

export default function SetUpPage({ params, go }: PageProps<SetUpParams>) {
  const { t } = useTranslation();
  const { me } = useSession();
  const isAnybody = me.person === null && me.open;
  if (me.person === null && !me.open) return <Opening />;
  return (
    <div className="sheet narrow stack">
      <h1>{t('setUp.title')}</h1>
      {isAnybody && <p className="soft">{t('setUp.open')}</p>}
      <Steps params={params} go={go} />
    </div>
  );
}

function Steps({ params, go }: PageProps<SetUpParams>) {
  const { t } = useTranslation();
  const { me } = useSession();
  const client = useQueryClient();
  const { data, error } = useQuery({
    queryKey: ['set-up', me.person?.name ?? ''],
    queryFn: ({ signal }) => readProgress(me, signal),
    refetchOnWindowFocus: false,
  });
  if (data === undefined) return error ? <RefusalAlert error={error} /> : <Loader aria-label={t('app.loading')} />;
  const step = params.step ?? firstMissing(data);
  const next = async () => {
    await client.invalidateQueries({ queryKey: ['set-up'] });
    await client.invalidateQueries({ queryKey: ['agendas'] });
    go({ step: Math.min(step + 1, 5) as SetUpStep });
  };
  return (
    <>
      <ol className="set-up-steps">
        {STEPS.map((number) => (
          <li key={number} aria-current={number === step ? 'step' : undefined}>
            {t(`setUp.step${number}`)}
          </li>
        ))}
      </ol>
      <Step name={String(step)} label={t(`setUp.step${step}`)}>
        <Content key={step} step={step} progress={data} onDone={next} />
      </Step>
      {step < 5 && (
        <div>
          <Button variant="subtle" onClick={() => go({ step: (step + 1) as SetUpStep })}>
            {t('setUp.skip')}
          </Button>
        </div>
      )}
    </>
  );
}

function Content({ step, ...rest }: StepContentProps & { step: SetUpStep }) {
  if (step === 3) return <PractitionerStep {...rest} />;
  if (step === 4) return <WeekStep {...rest} />;
  if (step === 5) return <PreviewStep progress={rest.progress} />;
  return <PlaceStep {...rest} />;
}
