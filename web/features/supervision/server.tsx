/** The certificates of the server with their ends, the versions that run, and the time of the start. */
import { Badge } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Parameters } from '../../../src/fhir/foundation.ts';
import { parameterValue, type Parts, partsOf } from '../../fhir/parameters.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { formatInstant, Technical } from './cells.tsx';
import { useOperation } from './operation.ts';

const DAY_MS = 86_400_000;
const SOON_DAYS = 30;

export function ServerPanel() {
  const { t } = useTranslation();
  const { data, error, isLoading } = useOperation('/fhir/$server-state');
  return (
    <>
      <RefusalAlert error={error} />
      <h2>{t('supervision.certificates')}</h2>
      <Certificates data={data} isLoading={isLoading} />
      <h2>{t('supervision.versions')}</h2>
      <DataTable
        label={t('supervision.versions')}
        empty=""
        rows={versionsOf(data)}
        keyOf={(version) => version['of']}
        columns={[
          {
            title: t('supervision.what'),
            cell: (version) => t(`supervision.component.${version['of'] as 'node'}`, { defaultValue: version['of'] }),
          },
          { title: t('supervision.version'), cell: (version) => version['is'] },
        ]}
      />
      <Terms />
    </>
  );
}

function versionsOf(data: Parameters | undefined): Parts[] {
  return [...partsOf(data, 'version'), { of: 'started', is: formatInstant(parameterValue(data, 'started')) }];
}

/** The terms of use in force, and who accepted which version; nothing where this server asks for none. */
function Terms() {
  const { t } = useTranslation();
  const { data, error, isLoading } = useOperation('/fhir/$terms');
  const [current] = partsOf(data, 'current');
  const acceptances = partsOf(data, 'acceptance');
  if (error === null && current === undefined && acceptances.length === 0) return null;
  return (
    <>
      <h2>{t('supervision.terms')}</h2>
      <RefusalAlert error={error} />
      {current && (
        <p>
          {t('supervision.termsNow')} <strong dir="auto">{current['label']}</strong>
        </p>
      )}
      <DataTable
        label={t('supervision.terms')}
        empty={isLoading ? '' : t('supervision.termsNobody')}
        rows={acceptances}
        keyOf={(acceptance) => `${acceptance['issuer']} ${acceptance['subject']} ${acceptance['version']}`}
        columns={[
          { title: t('supervision.termsWho'), cell: (acceptance) => acceptance['name'] },
          { title: t('supervision.version'), cell: (acceptance) => acceptance['label'] },
          { title: t('supervision.termsWhen'), cell: (acceptance) => formatInstant(acceptance['at']) },
        ]}
      />
    </>
  );
}

/** The one that ends first comes first. */
function Certificates({ data, isLoading }: { data: Parameters | undefined; isLoading: boolean }) {
  const { t } = useTranslation();
  const until = (certificate: Parts) => String(certificate['until'] ?? '');
  return (
    <DataTable
      label={t('supervision.certificates')}
      empty={isLoading ? t('app.loading') : t('supervision.noCertificate')}
      rows={partsOf(data, 'certificate').sort((a, b) => until(a).localeCompare(until(b)))}
      keyOf={(certificate) => `${certificate['option']} ${certificate['subject']} ${certificate['until']}`}
      columns={[
        { title: t('supervision.subject'), cell: ({ subject }) => subject },
        {
          title: t('supervision.option'),
          cell: ({ option }) => t(`supervision.certificate.${option as 'tlsCert'}`, { defaultValue: option }),
        },
        { title: t('supervision.until'), cell: (certificate) => <Until certificate={certificate} /> },
      ]}
    />
  );
}

function Until({ certificate }: { certificate: Parts }) {
  const { t } = useTranslation();
  if (certificate['problem'] !== undefined)
    return (
      <span className="bad-text">
        {t('supervision.unreadable')} <Technical text={certificate['problem']} />
      </span>
    );
  const days = Math.floor((Date.parse(certificate['until']) - Date.now()) / DAY_MS);
  return (
    <>
      {formatInstant(certificate['until'])}{' '}
      <Badge variant="light" tt="none" color={days < 0 ? 'red' : days < SOON_DAYS ? 'orange' : 'green'}>
        {days < 0 ? t('supervision.expired') : t('supervision.daysLeft', { count: days })}
      </Badge>
    </>
  );
}
