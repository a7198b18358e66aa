/** Who consulted the agenda from the SAS (AuditEvent), and who booked from there. */
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Json, Resource } from '../../../src/fhir/resource.ts';
import { search } from '../../fhir/client.ts';
import { addDays, dayIn, shortDay, spoken, timeIn } from '../../fhir/zone.ts';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { Rows } from '../../ui/rows.tsx';
import { useShown } from '../../schedule/shown.ts';
import { instantAt } from '../../fhir/zone.ts';

const LAST = '20';
const DOORS = ['PS', 'CPTS', 'SOS'];
const DAYS = 14;

export function Traces({ agenda, zone }: { agenda: string; zone: string }) {
  const { t } = useTranslation();
  const consulted = useQuery({
    queryKey: ['shown', agenda, 'audit'],
    queryFn: async ({ signal }) =>
      (
        await search(
          'AuditEvent',
          {
            entity: `Schedule/${agenda}`,
            subtype: DOORS.map((door) => `sas-search-${door}`).join(','),
            _sort: '-date',
            _count: LAST,
          },
          signal,
        )
      ).matches,
  });
  const today = dayIn(Date.now(), zone);
  const shown = useShown(agenda, {
    start: instantAt(addDays(today, -DAYS), '00:00', zone),
    end: instantAt(addDays(today, DAYS), '00:00', zone),
  });
  const booked = (shown.data?.appointments ?? []).filter(
    (appointment) => operatorOf(appointment.resource) !== undefined,
  );
  const when = (instant: string) => `${shortDay(dayIn(instant, zone))} ${timeIn(instant, zone)}`;
  return (
    <div className="two">
      <section>
        <h2>{t('visibility.consulted')}</h2>
        <RefusalAlert error={consulted.error} />
        <Rows
          label={t('visibility.consulted')}
          columns={[
            { title: t('visibility.when'), cell: (resource: Resource) => when(resource['recorded']) },
            { title: t('visibility.who'), cell: (one) => (one['agent'] as Json[])?.[0]?.who?.display ?? '' },
            {
              title: t('visibility.act'),
              cell: (one) =>
                t('visibility.searched', {
                  door: t(`door.${String(one['subtype']?.[0]?.code).slice('sas-search-'.length) as 'PS'}`),
                }),
            },
          ]}
          rows={consulted.data ?? []}
          keyOf={(one) => one.id!}
          empty={t('visibility.noneConsulted')}
        />
      </section>
      <section>
        <h2>{t('visibility.booked')}</h2>
        <Rows
          label={t('visibility.booked')}
          columns={[
            { title: t('visibility.when'), cell: (one: (typeof booked)[number]) => spoken(one.start, one.end, zone) },
            { title: t('visibility.operator'), cell: (one) => operatorOf(one.resource) ?? '' },
            { title: t('agenda.status'), cell: (one) => t(`status.${one.status as 'booked'}`) },
          ]}
          rows={booked}
          keyOf={(one) => one.id}
          empty={t('visibility.noneBooked')}
        />
      </section>
    </div>
  );
}

/**
 * Who booked, when a regulator did: the extension in both its generations. Regulators are known by the identifier of
 * their account, people of the practice by where they are on this server.
 */
function operatorOf(appointment: Resource): string | undefined {
  const reference = (appointment.extension ?? []).find((extension) => /appointment-?operator$/i.test(extension.url))?.[
    'valueReference'
  ];
  return reference?.identifier && (reference.display ?? reference.identifier.value);
}
