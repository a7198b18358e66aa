/** One agenda of the page: its calendar or its text, and the dialogs that are opened from it. */
import { Button, Group, Loader } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { read } from '../../fhir/client.ts';
import { BookingForm } from '../booking/form.tsx';
import { isTaken, move, nearestOf } from '../booking/appointments.ts';
import { addDays, dayIn, instantAt, minutesBetween, spoken, timeIn } from '../../fhir/zone.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { notify } from '../../ui/notify.tsx';
import { explain, RefusalAlert } from '../../ui/refusal.tsx';
import type { AgendaName } from '../../schedule/agendas.ts';
import { AppointmentDialog, useAppointmentTold } from './appointment-dialog.tsx';
import { type Times, timesOf, write } from '../../schedule/availability.ts';
import { AvailabilityDialog, useTold } from './availability-dialog.tsx';
import { Calendar } from './calendar.tsx';
import type { View } from './route.ts';
import { type ShownAgenda, type ShownAppointment, useShown } from '../../schedule/shown.ts';
import { dayCode } from '../../schedule/availability.ts';
import { TextList } from './text-list.tsx';

export interface ColumnProps {
  agenda: AgendaName;
  agendas: readonly AgendaName[];
  view: View;
  day: string;
  from: string;
  days: number;
  mode: 'appointments' | 'hours';
}

type Opened =
  | { is: 'booking'; start: string; minutes?: number }
  | { is: 'appointment'; appointment: ShownAppointment }
  | { is: 'times'; times: Times }
  | undefined;

/**
 * The window reaches over its days in every zone of the world: which zone is the agenda's is known with the answer
 * only.
 */
const WIDE = 'UTC';

export function Column({ agenda, agendas, view, day, from, days, mode }: ColumnProps) {
  const { t } = useTranslation();
  const window = {
    start: instantAt(addDays(from, -1), '00:00', WIDE),
    end: instantAt(addDays(from, days + 1), '00:00', WIDE),
  };
  const { data: shown, error, isPending } = useShown(agenda.id, window);
  const [opened, setOpened] = useState<Opened>();
  const told = useTold(agenda.id);
  const appointmentTold = useAppointmentTold();
  const close = () => setOpened(undefined);
  if (shown === undefined)
    return (
      <div className="column">
        {isPending ? <Loader aria-label={t('shell.loading')} /> : <RefusalAlert error={error} />}
      </div>
    );
  const { zone } = shown;
  const label = `${agenda.name}${agenda.place === '' ? '' : `, ${agenda.place}`}`;
  const noon = instantAt(day, '09:00', zone);

  const openTimes = async (id: string) => {
    try {
      const times = timesOf(await read(`Schedule/${agenda.id}`), id, zone);
      if (times !== undefined) setOpened({ is: 'times', times });
    } catch (thrown) {
      notify({ title: t('shell.notDone'), text: explain(thrown).join(' '), kind: 'bad' });
    }
  };
  const draw = (start: string, end: string) => {
    if (mode === 'hours') setOpened({ is: 'times', times: newTimes(start, end, zone) });
    else setOpened({ is: 'booking', start, minutes: minutesBetween(start, end) });
  };
  const moveAppointment = async (
    appointment: ShownAppointment,
    origin: string,
    start: string,
    end: string,
    undone: () => void,
  ) => {
    try {
      appointmentTold(
        t('agenda.moved'),
        appointment.resource,
        await move(appointment.resource, origin, { agenda: agenda.id, start, end }),
      );
    } catch (thrown) {
      undone();
      const nearest = nearestOf(thrown, agenda.id).map((one) => spoken(one.start, one.end, zone));
      const text = isTaken(thrown)
        ? `${t('booking.taken')} ${nearest.length > 0 ? `${t('booking.nearest')} ${nearest.join(' ; ')}` : ''}`
        : explain(thrown).join(' ');
      notify({ title: t('shell.notDone'), text, kind: 'bad' });
    }
  };
  const moveAvailability = async (
    id: string,
    before: { start: string; end: string },
    after: { start: string; end: string },
    undone: () => void,
  ) => {
    try {
      const times = timesOf(await read(`Schedule/${agenda.id}`), id, zone);
      if (times === undefined) return undone();
      told(t('agenda.timesChanged'), await write(agenda.id, shifted(times, before, after, zone), zone));
    } catch (thrown) {
      undone();
      notify({ title: t('shell.notDone'), text: explain(thrown).join(' '), kind: 'bad' });
    }
  };

  return (
    <div className="column">
      <div className="column-head">
        <h2 dir="auto">{agenda.name}</h2>
        <span className="dim">
          {agenda.place} {zone !== 'Europe/Paris' && t('agenda.zone', { zone })}
        </span>
      </div>
      {shown.mayWrite && (
        <Group gap="xs" mb="xs" className="no-print">
          <Button size="xs" onClick={() => setOpened({ is: 'booking', start: noon })}>
            {t('agenda.newAppointment')}
          </Button>
          <Button
            size="xs"
            variant="light"
            onClick={() => setOpened({ is: 'times', times: newTimes(noon, instantAt(day, '12:00', zone), zone) })}
          >
            {t('agenda.newTimes')}
          </Button>
          <Button
            size="xs"
            variant="light"
            onClick={() =>
              setOpened({
                is: 'times',
                times: {
                  ...newTimes(instantAt(day, '00:00', zone), instantAt(day, '00:00', zone), zone),
                  kind: 'busy-unavailable',
                },
              })
            }
          >
            {t('agenda.newAbsence')}
          </Button>
        </Group>
      )}
      <RefusalAlert error={error} />
      {view === 'list' ? (
        <TextList
          shown={shown}
          window={windowIn(from, days, zone)}
          from={from}
          days={days}
          label={label}
          onAppointment={(appointment) => setOpened({ is: 'appointment', appointment })}
          onAvailability={(id) => void openTimes(id)}
          onFree={(start, end) => setOpened({ is: 'booking', start, minutes: minutesBetween(start, end) })}
        />
      ) : (
        <Calendar
          shown={shown}
          view={view}
          day={day}
          mode={mode}
          label={label}
          onAppointment={(appointment) => setOpened({ is: 'appointment', appointment })}
          onAvailability={(id) => void openTimes(id)}
          onDraw={draw}
          onMove={(appointment, start, end, undone) => void moveAppointment(appointment, agenda.id, start, end, undone)}
          onAvailabilityMove={(id, before, after, undone) => void moveAvailability(id, before, after, undone)}
          onReceive={(id, origin, start, end, undone) =>
            void read(`Appointment/${id}`).then(
              (resource) => moveAppointment({ resource } as ShownAppointment, origin, start, end, undone),
              undone,
            )
          }
        />
      )}
      {opened?.is === 'booking' && (
        <Dialog opened onClose={close} title={t('agenda.newAppointment')} size="xl">
          <BookingForm
            agenda={agenda.id}
            zone={zone}
            kinds={shown.kinds}
            mayOverbook={shown.mayOverbook}
            start={opened.start}
            minutes={opened.minutes}
            onCancel={close}
            onBooked={(appointment) => {
              close();
              notify({ title: t('booking.done'), text: spoken(appointment['start'], appointment['end'], zone) });
            }}
          />
        </Dialog>
      )}
      {opened?.is === 'appointment' && (
        <AppointmentDialog
          agenda={shown}
          agendas={agendas}
          appointment={fresh(shown, opened.appointment)}
          onClose={close}
        />
      )}
      {opened?.is === 'times' && (
        <AvailabilityDialog agenda={agenda.id} zone={zone} times={opened.times} onClose={close} />
      )}
    </div>
  );
}

/** As it is now, should it have changed while its dialog is open. */
function fresh(shown: ShownAgenda, appointment: ShownAppointment): ShownAppointment {
  return shown.appointments.find((one) => one.id === appointment.id) ?? appointment;
}

function newTimes(start: string, end: string, zone: string): Times {
  const day = dayIn(start, zone);
  return {
    id: '',
    kind: 'free',
    day,
    lastDay: day,
    from: timeIn(start, zone),
    to: timeIn(end, zone),
    isWeekly: false,
    days: [dayCode(day)],
    until: '',
    reason: '',
  };
}

/** Dragged: the hours of all occurrences; the day too, of one that has one day only. */
function shifted(
  times: Times,
  before: { start: string; end: string },
  after: { start: string; end: string },
  zone: string,
): Times {
  const [was, is] = [dayIn(before.start, zone), dayIn(after.start, zone)];
  const days = times.days
    .map((day) => (day === dayCode(was) ? dayCode(is) : day))
    .filter((one, i, all) => all.indexOf(one) === i);
  return {
    ...times,
    from: timeIn(after.start, zone),
    to: timeIn(after.end, zone),
    days,
    ...(times.isWeekly ? {} : { day: is, lastDay: is }),
  };
}

function windowIn(from: string, days: number, zone: string) {
  return { start: instantAt(from, '00:00', zone), end: instantAt(addDays(from, days), '00:00', zone) };
}
