/** School holidays as the season of a typical week: a choice fills the first and the last day. */
import { NativeSelect } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { SCHOOL_ZONES, schoolHolidaysFrom, schoolZoneOf, type SchoolZone } from '../../schedule/school-holidays.ts';
import { shortDay } from '../../ui/dates.ts';
import type { Season } from './week.ts';

export interface SchoolSeasonProps {
  /** Of the place: it says which zone is proposed. */
  postalCode: string | undefined;
  today: string;
  onChoose: (season: Season) => void;
}

export function SchoolSeason({ postalCode, today, onChoose }: SchoolSeasonProps) {
  const { t } = useTranslation();
  const [zone, setZone] = useState<SchoolZone>(schoolZoneOf(postalCode) ?? 'A');
  const holidays = schoolHolidaysFrom(zone, today);
  return (
    <>
      <NativeSelect
        label={t('school.zone')}
        value={zone}
        data={SCHOOL_ZONES.map((value) => ({ value, label: t(`school.zones.${value}`) }))}
        onChange={(event) => setZone(event.currentTarget.value as SchoolZone)}
      />
      <NativeSelect
        label={t('school.season')}
        description={t(holidays.length === 0 ? 'school.unknown' : 'school.help')}
        value=""
        data={[
          { value: '', label: t('school.none') },
          ...holidays.map(({ period, year, first, last }) => ({
            value: first,
            label: `${t(`school.periods.${period}`)} ${year} (${shortDay(first)} – ${shortDay(last)})`,
          })),
        ]}
        onChange={(event) => {
          const chosen = holidays.find(({ first }) => first === event.currentTarget.value);
          if (chosen !== undefined) onChoose({ first: chosen.first < today ? today : chosen.first, last: chosen.last });
        }}
      />
    </>
  );
}
