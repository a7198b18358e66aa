/** The address of the set-up: `?step=4`. */
import { choiceParam, type RawParams } from '../../ui/params.ts';

/** 1 who, 2 the practice and its place, 3 the practitioner, 4 the week, 5 what others see. */
export const STEPS = [1, 2, 3, 4, 5] as const;
export type SetUpStep = (typeof STEPS)[number];

export interface SetUpParams {
  /** Absent: the first that is missing. */
  step?: SetUpStep | undefined;
}

export function readSetUpParams(raw: RawParams): SetUpParams {
  return { step: choiceParam(STEPS, raw['step']) };
}
