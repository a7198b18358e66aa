/**
 * Ids of computed slots: agenda, start and length, in base 36: `2kq1xw0f8a3zd.tkmo0.p0`. The same slot has the same id
 * for ever. A fourth part names something else with the same start and length: one appointment of several (`b`), a
 * closure (`c`).
 */
import { createHash } from 'node:crypto';

export interface SlotKey {
  /** `agendaCode` of the Schedule. */
  agenda: string;
  /** Epoch milliseconds; whole seconds. */
  start: number;
  durationMs: number;
  /** `b12`: busy row 12; `c`: a closure. */
  part?: string;
}

const FORM = /^([0-9a-z]{1,13})\.(-?[0-9a-z]{1,9})\.([0-9a-z]{1,8})(?:\.(b[0-9a-z]{1,13}|c))?$/;

/** 64 bits of the hash of a Schedule's id, in base 36: the same in every database that holds the agenda. */
export function agendaCode(schedule: string): string {
  return createHash('sha256').update(schedule).digest().readBigUInt64BE().toString(36);
}

export function slotId({ agenda, start, durationMs, part }: SlotKey): string {
  const base = `${agenda}.${Math.floor(start / 1000).toString(36)}.${Math.round(durationMs / 1000).toString(36)}`;
  return part === undefined ? base : `${base}.${part}`;
}

/** `undefined` for an id that is not of this form: an explicit Slot resource's. */
export function parseSlotId(id: string): SlotKey | undefined {
  const parts = FORM.exec(id);
  if (parts === null) return undefined;
  const durationMs = Number.parseInt(parts[3]!, 36) * 1000;
  if (durationMs <= 0) return undefined;
  return {
    agenda: parts[1]!,
    start: Number.parseInt(parts[2]!, 36) * 1000,
    durationMs,
    ...(parts[4] ? { part: parts[4] } : {}),
  };
}
