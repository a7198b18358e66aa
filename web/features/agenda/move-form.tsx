/** Moves an appointment to another time, another length or another agenda of the page. */
import { Button, Group, NativeSelect, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { dayIn, instantAt, minutesBetween, plusMinutes, timeIn } from '../../fhir/zone.ts';
import type { AgendaAppointment, AgendaContent } from '../../schedule/agenda-content.ts';
import { type AgendaSummary, agendaLabel } from '../../schedule/agendas.ts';
import type { AgendaTime } from '../../schedule/appointments.ts';

export interface MoveFormProps {
  appointment: AgendaAppointment;
  content: AgendaContent;
  agendas: readonly AgendaSummary[];
  onMove: (to: AgendaTime) => void;
  onCancel: () => void;
}

const MAX_MINUTES = 1440;

export function MoveForm({ appointment: { start, end }, content, agendas, onMove, onCancel }: MoveFormProps) {
  const { t } = useTranslation();
  const { zone } = content;
  const [values, setValues] = useState({
    agenda: content.id,
    day: dayIn(start, zone),
    time: timeIn(start, zone),
    minutes: String(minutesBetween(start, end)),
  });
  const field = (name: keyof typeof values) => ({
    value: values[name],
    onChange: ({ currentTarget }: { currentTarget: { value: string } }) =>
      setValues({ ...values, [name]: currentTarget.value }),
  });
  const submit = () => {
    const from = instantAt(values.day, values.time, zone);
    onMove({ agenda: values.agenda, start: from, end: plusMinutes(from, Number(values.minutes), zone) });
  };
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div className="fields">
        {agendas.length > 1 && (
          <NativeSelect
            label={t('agenda.agenda')}
            data={agendas.map((agenda) => ({ value: agenda.id, label: agendaLabel(agenda, ' ') }))}
            {...field('agenda')}
          />
        )}
        <TextInput type="date" required label={t('booking.day')} {...field('day')} />
        <TextInput type="time" required label={t('booking.time')} {...field('time')} />
        <TextInput type="number" min={1} max={MAX_MINUTES} required label={t('agenda.length')} {...field('minutes')} />
      </div>
      <Group justify="flex-end">
        <Button variant="default" onClick={onCancel}>
          {t('app.cancel')}
        </Button>
        <Button type="submit">{t('agenda.move')}</Button>
      </Group>
    </form>
  );
}
