/**
 * The slots that an agenda shows to one search kind of the SAS: a small oracle in minutes of the clock, which knows
 * nothing of the code.
 */
import { NOW } from './harness.ts';
import { MIDNIGHT, MINUTE, type Placed, ZONES } from './sas-territory.ts';

/** The visibility codes of each search kind: written here anew, from the guide. */
const ALLOWED = { PS: ['PUBLIC', 'PRO', 'SNP'], CPTS: ['PUBLIC', 'PRO', 'SNP', 'CPTS'], SOS: ['PUBLIC', 'SNP'] };
export type SearchKind = keyof typeof ALLOWED;

/** The visible part: the slot, with the codes that go with it. */
export interface Given {
  schedule: string;
  start: number;
  end: number;
  codes: string;
  cpts: string;
  modes: string;
}

/** Of all its days. */
export function leaves(agenda: Placed, all: readonly Placed[], searchKind: SearchKind): Given[] {
  const searchKinds: SearchKind[] = agenda.kind === 'centre' ? ['SOS'] : ['PS', 'CPTS'];
  if (!agenda.active || agenda.paused || !agenda.complete || !searchKinds.includes(searchKind)) return [];
  const [, east] = ZONES[agenda.zone]!;
  const meets = (a: { start: number; end: number }, b: { start: number; end: number }): boolean =>
    a.start < b.end && b.start < a.end;
  const taken = all.filter((other) => other.person === agenda.person).flatMap((other) => other.taken);
  const explicit = agenda.written.map((slot) => ({
    ...slot,
    start: MIDNIGHT + slot.start * MINUTE,
    end: MIDNIGHT + (slot.start + slot.minutes) * MINUTE,
  }));
  const r = agenda.id.split('-')[0]!;
  const names = (cpts: readonly number[]): string[] =>
    [...new Set(cpts)]
      .filter((i) => i < 2)
      .map((i) => `HealthcareService/${r}-cpts${i}`)
      .sort();
  const found: { start: number; end: number; codes: string[]; cpts: string[]; modes: string[] }[] = [];
  for (let day = -2; day <= 4; day++) {
    for (const [block, hour] of agenda.hours.entries()) {
      // The wall clock of the agenda's zone, from the midnight of Paris.
      const open = MIDNIGHT + (day * 1440 + hour * 60 + 60 - east) * MINUTE;
      for (
        let start = open;
        start + agenda.duration * MINUTE <= open + 90 * MINUTE;
        start += agenda.duration * MINUTE
      ) {
        const time = { start, end: start + agenda.duration * MINUTE };
        if ([...taken, ...explicit].some((other) => meets(time, other))) continue;
        const own = agenda.offers.filter(({ blocks }) => blocks.length === 0 || blocks.includes(block));
        found.push({
          ...time,
          codes: own.flatMap((each) => each.visibility).filter((code) => isOpen(agenda, block, start, code)),
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
      modes: slot.types.some((kind) => kind === 'good' || kind === 'mixed') ? ['VR'] : [],
    });
  }
  const by = (of: SearchKind, { codes, cpts }: { codes: string[]; cpts: string[] }): string[] =>
    [...new Set(codes)].filter((code) => ALLOWED[of].includes(code) && (code !== 'CPTS' || cpts.length > 0)).sort();
  const quota = Math.min(...agenda.offers.map((each) => each.quota ?? Number.POSITIVE_INFINITY));
  const dayOf = (instant: number): number => Math.floor((instant / MINUTE + east) / 1440);
  const used = new Map<number, number>();
  const count = (instant: number): number => {
    used.set(dayOf(instant), (used.get(dayOf(instant)) ?? 0) + 1);
    return used.get(dayOf(instant))!;
  };
  for (const each of agenda.taken) if (each.by === 'regulator') count(each.start);
  return found
    .filter((slot) => slot.start >= NOW && searchKinds.some((of) => by(of, slot).length > 0))
    .sort((a, b) => a.start - b.start || a.end - b.end)
    .filter((slot) => count(slot.start) <= quota && by(searchKind, slot).length > 0)
    .map((slot) => {
      const codes = by(searchKind, slot);
      return {
        schedule: `Schedule/${agenda.id}`,
        start: slot.start,
        end: slot.end,
        codes: codes.join(),
        cpts: codes.includes('CPTS') ? slot.cpts.join() : '',
        modes: [...new Set(slot.modes)].sort().join(),
      };
    });
}

const DOORS: Record<string, string> = { PUBLIC: 'everyone', PRO: 'colleagues', SNP: 'regulators', CPTS: 'regulators' };

/** Where an agenda has kinds of visit, some kind of the opening is there for those whom a code names. */
function isOpen({ kinds }: Placed, block: number, start: number, code: string): boolean {
  const named = kinds.filter(({ blocks }) => blocks.includes(block));
  const door = DOORS[code]!;
  return (
    kinds.length === 0 ||
    (named.length > 0 ? named : kinds).some(
      ({ audience, approval, newPatients, notice }) =>
        audience.includes(door) &&
        !approval &&
        (door !== 'everyone' || (newPatients && start >= NOW + notice * MINUTE)),
    )
  );
}
