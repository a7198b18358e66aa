/** The address of the page of the practice: `?tab=kinds`, `&agenda=x` of a typical week and of public holidays. */
import { choiceParam, type RawParams, textParam } from '../../ui/params.ts';

export const CABINET_TABS = [
  'people',
  'kinds',
  'week',
  'holidays',
  'places',
  'practitioners',
  'agendas',
  'publication',
] as const;
export type CabinetTab = (typeof CABINET_TABS)[number];

export interface CabinetParams {
  tab?: CabinetTab | undefined;
  agenda?: string | undefined;
}

export function readCabinetParams(raw: RawParams): CabinetParams {
  return { tab: choiceParam(CABINET_TABS, raw['tab']), agenda: textParam(raw['agenda']) };
}
