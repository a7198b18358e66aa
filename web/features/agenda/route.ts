/** The agenda: `?agendas=a,b&view=week&day=2026-11-25`. */
import { definePage, idParam, listParam, type Page, textParam } from '../../ui/page.ts';

export const VIEWS = ['day', 'week', 'month', 'list'] as const;
export type View = (typeof VIEWS)[number];

export interface AgendaSearch {
  /** Ids of Schedules. */
  agendas?: string[] | undefined;
  view?: View | undefined;
  /** `YYYY-MM-DD` in the agenda's zone. */
  day?: string | undefined;
}

export const agendaPage: Page<AgendaSearch> = definePage({
  path: '/agenda',
  title: 'agenda.title',
  roles: ['practitioner', 'secretary'],
  serves: ['agenda'],
  search: (raw): AgendaSearch => {
    const day = textParam(raw['day'], 10);
    return {
      agendas: idsParam(Array.isArray(raw['agendas']) ? raw['agendas'].join(',') : raw['agendas']),
      view: VIEWS.find((view) => view === raw['view']),
      // Before and after, no clock of a country is known.
      day:
        day !== undefined && /^(19|20|21)\d\d-\d\d-\d\d$/.test(day) && !Number.isNaN(Date.parse(day)) ? day : undefined,
    };
  },
  load: () => import('./page.tsx'),
});

function idsParam(value: unknown): string[] | undefined {
  const ids = (listParam(value) ?? []).flatMap((one) => idParam(one) ?? []);
  return ids.length > 0 ? ids : undefined;
}
