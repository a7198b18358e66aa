/** The record of one patient: who it is, how to reach the person, the appointments, records that may be the same. */
import { Button, Group } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { identityStatusOf } from '../../../../src/fhir/french/identity.ts';
import { list, type Patient } from '../../../../src/fhir/resources.ts';
import type { AgendaSummary } from '../../../schedule/agendas.ts';
import { recordOf } from '../../../schedule/patient-record.ts';
import { numericDay } from '../../../ui/dates.ts';
import { Step } from '../../../ui/step.tsx';
import { PatientAppointments } from './patient-appointments.tsx';
import { RecordForm } from './record-form.tsx';
import { SameRecords } from './same-records.tsx';

export interface PatientCardProps {
  patient: Patient;
  own: readonly AgendaSummary[];
  /** Shows another record. */
  onOther: (id: string) => void;
}

export function PatientCard({ patient, own, onOther }: PatientCardProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [isChanging, setChanging] = useState(false);
  const done = () => {
    setChanging(false);
    void client.invalidateQueries({ queryKey: ['agenda'] });
    void client.invalidateQueries({ queryKey: ['choice'] });
  };
  return (
    <>
      <Step name={isChanging ? 'change' : 'facts'} label={t('patient.record')}>
        {isChanging ? (
          <RecordForm patient={patient} onDone={done} onCancel={() => setChanging(false)} />
        ) : (
          <>
            <RecordFacts patient={patient} />
            <Group mt="sm">
              <Button variant="light" size="xs" data-opens="change" onClick={() => setChanging(true)}>
                {t('patient.change')}
              </Button>
            </Group>
          </>
        )}
      </Step>
      <SameRecords patient={patient} onOther={onOther} onDone={done} />
      <PatientAppointments patient={patient.id!} own={own} />
    </>
  );
}

/** The national identifiers of health, whatever their kind. */
const INS_OID = 'urn:oid:1.2.250.1.213.1.4.';

function RecordFacts({ patient }: { patient: Patient }) {
  const { t } = useTranslation();
  const { birthDate, phone, email, isWrittenTo } = recordOf(patient);
  const ins = list(patient.identifier).find(({ system, use }) => use === 'official' && system?.startsWith(INS_OID));
  return (
    <dl className="facts">
      <dt>{t('booking.birthDate')}</dt>
      <dd>{birthDate === '' ? t('patient.unknown') : numericDay(birthDate)}</dd>
      <dt>{t('booking.phone')}</dt>
      <dd>{phone === '' ? t('patient.unknown') : <a href={`tel:${phone.replace(/\s/g, '')}`}>{phone}</a>}</dd>
      <dt>{t('patient.email')}</dt>
      <dd>
        {email === '' ? t('patient.unknown') : email}
        {email !== '' && ` · ${t(isWrittenTo ? 'patient.agreed' : 'patient.notAgreed')}`}
      </dd>
      <dt>{t('patient.identity')}</dt>
      <dd>
        {t(`identity.${identityStatusOf(patient)}`)}
        {ins !== undefined && ` · INS ${ins.value}`}
      </dd>
    </dl>
  );
}
