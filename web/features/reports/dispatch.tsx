/** The answer of the dispatch software (LRM) about an appointment. */
import { Badge } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { ask } from '../../fhir/client.ts';
import { type Parts, partsOf } from '../../fhir/parameters.ts';

/** The server tells the newest messages only. */
const MAX_MESSAGES = 500;
const POLL_MS = 5000;

export function useDispatchMessages() {
  const { data = [] } = useQuery({
    queryKey: ['hub-messages'],
    queryFn: async ({ signal }) =>
      partsOf((await ask(`/fhir/$hub-messages?_count=${MAX_MESSAGES}`, { signal })).json, 'message'),
    refetchInterval: POLL_MS,
    retry: false,
  });
  return {
    messageOf: (appointment: string): Parts | undefined =>
      data.find((message) => isAbout(String(message['appointment']?.reference), appointment)),
    /** An appointment without a message may have one that the server did not tell. */
    mayBeOlder: data.length >= MAX_MESSAGES,
  };
}

/** The reference may name a version. */
function isAbout(reference: string, appointment: string): boolean {
  return reference === `Appointment/${appointment}` || reference.startsWith(`Appointment/${appointment}/`);
}

const COLOURS: Record<string, string> = { acknowledged: 'green', failed: 'red', expired: 'red' };

export interface DispatchStateProps {
  message: Parts | undefined;
  mayBeOlder: boolean;
}

export function DispatchState({ message, mayBeOlder }: DispatchStateProps) {
  const { t } = useTranslation();
  if (message === undefined)
    return <span className="soft">{t(mayBeOlder ? 'reports.dispatchOld' : 'reports.dispatchNone')}</span>;
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
