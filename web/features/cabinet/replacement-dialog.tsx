/** « Remplacement »: the locum of an agenda, from which day to which, and what the SAS sees. */
import { Button, Checkbox, Loader, NativeSelect, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schedule } from '../../../src/fhir/resources.ts';
import { read } from '../../fhir/client.ts';
import { dayIn } from '../../fhir/zone.ts';
import type { AgendaSummary } from '../../schedule/agendas.ts';
import { longDay } from '../../ui/dates.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { notify } from '../../ui/notify.tsx';
import { RefusalAlert } from '../../ui/refusal.tsx';
import type { PracticeRole } from './practitioners.ts';
import {
  addReplacement,
  comingReplacements,
  inviteLocum,
  type ReplacementValues,
  removeReplacement,
} from './replacements.ts';

export interface ReplacementDialogProps {
  practice: string;
  agenda: AgendaSummary;
  roles: readonly PracticeRole[];
  onClose: () => void;
}

export function ReplacementDialog({ practice, agenda, roles, onClose }: ReplacementDialogProps) {
  const { t } = useTranslation();
  const [link, setLink] = useState<string>();
  const schedule = useQuery({
    queryKey: ['schedule', agenda.id, 'replacements'],
    queryFn: ({ signal }) => read('Schedule', agenda.id, signal),
    staleTime: 0,
  });
  return (
    <Dialog title={t('replacement.of', { name: agenda.name })} onClose={onClose}>
      <RefusalAlert error={schedule.error} />
      {schedule.data === undefined ? (
        <Loader aria-label={t('app.loading')} />
      ) : (
        <div className="stack">
          <Coming schedule={schedule.data} agenda={agenda} />
          {link !== undefined && (
            <p role="status">
              {t('replacement.link')} <a href={link}>{link}</a>
            </p>
          )}
          <NewReplacement practice={practice} agenda={agenda} roles={roles} onInvited={setLink} />
        </div>
      )}
    </Dialog>
  );
}

function useRefresh(agenda: string) {
  const client = useQueryClient();
  return async () => {
    await client.invalidateQueries({ queryKey: ['schedule', agenda] });
    await client.invalidateQueries({ queryKey: ['agenda', agenda] });
  };
}

function Coming({ schedule, agenda }: { schedule: Schedule; agenda: AgendaSummary }) {
  const { t } = useTranslation();
  const refresh = useRefresh(agenda.id);
  const [refusal, setRefusal] = useState<unknown>();
  const coming = comingReplacements(schedule, dayIn(Date.now(), agenda.zone));
  if (coming.length === 0) return <p className="soft">{t('replacement.none')}</p>;
  return (
    <>
      <ul className="lines">
        {coming.map((replacement) => {
          const { name, first, last, isHiddenFromSas } = replacement;
          const text = t('agenda.replaced', { name, holder: agenda.name, first: longDay(first), last: longDay(last) });
          return (
            <li key={first}>
              {text} {t(isHiddenFromSas ? 'replacement.hidden' : 'replacement.shown')}{' '}
              <Button
                size="compact-sm"
                variant="default"
                aria-label={`${t('replacement.remove')} : ${text}`}
                onClick={() => void removeReplacement(schedule, replacement).then(refresh, setRefusal)}
              >
                {t('replacement.remove')}
              </Button>
            </li>
          );
        })}
      </ul>
      <RefusalAlert error={refusal} takesFocus />
    </>
  );
}

interface NewReplacementProps extends Omit<ReplacementDialogProps, 'onClose'> {
  onInvited: (link: string) => void;
}

function NewReplacement({ practice, agenda, roles, onInvited }: NewReplacementProps) {
  const { t } = useTranslation();
  const refresh = useRefresh(agenda.id);
  const [refusal, setRefusal] = useState<unknown>();
  const [isInviting, setInviting] = useState(true);
  const people = new Map(
    roles
      .filter(({ practitioner }) => !agenda.actors.includes(practitioner))
      .map(({ practitioner, name }) => [practitioner, name]),
  );
  const today = dayIn(Date.now(), agenda.zone);
  const [first] = people.keys();
  const [values, setValues] = useState<Omit<ReplacementValues, 'name'>>({
    ...{ practitioner: first ?? '', first: today, last: today, isShownToSas: true },
  });
  if (first === undefined) return <p role="status">{t('replacement.nobody')}</p>;
  const store = async () => {
    const chosen = { ...values, name: people.get(values.practitioner) ?? '' };
    await addReplacement(agenda.id, chosen);
    notify({ title: t('replacement.stored') });
    if (isInviting) onInvited(await inviteLocum(practice, agenda.id, chosen, agenda.zone));
    await refresh();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setRefusal(undefined);
    store().catch(setRefusal);
  };
  const day = (key: 'first' | 'last', label: string, min: string) => (
    <TextInput
      required
      type="date"
      min={min}
      label={label}
      value={values[key]}
      onChange={(event) => setValues({ ...values, [key]: event.currentTarget.value })}
    />
  );
  return (
    <form className="stack" onSubmit={submit}>
      <NativeSelect
        label={t('replacement.locum')}
        value={values.practitioner}
        data={[...people].map(([value, label]) => ({ value, label }))}
        onChange={(event) => setValues({ ...values, practitioner: event.currentTarget.value })}
      />
      <div className="fields">
        {day('first', t('agenda.firstDay'), today)}
        {day('last', t('agenda.lastDay'), values.first)}
      </div>
      <Checkbox
        label={t('replacement.sas')}
        checked={values.isShownToSas}
        onChange={(event) => setValues({ ...values, isShownToSas: event.currentTarget.checked })}
      />
      <Checkbox
        label={t('replacement.invite')}
        checked={isInviting}
        onChange={(event) => setInviting(event.currentTarget.checked)}
      />
      <RefusalAlert error={refusal} takesFocus />
      <div>
        <Button type="submit">{t('replacement.store')}</Button>
      </div>
    </form>
  );
}
