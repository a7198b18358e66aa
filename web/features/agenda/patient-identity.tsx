/** The status of the identity of a patient, and the two acts that confirm it: INSi, and a look at a document. */
import { Button, Group, NativeSelect } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { IDENTITY_DOCUMENTS } from '../../../src/fhir/french/identity.ts';
import { ask } from '../../fhir/client.ts';
import { type Parts, parameterValue, parametersNamed, partsOf } from '../../fhir/parameters.ts';
import type { AgendaAppointment } from '../../schedule/agenda-content.ts';
import { numericDay } from '../../ui/dates.ts';
import { notify } from '../../ui/notify.tsx';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { Step } from '../../ui/step.tsx';

/** The answer of INSi, before anybody has taken it over. */
interface Found {
  code: string;
  identity: Parts | undefined;
  differences: number;
}

export interface PatientIdentityFactsProps {
  appointment: AgendaAppointment;
  agenda: string;
  mayWrite: boolean;
}

export function PatientIdentityFacts({ appointment: { identity }, agenda, mayWrite }: PatientIdentityFactsProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [error, setError] = useState<unknown>();
  const [found, setFound] = useState<Found>();
  if (identity === undefined) return null;
  const { id, status } = identity;
  const attempt = async (work: () => Promise<void>) => {
    setError(undefined);
    await work().catch(setError);
  };
  const confirm = (operation: string) =>
    attempt(async () => {
      await ask(`/fhir/Patient/${id}/${operation}`, { method: 'POST' });
      setFound(undefined);
      notify({ title: t('identity.confirmed') });
      await client.invalidateQueries({ queryKey: ['agenda', agenda] });
    });
  const searchIns = () => attempt(async () => setFound(await searchInsOf(id)));
  return (
    <div className="stack" data-aside>
      <p>
        {t('identity.label')} <strong>{t(`identity.${status}`)}</strong>
      </p>
      {mayWrite && status !== 'qualified' && (
        <Step name={found === undefined ? 'acts' : 'found'} label={t('identity.label')}>
          {found === undefined ? (
            <Acts
              isChecked={status === 'validated'}
              hasIns={status === 'retrieved'}
              onDocument={(document) => void confirm(`$check-identity?document=${document}`)}
              onIns={() => void searchIns()}
            />
          ) : (
            <FoundIns
              found={found}
              onApply={() => void confirm('$insi?apply=true')}
              onLeave={() => setFound(undefined)}
            />
          )}
        </Step>
      )}
      <RefusalAlert error={error} takesFocus />
    </div>
  );
}

async function searchInsOf(patient: string): Promise<Found> {
  const { json } = await ask(`/fhir/Patient/${patient}/$insi`, { method: 'POST' });
  const [identity] = partsOf(json, 'identity');
  return {
    code: parameterValue(json, 'found'),
    identity,
    differences: parametersNamed(json, 'difference').length,
  };
}

interface ActsProps {
  isChecked: boolean;
  hasIns: boolean;
  onDocument: (document: string) => void;
  onIns: () => void;
}

function Acts({ isChecked, hasIns, onDocument, onIns }: ActsProps) {
  const { t } = useTranslation();
  const [document, setDocument] = useState<string>(IDENTITY_DOCUMENTS[0]);
  const documents = IDENTITY_DOCUMENTS.map((code) => ({ value: code, label: t(`identity.document.${code}`) }));
  return (
    <Group gap="xs" align="end">
      {!isChecked && (
        <>
          <NativeSelect
            label={t('identity.seen')}
            data={documents}
            value={document}
            onChange={(event) => setDocument(event.currentTarget.value)}
          />
          <Button variant="light" onClick={() => onDocument(document)}>
            {t('identity.check')}
          </Button>
        </>
      )}
      {!hasIns && (
        <Button variant="light" onClick={onIns}>
          {t('identity.search')}
        </Button>
      )}
    </Group>
  );
}

interface FoundInsProps {
  found: Found;
  onApply: () => void;
  onLeave: () => void;
}

function FoundIns({ found: { code, identity, differences }, onApply, onLeave }: FoundInsProps) {
  const { t } = useTranslation();
  return (
    <div className="stack" role="status">
      {identity === undefined ? (
        <p>{t(code === 'several' ? 'identity.several' : 'identity.none')}</p>
      ) : (
        <p>
          {t('identity.found')} <strong>{`${identity['family']} ${identity['given']}`}</strong>,{' '}
          {numericDay(identity['birthDate'])}, {identity['matricule']}
          {differences > 0 && ` · ${t('identity.differs')}`}
        </p>
      )}
      <Group gap="xs">
        <Button variant="default" onClick={onLeave}>
          {t('app.cancel')}
        </Button>
        {identity !== undefined && <Button onClick={onApply}>{t('identity.apply')}</Button>}
      </Group>
    </div>
  );
}
