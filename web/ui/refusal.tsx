/** A refusal or a failure, explained in the person's language at the place where it happened. */
import { Alert } from '@mantine/core';
import { type ReactNode, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Refusal, Unreachable } from '../fhir/client.ts';
import { language, t } from './texts.ts';

/** One sentence per fault. */
export function explain(error: unknown): string[] {
  if (error instanceof Unreachable) return [t('app.unreachableNow')];
  if (error instanceof Refusal) {
    if (error.status === 412) return [t('app.changedMeanwhile')];
    const sentences = error.problems
      .map((problem) => (language() === 'en' ? problem.diagnostics || problem.text : problem.text))
      .filter((sentence) => sentence !== '');
    return sentences.length > 0 ? sentences : [t('app.refused', { status: error.status })];
  }
  return [t('app.unexpected')];
}

export interface RefusalAlertProps {
  /** `undefined` or `null`: nothing is shown. */
  error: unknown;
  /** Replaces the sentences of the server. */
  brief?: string | undefined;
  children?: ReactNode;
  /** Takes the focus when it appears: in a form whose button was pressed. */
  takesFocus?: boolean;
}

export function RefusalAlert({ error, brief, children, takesFocus = false }: RefusalAlertProps) {
  const { t } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (takesFocus && error) box.current?.focus();
  }, [takesFocus, error]);
  if (error === undefined || error === null) return null;
  const texts = brief === undefined ? explain(error) : [brief];
  return (
    <Alert ref={box} tabIndex={-1} color="red" variant="light" role="alert" title={t('app.notDone')}>
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
