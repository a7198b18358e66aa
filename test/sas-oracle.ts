/**
 * What may leave of an agenda by a door of the SAS: a small oracle in minutes of the clock, which knows nothing of the
 * code.
 */
import { NOW } from './harness.ts';
import { MIDNIGHT, MINUTE, type Placed, ZONES } from './sas-territory.ts';

/** What each door may show: written here anew, from the guide. */
const ALLOWED = { PS: ['PUBLIC', 'PRO', 'SNP'], CPTS: ['PUBLIC', 'PRO', 'SNP', 'CPTS'], SOS: ['PUBLIC', 'SNP'] };
export type Door = keyof typeof ALLOWED;

/** What may leave: the slot, with the codes that go with it. */
export interface Given {
  schedule: string;
  start: number;
  end: number;
  codes: string;
  cpts: string;
  modes: string;
}

/** Of all its days. */
export function leaves(one: Placed, all: readonly Placed[], door: Door): Given[] {
  const doors: Door[] = one.kind === 'centre' ? ['SOS'] : ['PS', 'CPTS'];
  if (!one.active || one.paused || !one.complete || !doors.includes(door)) return [];
  const [, east] = ZONES[one.zone]!;
  const meets = (a: { start: number; end: number }, b: { start: number; end: number }): boolean =>
    a.start < b.end && b.start < a.end;
  const taken = all.filter((other) => other.person === one.person).flatMap((other) => other.taken);
  const explicit = one.written.map((slot) => ({
    ...slot,
    start: MIDNIGHT + slot.start * MINUTE,
    end: MIDNIGHT + (slot.start + slot.minutes) * MINUTE,
  }));
  const r = one.id.split('-')[0]!;
  const names = (cpts: readonly number[]): string[] =>
    [...new Set(cpts)]
      .filter((i) => i < 2)
      .map((i) => `HealthcareService/${r}-cpts${i}`)
      .sort();
  const found: { start: number; end: number; codes: string[]; cpts: string[]; modes: string[] }[] = [];
  for (let day = -2; day <= 4; day++) {
    for (const [block, hour] of one.hours.entries()) {
      // The wall clock of the agenda's zone, from the midnight of Paris.
      const open = MIDNIGHT + (day * 1440 + hour * 60 + 60 - east) * MINUTE;
      for (let start = open; start + one.duration * MINUTE <= open + 90 * MINUTE; start += one.duration * MINUTE) {
        const time = { start, end: start + one.duration * MINUTE };
        if ([...taken, ...explicit].some((other) => meets(time, other))) continue;
        const own = one.offers.filter(({ blocks }) => blocks.length === 0 || blocks.includes(block));
        found.push({
          ...time,
          codes: own.flatMap((each) => each.visibility),
          cpts: names(own.flatMap((each) => each.cpts)),
          modes: own.flatMap((each) => each.mode),
        });
      }
    }
  }
  for (const slot of explicit) {
    if (
      slot.status !== 'free' ||
      taken.some((other) => meets(slot, other)) ||
      explicit.some((other) => other.status !== 'free' && meets(slot, other))
    )
      continue;
    const codes = slot.security
      .filter((code) => !code.startsWith('other:'))
      .map((code) => code.replace('slash:', '').toUpperCase());
    found.push({
      start: slot.start,
      end: slot.end,
      codes,
      cpts: names(slot.cpts === undefined ? [] : [slot.cpts]),
      modes: [],
    });
  }
  const by = (of: Door, { codes, cpts }: { codes: string[]; cpts: string[] }): string[] =>
    [...new Set(codes)].filter((code) => ALLOWED[of].includes(code) && (code !== 'CPTS' || cpts.length > 0)).sort();
  const quota = Math.min(...one.offers.map((each) => each.quota ?? Number.POSITIVE_INFINITY));
  const dayOf = (instant: number): number => Math.floor((instant / MINUTE + east) / 1440);
  const used = new Map<number, number>();
  const count = (instant: number): number => {
    used.set(dayOf(instant), (used.get(dayOf(instant)) ?? 0) + 1);
    return used.get(dayOf(instant))!;
  };
  for (const each of one.taken) if (each.by === 'regulator') count(each.start);
  return found
    .filter((slot) => slot.start >= NOW && doors.some((of) => by(of, slot).length > 0))
    .sort((a, b) => a.start - b.start || a.end - b.end)
    .filter((slot) => count(slot.start) <= quota && by(door, slot).length > 0)
    .map((slot) => {
      const codes = by(door, slot);
      return {
        schedule: `Schedule/${one.id}`,
        start: slot.start,
        end: slot.end,
        codes: codes.join(),
        cpts: codes.includes('CPTS') ? slot.cpts.join() : '',
        modes: [...new Set(slot.modes)].sort().join(),
      };
    });
}
