/** The partners now, and their delays and failures over time. */
import { Badge, NativeSelect } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { parameterValue, type Parts, partsOf } from '../../fhir/parameters.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { language } from '../../ui/texts.ts';
import { useOperation } from './operation.ts';
import { PartnerCharts } from './partner-charts.tsx';
import { partnersWithTotals } from './partner-figures.ts';

const HOURS = [1, 24, 168, 720] as const;

export default function PartnersPanel() {
  const { t } = useTranslation();
  const [hours, setHours] = useState(24);
  const [chosen, setChosen] = useState('');
  const states = useOperation('/fhir/$partners');
  const history = useOperation(`/fhir/$partner-history?hours=${hours}`);
  const points = partsOf(history.data, 'point');
  const partners = partnersWithTotals(partsOf(states.data, 'partner'), points, language());
  const fileError = parameterValue(states.data, 'fileError');
  return (
    <>
      <RefusalAlert error={states.error ?? history.error} />
      {fileError !== undefined && (
        <p className="bad-text" role="alert">
          {t('supervision.fileError', { error: fileError })}
        </p>
      )}
      <div className="page-head">
        <h2>{t('supervision.tab.partners')}</h2>
        <div className="grow" />
        <NativeSelect
          className="chart-choice"
          label={t('supervision.chartOf')}
          value={chosen}
          onChange={({ currentTarget: { value } }) => setChosen(value)}
          data={[
            { value: '', label: t('search.any') },
            ...partners.map((partner) => ({ value: partner['id'], label: partner['name'] })),
          ]}
        />
        <NativeSelect
          label={t('supervision.period')}
          value={String(hours)}
          onChange={({ currentTarget: { value } }) => setHours(Number(value))}
          data={HOURS.map((period) => ({ value: String(period), label: t(`supervision.hours.${period}`) }))}
        />
      </div>
      <PartnersTable partners={partners} isLoading={states.data === undefined} />
      {points.length > 0 && (
        <PartnerCharts
          partners={partners}
          chosen={chosen}
          points={points}
          hours={hours}
          stepMinutes={parameterValue(history.data, 'stepMinutes')}
        />
      )}
    </>
  );
}

function PartnersTable({ partners, isLoading }: { partners: readonly Parts[]; isLoading: boolean }) {
  const { t } = useTranslation();
  return (
    <div className="tall">
      <DataTable
        label={t('supervision.tab.partners')}
        empty={isLoading ? t('app.loading') : t('supervision.noPartner')}
        rows={partners}
        keyOf={(partner) => partner['id']}
        columns={[
          { title: t('supervision.partner'), cell: ({ name }) => name },
          { title: t('supervision.state'), cell: (partner) => <State partner={partner} /> },
          { title: t('supervision.answers'), cell: ({ answers }) => answers },
          { title: t('supervision.failures'), cell: ({ failures }) => failures },
          { title: t('supervision.meanDelay'), cell: ({ mean }) => (mean === undefined ? '–' : `${mean} ms`) },
          { title: t('supervision.maxDelay'), cell: ({ worst }) => (worst === 0 ? '–' : `${worst} ms`) },
        ]}
      />
    </div>
  );
}

function State({ partner: { enabled, state, restsForMs } }: { partner: Parts }) {
  const { t } = useTranslation();
  const [color, text] =
    enabled === false
      ? ['gray', t('supervision.disabled')]
      : state !== 'breaker-open'
        ? ['green', t('supervision.inForce')]
        : restsForMs === undefined
          ? ['red', t('supervision.tried')]
          : ['red', t('supervision.resting', { seconds: Math.ceil(restsForMs / 1000) })];
  return (
    <Badge variant="light" color={color!} tt="none">
      {text}
    </Badge>
  );
}
