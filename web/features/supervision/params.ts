/** The address of the supervision: `?tab=partners`. */
import { choiceParam, type RawParams } from '../../ui/params.ts';

export const TABS = ['partners', 'outbox', 'hub', 'activity', 'overlaps', 'server'] as const;
export type Tab = (typeof TABS)[number];

export interface SupervisionParams {
  tab?: Tab | undefined;
}

export function readSupervisionParams(raw: RawParams): SupervisionParams {
  return { tab: choiceParam(TABS, raw['tab']) };
}
