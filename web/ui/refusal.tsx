/** A refusal or a failure told to people, in their language, where it happened. */
import { Alert } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Refusal, Unreachable } from '../fhir/client.ts';
import { language, t } from './texts.ts';

/** One sentence per fault. */
export function explain(error: unknown): string[] {
  if (error instanceof Unreachable) return [t('shell.unreachableNow')];
  if (error instanceof Refusal) {
    const told = error.problems
      .map((problem) => (language() === 'en' ? problem.diagnostics || problem.text : problem.text))
      .filter((one) => one !== '');
    if (error.status === 412) return [t('shell.changedMeanwhile')];
    return told.length > 0 ? told : [t('shell.refused', { status: error.status })];
  }
  return [t('shell.unexpected')];
}

/** `brief` stands in place of what the server said. */
export function RefusalAlert({
  error,
  brief,
  children,
}: {
  error: unknown;
  brief?: string | undefined;
  children?: ReactNode;
}) {
  const { t } = useTranslation();
  if (error === undefined || error === null) return null;
  const texts = brief === undefined ? explain(error) : [brief];
  return (
    <Alert color="red" variant="light" role="alert" title={t('shell.notDone')}>
      {texts.length === 1 ? (
        texts[0]
      ) : (
        <ul>
          {texts.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
      {children}
    </Alert>
  );
}
