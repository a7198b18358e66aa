/** The form of a typical week: seven days of ranges, models, and from when to when it holds. */
import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schedule } from '../../../src/fhir/resources.ts';
import { update } from '../../fhir/client.ts';
import { dayIn } from '../../fhir/zone.ts';
import { DAY_CODES, undoWrite } from '../../schedule/availability.ts';
import { useUndoNotice } from '../../ui/notify.tsx';
import { RefusalAlert } from '../../ui/refusal.tsx';
import type { ChoiceOption } from '../../ui/choice.tsx';
import { SchoolSeason } from './school-season.tsx';
import { WeekDay } from './week-day.tsx';
import { MODELS, type ModelName, weekOfModel } from './week-models.ts';
import { outsideCount } from './week-outside.ts';
import { planWeek, type Season, type TypicalWeek, typicalWeek } from './week.ts';
import './cabinet.css';

export interface WeekEditorProps {
  schedule: Schedule;
  zone: string;
  kinds: readonly ChoiceOption[];
  /** Of its place. */
  postalCode: string | undefined;
}

export function WeekEditor({ schedule, zone, kinds, postalCode }: WeekEditorProps) {
  const { t } = useTranslation();
  const [season, setSeason] = useState<Season>({ first: dayIn(Date.now(), zone), last: '' });
  const [edited, setEdited] = useState<TypicalWeek>();
  const { refusal, store } = useWeekWrite(schedule, zone);
  const stored = typicalWeek(schedule, zone, season.first);
  const week = edited ?? stored.week;
  const plan = planWeek(schedule, zone, season, week);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void store(season, week);
  };
  return (
    <form className="stack" onSubmit={submit}>
      <div className="fields">
        <TextInput
          required
          type="date"
          label={t('week.first')}
          value={season.first}
          onChange={(event) => setSeason({ ...season, first: event.currentTarget.value || season.first })}
        />
        <TextInput
          type="date"
          min={season.first}
          label={t('week.last')}
          description={t('week.lastHelp')}
          value={season.last}
          onChange={(event) => setSeason({ ...season, last: event.currentTarget.value })}
        />
        <SchoolSeason postalCode={postalCode} today={dayIn(Date.now(), zone)} onChoose={setSeason} />
        <NativeSelect
          label={t('week.model')}
          value=""
          data={[
            { value: '', label: t('week.noModel') },
            ...MODELS.map((name) => ({ value: name, label: t(`model.${name}`) })),
          ]}
          onChange={(event) => setEdited(weekOfModel(event.currentTarget.value as ModelName))}
        />
      </div>
      {stored.others > 0 && <p className="soft">{t('week.others', { count: stored.others })}</p>}
      <div className="week-days">
        {DAY_CODES.map((day) => (
          <WeekDay key={day} day={day} week={week} kinds={kinds} onChange={setEdited} />
        ))}
      </div>
      <p role="status">{t('week.plan', { added: plan.added, removed: plan.removed })}</p>
      <RefusalAlert error={refusal} takesFocus />
      <div>
        <Button type="submit">{t('week.store')}</Button>
      </div>
    </form>
  );
}

/** One write, with its undo; then says how many appointments now lie outside of the week. */
function useWeekWrite(schedule: Schedule, zone: string) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [refusal, setRefusal] = useState<unknown>();
  const done = useUndoNotice([['schedule'], ['agenda', schedule.id!], ['free', schedule.id!]]);
  const write = async (season: Season, week: TypicalWeek) => {
    setRefusal(undefined);
    const { extension, added, removed } = planWeek(schedule, zone, season, week);
    const after = await update({ ...schedule, extension });
    const outside = await outsideCount(client, schedule.id!, zone, season, week);
    await client.invalidateQueries({ queryKey: ['schedule'] });
    const title = t('week.stored', { added, removed });
    const text = outside === 0 ? '' : t('week.outside', { count: outside });
    done(title, () => undoWrite({ before: schedule, after }), { text, topic: `schedule ${schedule.id}` });
  };
  return { refusal, store: (season: Season, week: TypicalWeek) => write(season, week).catch(setRefusal) };
}
