/**
 * The progress of the search: "38 éditeurs sur 41 ont répondu, 2 en attente, 1 en panne", with the names of the editors
 * that are late or down.
 */
import { Progress, VisuallyHidden } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Answers } from './use-answers.ts';

export interface ProgressBarProps {
  answers: Answers;
  /** Places with slots so far. */
  found: number;
}

export function ProgressBar({ answers: { progress, partners, state }, found }: ProgressBarProps) {
  const { t } = useTranslation();
  if (progress === undefined) return null;
  const { answered, failed, waiting, total } = progress;
  const parts = [
    t('search.answered', { count: answered, total }),
    ...(waiting > 0 ? [t('search.waiting', { count: waiting })] : []),
    ...(failed > 0 ? [t('search.failed', { count: failed })] : []),
  ];
  const sentence = `${parts.join(', ')}.`;
  const broken = partners.filter((partner) => partner.outcome !== 'ok');
  return (
    <section className="search-progress" aria-label={t('search.progress')}>
      <Progress.Root size="lg">
        <Progress.Section
          value={(100 * answered) / Math.max(total, 1)}
          color="green.8"
          aria-label={t('search.progressOk')}
          aria-valuetext={sentence}
        />
        <Progress.Section
          value={(100 * failed) / Math.max(total, 1)}
          color="red.8"
          aria-label={t('search.progressFailed')}
        />
      </Progress.Root>
      <p>{sentence}</p>
      {/* A screen reader says this at the start and at the end, not at each of forty answers. */}
      <VisuallyHidden role="status">
        {state === 'running' ? t('search.running') : `${sentence} ${t('search.found', { count: found })}`}
      </VisuallyHidden>
      {broken.length > 0 && (
        <details open={state === 'done'}>
          <summary>{t('search.brokenTitle', { count: broken.length })}</summary>
          <ul>
            {broken.map(({ id, text }) => (
              <li key={id}>{text}</li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}
