/** One agenda of the page: its calendar or its text, and the dialogs that open from it. */
import { Button, Group, Loader } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { read } from '../../fhir/client.ts';
import { addDays, dayIn, FRANCE, instantAt, minutesBetween } from '../../fhir/zone.ts';
import { type AgendaContent, daysPeriod, useAgendaContent } from '../../schedule/agenda-content.ts';
import type { View } from '../../schedule/agenda-params.ts';
import { type AgendaSummary, agendaLabel } from '../../schedule/agendas.ts';
import { useUndelivered } from '../../schedule/undelivered.ts';
import { availabilityValues, newAvailability } from '../../schedule/availability.ts';
import { longDay, type Span, zoneName } from '../../ui/dates.ts';
import { notifyFailure } from '../../ui/notify.tsx';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { withTexts } from '../../ui/texts.ts';
import type { OpenDialog } from './agenda-dialogs.tsx';
import { OpenedDialog } from './opened-dialog.tsx';
import { Calendar } from './calendar.tsx';
import type { CalendarMode, Hours } from './calendar-events.ts';
import { TextList } from './text-list.tsx';
import { useMoves } from './use-moves.ts';

/** Dialogs open by a click, and come after the calendar. */
const DaySheet = lazy(() => withTexts(import('./day-sheet.tsx')));
/** Most agendas have none. */
const Inbox = lazy(() => withTexts(import('./inbox.tsx')));
const Undelivered = lazy(() => withTexts(import('./undelivered.tsx')));

export interface AgendaColumnProps {
  agenda: AgendaSummary;
  /** All agendas of the page: an appointment can move to any of them. */
  agendas: readonly AgendaSummary[];
  view: View;
  day: string;
  /** First day of the view. */
  from: string;
  days: number;
  mode: CalendarMode;
  hours: Hours;
}

/** The zone of an agenda comes with the answer: a day more on both sides covers the view in every zone. */
export function readPeriod(from: string, days: number): Span {
  return daysPeriod(addDays(from, -1), days + 2, 'UTC');
}

export function AgendaColumn(props: AgendaColumnProps) {
  const { t } = useTranslation();
  const { agenda, from, days } = props;
  const { data, error, isPending } = useAgendaContent(agenda.id, readPeriod(from, days));
  return (
    <div className="column">
      {data !== undefined ? (
        <LoadedColumn {...props} content={data} error={error} />
      ) : (
        <div className="column-body">
          {isPending ? <Loader aria-label={t('app.loading')} /> : <RefusalAlert error={error} />}
        </div>
      )}
    </div>
  );
}

/** `error`: the content is an older one, and could not be read again. */
function LoadedColumn(props: AgendaColumnProps & { content: AgendaContent; error: unknown }) {
  const { t } = useTranslation();
  const { agenda, agendas, view, day, from, days, mode, hours, content, error } = props;
  const [dialog, setDialog] = useState<OpenDialog>();
  const moves = useMoves(content, agenda.name);
  const { zone } = content;
  const label = agendaLabel(agenda);
  const openAvailability = async (id: string) => {
    try {
      const values = availabilityValues(await read('Schedule', agenda.id), id, zone);
      if (values !== undefined) setDialog({ is: 'availability', values });
    } catch (thrown) {
      notifyFailure(thrown);
    }
  };
  const openBooking = ({ start, end }: { start: string; end: string }) =>
    setDialog({ is: 'booking', start, minutes: minutesBetween(start, end) });
  const shared = {
    content,
    label,
    onAppointment: (appointment: AgendaContent['appointments'][number]) =>
      setDialog({ is: 'appointment', appointment }),
    onAvailability: (id: string) => void openAvailability(id),
  };
  return (
    <>
      <ColumnHead agenda={agenda} zone={zone} />
      {content.mayWrite && <ColumnTools day={day} zone={zone} onOpen={setDialog} />}
      <DayNotes content={content} agenda={agenda} from={from} days={days} />
      <ColumnNews content={content} error={error} onOpen={setDialog} />
      <div className="column-body">
        {view === 'sheet' ? (
          <Suspense fallback={<Loader aria-label={t('app.loading')} />}>
            <DaySheet content={content} agenda={agenda} day={day} onAppointment={shared.onAppointment} />
          </Suspense>
        ) : view === 'list' ? (
          <TextList {...shared} agenda={agenda} from={from} days={days} onFree={openBooking} />
        ) : (
          <Calendar
            {...shared}
            {...moves}
            view={view}
            day={day}
            mode={mode}
            hours={hours}
            onDraw={(span) =>
              mode === 'hours'
                ? setDialog({ is: 'availability', values: newAvailability(span.start, span.end, zone) })
                : openBooking(span)
            }
          />
        )}
        <OpenedDialog content={content} agenda={agenda} agendas={agendas} dialog={dialog} onChange={setDialog} />
      </div>
    </>
  );
}

interface ColumnHeadProps {
  agenda: AgendaSummary;
  zone: string;
  /** A copy for the eyes alone has no heading. */
  as?: 'h2' | 'strong';
}

export function ColumnHead({ agenda: { name, place }, zone, as: Title = 'h2' }: ColumnHeadProps) {
  return (
    <div className="column-head">
      <Title dir="auto">{name}</Title>
      <span className="dim">
        {place} {zone !== FRANCE && `· ${zoneName(zone)}`}
      </span>
    </div>
  );
}

interface DayNotesProps {
  content: AgendaContent;
  agenda: AgendaSummary;
  from: string;
  days: number;
}

/** The public holidays of the days that are shown, an open one looks like any other day; and who replaces whom. */
function DayNotes({ content: { holidays, replacements }, agenda: { name: holder }, from, days }: DayNotesProps) {
  const { t } = useTranslation();
  const last = addDays(from, days - 1);
  const shown = holidays.filter(({ date }) => from <= date && date <= last);
  const away = replacements.filter((each) => each.first <= last && from <= each.last);
  if (shown.length + away.length === 0) return null;
  return (
    <ul className="day-notes">
      {away.map(({ name, first, last: until }) => (
        <li key={`${first} ${name}`}>
          {t('agenda.replaced', { name, holder, first: longDay(first), last: longDay(until) })}
        </li>
      ))}
      {shown.map(({ date, name, state }) => (
        <li key={date}>
          {t('agenda.holiday', { name, day: longDay(date), state: t(`agenda.holidayState.${state}`) })}
        </li>
      ))}
    </ul>
  );
}

interface ColumnNewsProps {
  content: AgendaContent;
  error: unknown;
  onOpen: (dialog: OpenDialog) => void;
}

/** Why the content may be old, and everything that waits for somebody. */
function ColumnNews({ content, error, onOpen }: ColumnNewsProps) {
  const { t } = useTranslation();
  const { data: mails = [] } = useUndelivered(content.id, content.mayWrite);
  return (
    <div className="column-news" tabIndex={-1}>
      <RefusalAlert error={error} />
      {mails.length > 0 && (
        <Suspense fallback={<Loader aria-label={t('app.loading')} />}>
          <Undelivered mails={mails} agenda={content.id} zone={content.zone} />
        </Suspense>
      )}
      {content.requests.length + content.closedOver.length > 0 && (
        <Suspense fallback={<Loader aria-label={t('app.loading')} />}>
          <Inbox
            content={content}
            today={dayIn(Date.now(), content.zone)}
            onAppointment={(appointment, step) => onOpen({ is: 'appointment', appointment, step })}
          />
        </Suspense>
      )}
    </div>
  );
}

interface ColumnToolsProps {
  day: string;
  zone: string;
  onOpen: (dialog: OpenDialog) => void;
}

function ColumnTools({ day, zone, onOpen }: ColumnToolsProps) {
  const { t } = useTranslation();
  const at = (time: string) => instantAt(day, time, zone);
  const openAvailability = (from: string, to: string, type: 'free' | 'busy-unavailable') =>
    onOpen({ is: 'availability', values: { ...newAvailability(at(from), at(to), zone), type } });
  return (
    <Group gap="xs" mb="xs" className="column-tools no-print">
      <Button size="xs" onClick={() => onOpen({ is: 'booking', start: at('09:00') })}>
        {t('agenda.newAppointment')}
      </Button>
      <Button size="xs" variant="light" onClick={() => openAvailability('09:00', '12:00', 'free')}>
        {t('agenda.newTimes')}
      </Button>
      <Button size="xs" variant="light" onClick={() => openAvailability('00:00', '00:00', 'busy-unavailable')}>
        {t('agenda.newAbsence')}
      </Button>
    </Group>
  );
}
