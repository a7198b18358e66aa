/** The address of the page about accesses: `?agenda=ID`, or `?patient=ID`, and what they did (`&action=R`). */
import { choiceParam, idParam, type RawParams } from '../../ui/params.ts';

/** Codes of AuditEvent.action. */
export const ACTIONS = ['R', 'E', 'C', 'U', 'D'] as const;

export interface AccessesParams {
  /** Id of a Schedule. */
  agenda?: string | undefined;
  /** Id of a Patient. */
  patient?: string | undefined;
  action?: (typeof ACTIONS)[number] | undefined;
}

export function readAccessesParams(raw: RawParams): AccessesParams {
  const patient = idParam(raw['patient']);
  const about = patient === undefined ? { agenda: idParam(raw['agenda']) } : { patient };
  return { ...about, action: choiceParam(ACTIONS, raw['action']) };
}
