/** Many agendas on one day: a line each, on one axis of hours. The lines open the same dialogs as the calendars. */
import { Loader } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { addDays, dayIn, FRANCE, instantAt, minutesBetween, timeIn } from '../../fhir/zone.ts';
import { type AgendaContent, daysPeriod, useAgendaContent } from '../../schedule/agenda-content.ts';
import type { AgendaSummary } from '../../schedule/agendas.ts';
import { type Span, timeSpan, zoneName } from '../../ui/dates.ts';
import { RefusalAlert } from '../../ui/refusal.tsx';
import type { OpenDialog } from './agenda-dialogs.tsx';
import { OpenedDialog } from './opened-dialog.tsx';
import './compact.css';

/** The first hour that a narrow screen shows. */
const FIRST_SEEN_HOUR = 7;

export interface CompactDayProps {
  agendas: readonly AgendaSummary[];
  day: string;
  /** First and last hour of the axis. */
  hours: readonly [first: number, last: number];
}

export default function CompactDay({ agendas, day, hours }: CompactDayProps) {
  const { t } = useTranslation();
  const [first, last] = hours;
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    // One agenda that is open all night does not put the morning of the others out of sight.
    const axis = box.current!.querySelector<HTMLElement>('.compact-axis')!;
    box.current!.scrollLeft = (axis.offsetWidth * Math.max(0, FIRST_SEEN_HOUR - first)) / (last - first);
  }, [first, last]);
  return (
    <section className="compact" ref={box} aria-label={t('agenda.compact')}>
      <div className="compact-head" aria-hidden="true">
        <span />
        <div className="compact-axis">
          {Array.from({ length: last - first }, (_, i) => (
            <span key={first + i}>{String(first + i).padStart(2, '0')}</span>
          ))}
        </div>
      </div>
      {agendas.map((agenda) => (
        <CompactLine key={agenda.id} agenda={agenda} agendas={agendas} day={day} hours={hours} />
      ))}
    </section>
  );
}

type CompactLineProps = CompactDayProps & { agenda: AgendaSummary };

function CompactLine({ agenda, agendas, day, hours }: CompactLineProps) {
  const { t } = useTranslation();
  const { data, error, isPending } = useAgendaContent(agenda.id, daysPeriod(addDays(day, -1), 3, 'UTC'));
  const [dialog, setDialog] = useState<OpenDialog>();
  return (
    <div className="compact-line">
      <h2 dir="auto">
        <span>{agenda.name}</span> {agenda.place !== '' && <span className="dim">{agenda.place}</span>}
        {agenda.zone !== FRANCE && <span className="dim">{zoneName(agenda.zone)}</span>}
      </h2>
      {isPending && <Loader size="xs" aria-label={t('app.loading')} />}
      <RefusalAlert error={error} />
      {data !== undefined && <Boxes content={data} name={agenda.name} day={day} hours={hours} onOpen={setDialog} />}
      {data !== undefined && (
        <OpenedDialog content={data} agenda={agenda} agendas={agendas} dialog={dialog} onChange={setDialog} />
      )}
    </div>
  );
}

interface BoxesProps extends Pick<CompactDayProps, 'day' | 'hours'> {
  content: AgendaContent;
  name: string;
  onOpen: (dialog: OpenDialog) => void;
}

function Boxes({ content, name, day, hours: [first, last], onOpen }: BoxesProps) {
  const { t } = useTranslation();
  const { zone } = content;
  const start = instantAt(day, `${String(first).padStart(2, '0')}:00`, zone);
  const whole = (last - first) * 60;
  const placed = ({ start: from, end }: Span) => ({
    insetInlineStart: `${(minutesBetween(start, from) / whole) * 100}%`,
    width: `${(minutesBetween(from, end) / whole) * 100}%`,
  });
  const onDay = <Item extends Span>(spans: readonly Item[]) => spans.filter((span) => dayIn(span.start, zone) === day);
  return (
    <div className="compact-boxes">
      {onDay(content.openings).map((opening) => (
        <span key={opening.start} className="compact-open" style={placed(opening)} />
      ))}
      {onDay(content.busy).map((busy) => (
        <span key={busy.start} className="compact-busy" style={placed(busy)} />
      ))}
      {onDay(content.appointments).map((appointment) => (
        <button
          key={appointment.id}
          type="button"
          title={`${timeSpan(appointment, zone)} ${appointment.patient}`}
          className={`compact-appt compact-${appointment.isOverbooked ? 'over' : appointment.status}`}
          style={placed(appointment)}
          onClick={() => onOpen({ is: 'appointment', appointment })}
        >
          <span aria-hidden="true">{appointment.patient}</span>
          <span className="sr-only">
            {timeSpan(appointment, zone)} {appointment.patient || t('agenda.appointment')},{' '}
            {t(`status.${appointment.status as 'booked'}`)}, {name}
          </span>
        </button>
      ))}
      {content.mayWrite && (
        <button
          type="button"
          className="compact-new"
          aria-label={`${t('agenda.newAppointment')} · ${name}`}
          onClick={() => onOpen({ is: 'booking', start: firstOpening(content, day) ?? instantAt(day, '09:00', zone) })}
        >
          +
        </button>
      )}
    </div>
  );
}

function firstOpening({ openings, zone }: AgendaContent, day: string): string | undefined {
  return openings
    .map(({ start }) => start)
    .filter((start) => dayIn(start, zone) === day)
    .sort((a, b) => timeIn(a, zone).localeCompare(timeIn(b, zone)))[0];
}
