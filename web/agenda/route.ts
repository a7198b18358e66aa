/** The agenda: `?agendas=a,b&view=week&day=2026-11-25`. */
import { definePage, listParam, type Page, textParam } from '../shell/page.ts';

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
      agendas: Array.isArray(raw['agendas']) ? listParam(raw['agendas'].join(',')) : listParam(raw['agendas']),
      view: VIEWS.find((one) => one === raw['view']),
      day: day !== undefined && /^\d{4}-\d\d-\d\d$/.test(day) && !Number.isNaN(Date.parse(day)) ? day : undefined,
    };
  },
  load: () => import('./page.tsx'),
});
