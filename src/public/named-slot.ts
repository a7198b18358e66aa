/** The slots that addresses and forms of visitors name. */
import { parseSlotId, type SlotKey } from '../scheduling/slot-id.ts';

const LAST_START = Date.UTC(9998, 11, 31);

/** `undefined` for an id of another form, and for a time around which there are no days to look at. */
export function slotNamed(id: string): SlotKey | undefined {
  const key = parseSlotId(id);
  return key !== undefined && key.start > 0 && key.start < LAST_START ? key : undefined;
}
