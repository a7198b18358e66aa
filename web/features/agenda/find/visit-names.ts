/** The kinds of visit of several agendas, by name: each agenda may have its own length for one. */
import { useQueries } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { CodeableConcept } from '../../../../src/fhir/resource.ts';
import { conceptName } from '../../../fhir/names.ts';
import { dayIn, FRANCE } from '../../../fhir/zone.ts';
import { type AgendaContent, agendaQuery, daysPeriod } from '../../../schedule/agenda-content.ts';
import type { AgendaSummary } from '../../../schedule/agendas.ts';

export interface VisitName {
  name: string;
  /** The shortest first. */
  minutes: readonly number[];
  /** Absent: the agendas name no kinds, and the length alone counts. */
  serviceType: CodeableConcept | undefined;
}

/** More agendas of one practice share their kinds. */
const MAX_READ = 12;

export function useVisitNames(agendas: readonly AgendaSummary[]) {
  const { t } = useTranslation();
  const period = daysPeriod(dayIn(Date.now(), 'UTC'), 1, 'UTC');
  const contents = useQueries({
    queries: agendas.slice(0, MAX_READ).map(({ id }) => agendaQuery(id, period)),
    combine: (results) => results.flatMap(({ data }) => data ?? []),
  });
  const zones = new Map(contents.map(({ id, zone }) => [id, zone]));
  return {
    kinds: visitNames(contents, (count) => t('booking.minutes', { count })),
    zoneOf: (agenda: string) => zones.get(agenda) ?? FRANCE,
  };
}

function visitNames(contents: readonly AgendaContent[], lengthName: (minutes: number) => string): VisitName[] {
  const names = new Map<string, VisitName>();
  for (const { minutes, serviceTypes } of contents.flatMap(({ kinds }) => kinds))
    for (const serviceType of serviceTypes.length > 0 ? serviceTypes : [undefined]) {
      const name = serviceType === undefined ? lengthName(minutes) : conceptName(serviceType);
      const known = names.get(name)?.minutes ?? [];
      names.set(name, { name, serviceType, minutes: [...new Set([...known, minutes])].sort((a, b) => a - b) });
    }
  return [...names.values()];
}
