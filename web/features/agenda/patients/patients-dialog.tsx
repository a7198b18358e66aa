/** « Patients »: finds a record by name, telephone or date of birth, and shows it. */
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { read } from '../../../fhir/client.ts';
import { patientName } from '../../../fhir/names.ts';
import { useOwnAgendas } from '../../../schedule/agendas.ts';
import { recordText } from '../../../schedule/known-records.tsx';
import { findPatients } from '../../../schedule/patient-search.ts';
import { Choice, type ChoiceOption } from '../../../ui/choice.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { RefusalAlert } from '../../../ui/refusal.tsx';
import { Step } from '../../../ui/step.tsx';
import { PatientCard } from './patient-card.tsx';

export interface PatientsDialogProps {
  /** Id of the patient who is shown first; absent: the search. */
  first?: string | undefined;
  onClose: () => void;
}

async function findOptions(text: string, signal: AbortSignal): Promise<ChoiceOption[]> {
  return (await findPatients(text, signal)).map((patient) => ({
    value: patient.id!,
    label: recordText(patient),
  }));
}

export default function PatientsDialog({ first, onClose }: PatientsDialogProps) {
  const { t } = useTranslation();
  const own = useOwnAgendas().data ?? [];
  const [id, setId] = useState(first);
  const { data: patient, error } = useQuery({
    queryKey: ['agenda', 'patient', id],
    enabled: id !== undefined,
    queryFn: ({ signal }) => read('Patient', id!, signal),
  });
  const isShown = id !== undefined && patient?.id === id;
  return (
    <Dialog title={isShown ? patientName(patient) : t('patient.title')} onClose={onClose} size="large">
      <Step
        name={isShown ? id : 'search'}
        label={isShown ? patientName(patient) : t('patient.title')}
        focusWhole={isShown}
      >
        <div className="stack">
          {id === undefined && (
            <div className="patients-search" data-search>
              <Choice
                label={t('patient.search')}
                description={t('patient.searchHelp')}
                name="records"
                find={findOptions}
                onChoose={({ value }) => setId(value)}
              />
            </div>
          )}
          <RefusalAlert error={error} />
          {isShown && <PatientCard key={id} patient={patient} own={own} onOther={setId} />}
          {id !== undefined && (
            <div>
              <Button variant="subtle" size="compact-sm" onClick={() => setId(undefined)}>
                {t('patient.another')}
              </Button>
            </div>
          )}
        </div>
      </Step>
    </Dialog>
  );
}
