/** The people who looked at the agenda from the SAS (AuditEvent), and those who booked from there. */
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { isExtension } from '../../../src/fhir/extension.ts';
import type { AuditEvent } from '../../../src/fhir/foundation.ts';
import type { Appointment } from '../../../src/fhir/resources.ts';
import { accessesTo } from '../../fhir/accesses.ts';
import { addDays, dayIn, timeIn } from '../../fhir/zone.ts';
import { daysPeriod, useAgendaContent } from '../../schedule/agenda-content.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { dayAndTime, shortDay } from '../../ui/dates.ts';
import { RefusalAlert } from '../../ui/refusal.tsx';

export interface TracesProps {
  agenda: string;
  zone: string;
}

export function Traces(props: TracesProps) {
  return (
    <div className="two">
      <Consultations {...props} />
      <Bookings {...props} />
    </div>
  );
}

const SUBTYPE_PREFIX = 'sas-search-';
const SUBTYPES = ['PS', 'CPTS', 'SOS'].map((kind) => `${SUBTYPE_PREFIX}${kind}`).join(',');
const LAST_EVENTS = '20';

function Consultations({ agenda, zone }: TracesProps) {
  const { t } = useTranslation();
  const { data, error } = useQuery({
    queryKey: ['agenda', agenda, 'audit'],
    queryFn: ({ signal }) => accessesTo(`Schedule/${agenda}`, { subtype: SUBTYPES, _count: LAST_EVENTS }, signal),
  });
  const when = (instant: string) => `${shortDay(dayIn(instant, zone))} ${timeIn(instant, zone)}`;
  return (
    <section>
      <h2>{t('visibility.consulted')}</h2>
      <RefusalAlert error={error} />
      <DataTable
        label={t('visibility.consulted')}
        columns={[
          { title: t('visibility.when'), cell: (event: AuditEvent) => when(event.recorded) },
          { title: t('visibility.who'), cell: (event) => callerOf(event) ?? t('visibility.anonymous') },
          {
            title: t('visibility.act'),
            cell: (event) => t('visibility.searched', { door: t(`door.${searchKindOf(event)}`) }),
          },
        ]}
        rows={data?.events ?? []}
        keyOf={(event) => event.id!}
        empty={t('visibility.noneConsulted')}
      />
    </section>
  );
}

/** A platform without a certificate is anonymous. */
function callerOf({ agent: [agent] }: AuditEvent): string | undefined {
  const name = agent?.who?.display;
  return name === 'anonymous' ? undefined : name;
}

function searchKindOf(event: AuditEvent): 'PS' | 'CPTS' | 'SOS' {
  const kind = event.subtype?.find(({ code }) => code?.startsWith(SUBTYPE_PREFIX) === true)?.code ?? '';
  return kind.slice(SUBTYPE_PREFIX.length) as 'PS';
}

/** Days before and after today whose appointments are shown. */
const AROUND_DAYS = 14;

function Bookings({ agenda, zone }: TracesProps) {
  const { t } = useTranslation();
  const from = addDays(dayIn(Date.now(), zone), -AROUND_DAYS);
  const { data } = useAgendaContent(agenda, daysPeriod(from, 2 * AROUND_DAYS, zone));
  const bookings = (data?.appointments ?? []).flatMap((appointment) => {
    const regulator = regulatorOf(appointment.resource);
    return regulator === undefined ? [] : [{ ...appointment, regulator }];
  });
  return (
    <section>
      <h2>{t('visibility.booked')}</h2>
      <DataTable
        label={t('visibility.booked')}
        columns={[
          { title: t('visibility.when'), cell: (booking: (typeof bookings)[number]) => dayAndTime(booking, zone) },
          { title: t('visibility.operator'), cell: (booking) => booking.regulator },
          { title: t('agenda.status'), cell: (booking) => t(`status.${booking.status as 'booked'}`) },
        ]}
        rows={bookings}
        keyOf={(booking) => booking.id}
        empty={t('visibility.noneBooked')}
      />
    </section>
  );
}

/**
 * The regulator who booked. Regulators are known by the identifier of their account; people of the practice are
 * references to this server.
 */
function regulatorOf(appointment: Appointment): string | undefined {
  const operator = appointment.extension?.find((extension) => isExtension(extension, 'appointmentOperator'));
  const reference = operator?.['valueReference'];
  return reference?.identifier && (reference.display ?? reference.identifier.value);
}
