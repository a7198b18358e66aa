/** The address of the booking page: `?slot=ID` for one slot, `?agenda=ID` for the free times of an agenda. */
import { idParam, type RawParams } from '../../ui/params.ts';

export interface BookingParams {
  /** Id of a Slot. */
  slot?: string | undefined;
  /** Id of a Schedule. */
  agenda?: string | undefined;
}

export function readBookingParams(raw: RawParams): BookingParams {
  return { slot: idParam(raw['slot']), agenda: idParam(raw['agenda']) };
}
