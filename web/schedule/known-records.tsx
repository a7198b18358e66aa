/** Says that a person who is being typed may have a record already, before a second one is made. */
import { Alert, Button } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Patient } from '../../src/fhir/resources.ts';
import { patientName } from '../fhir/names.ts';
import { numericDay } from '../ui/dates.ts';
import { phoneText } from '../ui/phone.ts';
import { type DeclaredPerson, likelyRecords } from './patient-search.ts';
import { recordOf } from './patient-record.ts';

const WAIT_MS = 400;

export interface KnownRecordsProps {
  person: DeclaredPerson;
  onChoose: (patient: Patient) => void;
}

export function KnownRecords({ person, onChoose }: KnownRecordsProps) {
  const { t } = useTranslation();
  const { family, given, birthDate, phone } = person;
  const [asked] = useDebouncedValue(JSON.stringify({ family, given, birthDate, phone }), WAIT_MS);
  const { data } = useQuery({
    queryKey: ['choice', 'records', asked],
    enabled: family !== '',
    queryFn: ({ signal }) => likelyRecords(JSON.parse(asked) as DeclaredPerson, signal),
  });
  return (
    <div role="status">
      {data !== undefined && data.length > 0 && (
        <Alert color="orange" variant="light" title={t('patient.known')}>
          <ul className="lines">
            {data.map((patient) => (
              <li key={patient.id}>
                <span dir="auto">{recordText(patient)}</span>{' '}
                <Button size="compact-sm" variant="default" onClick={() => onChoose(patient)}>
                  {t('patient.choose')}
                  <span className="sr-only"> {patientName(patient)}</span>
                </Button>
              </li>
            ))}
          </ul>
        </Alert>
      )}
    </div>
  );
}

/** `MARTIN Alice, 15/05/1980, 06 12 34 56 78` */
export function recordText(patient: Patient): string {
  const { birthDate } = patient;
  const { phone } = recordOf(patient);
  return [patientName(patient), birthDate && numericDay(birthDate), phone && phoneText(phone)]
    .filter(Boolean)
    .join(', ');
}
