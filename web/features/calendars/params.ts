/** The address of the page about calendars: `?agenda=ID`. */
import { idParam, type RawParams } from '../../ui/params.ts';

export interface CalendarsParams {
  /** Id of a Schedule. */
  agenda?: string | undefined;
}

export function readCalendarsParams(raw: RawParams): CalendarsParams {
  return { agenda: idParam(raw['agenda']) };
}
