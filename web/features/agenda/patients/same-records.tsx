/** Records that may be of the same person, to be merged by somebody who has looked; and a merger taken back. */
import { Alert, Button, Group } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Patient } from '../../../../src/fhir/resources.ts';
import { read } from '../../../fhir/client.ts';
import { patientName } from '../../../fhir/names.ts';
import { recordText } from '../../../schedule/known-records.tsx';
import { mergeRecords, replacedBy, replacedIds, splitRecords } from '../../../schedule/patient-merge.ts';
import { recordOf } from '../../../schedule/patient-record.ts';
import { likelyRecords } from '../../../schedule/patient-search.ts';
import { notify } from '../../../ui/notify.tsx';
import { RefusalAlert } from '../../../ui/refusal.tsx';
import { useSession } from '../../../ui/session.ts';

/** The roles that the server lets merge. */
const MERGING = ['practitioner', 'practice-manager'] as const;

export interface SameRecordsProps {
  patient: Patient;
  onOther: (id: string) => void;
  onDone: () => void;
}

export function SameRecords({ patient, onOther, onDone }: SameRecordsProps) {
  const { t } = useTranslation();
  const { me } = useSession();
  const [refusal, setRefusal] = useState<unknown>();
  const mayMerge = me.person === null || me.person.roles.some((role) => MERGING.some((merging) => merging === role));
  const replacement = replacedBy(patient);
  const replaces = replacedIds(patient);
  const { data } = useQuery({
    queryKey: ['choice', 'same', patient.id, patient.meta?.versionId],
    enabled: replacement === undefined,
    queryFn: ({ signal }) => likelyRecords(recordOf(patient), signal),
  });
  const others = (data ?? []).filter(({ id }) => id !== patient.id);
  const attempt = async (work: () => Promise<void>, title: string) => {
    setRefusal(undefined);
    try {
      await work();
      notify({ title, text: patientName(patient) });
      onDone();
    } catch (error) {
      setRefusal(error);
    }
  };
  return (
    <div role="status">
      {mayMerge && replaces.length > 0 && (
        <Alert color="blue" variant="light" title={t('patient.holdsOther', { count: replaces.length })}>
          <Group gap="xs">
            {replaces.map((id) => (
              <Button
                key={id}
                size="compact-sm"
                variant="default"
                onClick={() => void attempt(async () => splitRecords(await read('Patient', id)), t('patient.split'))}
              >
                {t('patient.takeBack')}
              </Button>
            ))}
          </Group>
        </Alert>
      )}
      {replacement !== undefined && (
        <Alert color="orange" variant="light" title={t('patient.merged')}>
          <Group gap="xs">
            <Button size="compact-sm" variant="default" onClick={() => onOther(replacement.split('/')[1]!)}>
              {t('patient.showKept')}
            </Button>
            {mayMerge && (
              <Button
                size="compact-sm"
                variant="default"
                onClick={() => void attempt(() => splitRecords(patient), t('patient.split'))}
              >
                {t('patient.takeBack')}
              </Button>
            )}
          </Group>
        </Alert>
      )}
      {others.length > 0 && (
        <Alert color="orange" variant="light" title={t('patient.same')}>
          <ul className="lines">
            {others.map((other) => (
              <SameRecord
                key={other.id}
                other={other}
                onOther={onOther}
                onMerge={
                  mayMerge ? () => void attempt(() => mergeRecords(other, patient), t('patient.mergedNow')) : undefined
                }
              />
            ))}
          </ul>
          {!mayMerge && <p className="dim">{t('patient.mayNotMerge')}</p>}
        </Alert>
      )}
      <RefusalAlert error={refusal} takesFocus />
    </div>
  );
}

interface SameRecordProps {
  other: Patient;
  onOther: (id: string) => void;
  /** Absent: this person may not. */
  onMerge: (() => void) | undefined;
}

function SameRecord({ other, onOther, onMerge }: SameRecordProps) {
  const { t } = useTranslation();
  const name = recordText(other);
  return (
    <li>
      <span dir="auto">{name}</span>{' '}
      <Button
        size="compact-sm"
        variant="default"
        aria-label={`${t('patient.show')} ${name}`}
        onClick={() => onOther(other.id!)}
      >
        {t('patient.show')}
      </Button>{' '}
      {onMerge && (
        <Button size="compact-sm" variant="default" aria-label={`${t('patient.merge')} ${name}`} onClick={onMerge}>
          {t('patient.merge')}
        </Button>
      )}
    </li>
  );
}
