/** The appointments to come that a closed holiday hits: they stay booked until somebody moves or cancels them. */
import { useQueries } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { HolidayPlan } from '../../../src/fhir/french/holiday-rule.ts';
import { dayIn } from '../../fhir/zone.ts';
import { type AgendaContent, agendaQuery, daysPeriod } from '../../schedule/agenda-content.ts';
import { AGENDA_PATH } from '../../schedule/agenda-params.ts';
import type { AgendaSummary } from '../../schedule/agendas.ts';
import { holidaysAhead } from '../../schedule/holidays.ts';
import { dayAndTime } from '../../ui/dates.ts';
import { Link } from '../../ui/navigation.ts';

export interface HolidayHitsProps {
  plan: HolidayPlan | undefined;
  agendas: readonly AgendaSummary[];
  today: string;
}

/** So many agendas are asked; a large practice looks at them one by one. */
const MAX_ASKED = 20;

export function HolidayHits({ plan, agendas, today }: HolidayHitsProps) {
  const { t } = useTranslation();
  const asked = agendas.slice(0, MAX_ASKED);
  // Any day does: the server lists what lies in closed time on all days to come.
  const contents = useQueries({
    queries: asked.map(({ id, zone }) => ({
      ...agendaQuery(id, daysPeriod(today, 1, zone)),
      enabled: plan !== undefined,
    })),
  });
  if (plan === undefined) return null;
  const days = new Set(
    holidaysAhead(plan, today)
      .filter(({ state }) => state !== 'open')
      .map(({ date }) => date),
  );
  const hits = contents.flatMap(({ data }, i) => (data === undefined ? [] : hitsOf(data, asked[i]!, days)));
  return (
    <section className="stack">
      <h2>{t('holidays.hits', { count: hits.length })}</h2>
      {hits.length > 0 && <p>{t('holidays.hitsHelp')}</p>}
      <ul className="lines">
        {hits.map(({ id, text, ...search }) => (
          <li key={id}>
            <Link to={AGENDA_PATH} search={search as never}>
              {text}
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

function hitsOf({ closedOver, zone }: AgendaContent, { id: agenda, name }: AgendaSummary, days: ReadonlySet<string>) {
  return closedOver
    .filter(({ start }) => days.has(dayIn(start, zone)))
    .map((appointment) => {
      const { id, patient, identity, start } = appointment;
      const text = [patient, dayAndTime(appointment, zone), identity?.phone, name].filter(Boolean).join(' · ');
      return { id, text, agendas: agenda, day: dayIn(start, zone) };
    });
}
