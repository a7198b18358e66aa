/** The address of the validator: only the profile (`?profile=http://...`), never what is validated. */
import { type RawParams, textParam } from '../../ui/params.ts';

export interface ValidatorParams {
  profile?: string | undefined;
}

export function readValidatorParams(raw: RawParams): ValidatorParams {
  return { profile: textParam(raw['profile'], 300) };
}
