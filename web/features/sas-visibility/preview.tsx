/** What would leave now, door by door, and why every other free slot stays (`$sas-preview`). */
import { SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Json } from '../../../src/fhir/resource.ts';
import { ask } from '../../fhir/client.ts';
import { dayIn, shortDay, timeIn } from '../../fhir/zone.ts';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { type Column, Rows } from '../../ui/rows.tsx';

interface Previewed {
  start: string;
  end: string;
  visibility: string[];
  explanation: string;
}

interface Door {
  code: string;
  visible: Previewed[];
  withheld: Previewed[];
}

/** Of one table; the total says how many there are. */
const MAX_ROWS = 100;

function parse(json: Json): Door[] {
  const parts = (of: Json, name: string): Json[] => ((of.part ?? []) as Json[]).filter((one) => one.name === name);
  const slot = (one: Json): Previewed => ({
    start: parts(one, 'start')[0]?.valueInstant,
    end: parts(one, 'end')[0]?.valueInstant,
    visibility: parts(one, 'visibility').map((code) => code.valueCode),
    explanation: parts(one, 'explanation')[0]?.valueString ?? '',
  });
  return ((json?.parameter ?? []) as Json[])
    .filter((parameter) => parameter.name === 'door')
    .map((parameter) => ({
      code: parts(parameter, 'code')[0]?.valueCode,
      visible: parts(parameter, 'visible').map(slot),
      withheld: parts(parameter, 'withheld').map(slot),
    }));
}

export function Preview({ agenda, zone }: { agenda: string; zone: string }) {
  const { t } = useTranslation();
  const { data, error } = useQuery({
    queryKey: ['shown', agenda, 'preview'],
    queryFn: async ({ signal }) => parse((await ask(`/fhir/Schedule/${agenda}/$sas-preview`, { signal })).json),
  });
  const [code, setCode] = useState('PS');
  if (error !== null) return <RefusalAlert error={error} />;
  const door = data?.find((one) => one.code === code);
  if (door === undefined) return null;
  const when: Column<Previewed> = {
    title: t('visibility.slot'),
    cell: (one) => `${shortDay(dayIn(one.start, zone))} ${timeIn(one.start, zone)} – ${timeIn(one.end, zone)}`,
  };
  const keyOf = (previewed: Previewed) => `${previewed.start} ${previewed.end}`;
  return (
    <section className="stack">
      <div className="bar">
        <h2>{t('visibility.preview')}</h2>
        <span className="grow" />
        <SegmentedControl
          aria-label={t('visibility.door')}
          value={code}
          onChange={setCode}
          transitionDuration={0}
          data={data!.map((one) => ({
            value: one.code,
            label: one.code === 'PS' ? t('door.PS') : one.code === 'CPTS' ? t('door.CPTS') : t('door.SOS'),
          }))}
        />
      </div>
      <div className="two">
        <div>
          <h3>{t('visibility.visible', { count: door.visible.length })}</h3>
          <Rows
            label={t('visibility.visible', { count: door.visible.length })}
            columns={[
              when,
              {
                title: t('visibility.seen'),
                cell: (one) => one.visibility.map((seen) => t(`seenBy.${seen as 'PRO'}`)).join(', '),
              },
            ]}
            rows={door.visible.slice(0, MAX_ROWS)}
            keyOf={keyOf}
            empty={t('visibility.noneVisible')}
          />
        </div>
        <div>
          <h3>{t('visibility.withheld', { count: door.withheld.length })}</h3>
          <Rows
            label={t('visibility.withheld', { count: door.withheld.length })}
            columns={[when, { title: t('visibility.why'), cell: (one) => one.explanation }]}
            rows={door.withheld.slice(0, MAX_ROWS)}
            keyOf={keyOf}
            empty={t('visibility.noneWithheld')}
          />
        </div>
      </div>
    </section>
  );
}
