/** Certificates that expire soon, versions, and since when the server runs. */
import { Badge } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Json } from '../../../src/fhir/resource.ts';
import { parameterOf, partsOf } from '../../fhir/parameters.ts';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { Rows } from '../../ui/rows.tsx';
import { instant, Technical, useOperation } from './operation.tsx';

const DAY_MS = 86_400_000;
const SOON_DAYS = 30;

export function ServerPanel() {
  const { t } = useTranslation();
  const { data, error } = useOperation('/fhir/$server-state');
  return (
    <>
      <RefusalAlert error={error} />
      <h2>{t('supervision.certificates')}</h2>
      <Rows
        label={t('supervision.certificates')}
        empty={data === undefined && error === null ? t('shell.loading') : t('supervision.noCertificate')}
        rows={partsOf(data, 'certificate').sort((a, b) =>
          String(a['until'] ?? '').localeCompare(String(b['until'] ?? '')),
        )}
        keyOf={(row) => `${row['option']} ${row['subject']} ${row['until']}`}
        columns={[
          { title: t('supervision.subject'), cell: (row) => row['subject'] },
          {
            title: t('supervision.option'),
            cell: (row) => t(`supervision.certificate.${row['option'] as 'tlsCert'}`, { defaultValue: row['option'] }),
          },
          { title: t('supervision.until'), cell: (row) => <Until row={row} /> },
        ]}
      />
      <h2>{t('supervision.versions')}</h2>
      <Rows
        label={t('supervision.versions')}
        empty=""
        rows={
          [...partsOf(data, 'version'), { of: 'started', is: instant(parameterOf(data, 'started')) }] as Record<
            string,
            Json
          >[]
        }
        keyOf={(row) => row['of']}
        columns={[
          {
            title: t('supervision.what'),
            cell: (row) => t(`supervision.component.${row['of'] as 'node'}`, { defaultValue: row['of'] }),
          },
          { title: t('supervision.version'), cell: (row) => row['is'] },
        ]}
      />
    </>
  );
}

function Until({ row }: { row: Record<string, Json> }) {
  const { t } = useTranslation();
  if (row['problem'] !== undefined)
    return (
      <span className="bad-text">
        {t('supervision.unreadable')} <Technical text={row['problem']} />
      </span>
    );
  const days = Math.floor((Date.parse(row['until']) - Date.now()) / DAY_MS);
  return (
    <>
      {instant(row['until'])}{' '}
      <Badge variant="light" tt="none" color={days < 0 ? 'red' : days < SOON_DAYS ? 'orange' : 'green'}>
        {days < 0 ? t('supervision.expired') : t('supervision.daysLeft', { count: days })}
      </Badge>
    </>
  );
}
