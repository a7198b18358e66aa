/** The address of the agenda page, for the page itself and for those that lead to it: `?agendas=a,b&view=week`. */
import { choiceParam, dayParam, idsParam, type RawParams } from '../ui/params.ts';

export const AGENDA_PATH = '/agenda';

export const VIEWS = ['day', 'week', 'month', 'list', 'sheet'] as const;
export type View = (typeof VIEWS)[number];

export interface AgendaParams {
  /** Ids of Schedules. */
  agendas?: string[] | undefined;
  view?: View | undefined;
  /** `YYYY-MM-DD` in the zone of the agenda. */
  day?: string | undefined;
}

export function readAgendaParams(raw: RawParams): AgendaParams {
  return {
    agendas: idsParam(raw['agendas']),
    view: choiceParam(VIEWS, raw['view']),
    day: dayParam(raw['day']),
  };
}
