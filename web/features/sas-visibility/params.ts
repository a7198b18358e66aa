/** The address of the page about the SAS: `?agenda=ID`. */
import { idParam, type RawParams } from '../../ui/params.ts';

export interface VisibilityParams {
  /** Id of a Schedule. */
  agenda?: string | undefined;
}

export function readVisibilityParams(raw: RawParams): VisibilityParams {
  return { agenda: idParam(raw['agenda']) };
}
