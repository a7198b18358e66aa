/**
 * How far the search has come: "38 éditeurs sur 41 ont répondu, 2 en attente, 1 en panne", and who is late or down,
 * never hidden.
 */
import { Progress, VisuallyHidden } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Answers } from './use-answers.ts';

export function SearchProgress({ answers: { progress, partners, state }, found }: { answers: Answers; found: number }) {
  const { t } = useTranslation();
  if (progress === undefined) return null;
  const { answered, failed, waiting, total } = progress;
  const parts = [
    t('search.answered', { count: answered, total }),
    ...(waiting > 0 ? [t('search.waiting', { count: waiting })] : []),
    ...(failed > 0 ? [t('search.failed', { count: failed })] : []),
  ];
  const sentence = `${parts.join(', ')}.`;
  const broken = partners.filter((partner) => partner.fate !== 'ok');
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
      {/* Heard twice, at the start and at the end, and not at each of forty answers. */}
      <VisuallyHidden role="status">
        {state === 'running' ? t('search.running') : `${sentence} ${t('search.found', { count: found })}`}
      </VisuallyHidden>
      {broken.length > 0 && (
        <details open={state === 'done'}>
          <summary>{t('search.brokenTitle', { count: broken.length })}</summary>
          <ul>
            {broken.map((one) => (
              <li key={one.id}>{one.text}</li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}
