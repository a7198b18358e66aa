/** The address of the reported appointments: `?status=booked&from=2026-11-25`. */
import { choiceParam, dayParam, type RawParams } from '../../ui/params.ts';

export const STATUSES = ['booked', 'fulfilled', 'noshow', 'cancelled', 'pending'] as const;

export interface ReportsParams {
  status?: (typeof STATUSES)[number] | undefined;
  /** First day. */
  from?: string | undefined;
}

export function readReportsParams(raw: RawParams): ReportsParams {
  return { status: choiceParam(STATUSES, raw['status']), from: dayParam(raw['from']) };
}
