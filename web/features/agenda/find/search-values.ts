/** The question of « Trouver un créneau », and the agendas that it means. Pure. */
import type { AgendaSummary } from '../../../schedule/agendas.ts';

/** All agendas of this person. */
export const ANYBODY = 'anybody';
/** The agendas that the page shows. */
export const SHOWN = 'shown';

/** More agendas at once than a search takes. */
const MAX_AGENDAS = 50;

export interface SearchValues {
  /** Name of the kind of visit; `''`: the first. */
  kind: string;
  /** `ANYBODY`, `SHOWN`, or the id of an agenda. */
  who: string;
  /** Name of the place; `''`: any. */
  place: string;
  /** `YYYY-MM-DD` */
  from: string;
  /** `AM`, `PM` or `''`. */
  halfDay: string;
}

export function agendasOf(
  { who, place }: SearchValues,
  own: readonly AgendaSummary[],
  shown: readonly AgendaSummary[],
): AgendaSummary[] {
  const asked = who === ANYBODY ? own : who === SHOWN ? shown : own.filter(({ id }) => id === who);
  return asked.filter((agenda) => place === '' || agenda.place === place).slice(0, MAX_AGENDAS);
}

/** The names of the places, in order. */
export function placesOf(agendas: readonly AgendaSummary[]): string[] {
  return [...new Set(agendas.map(({ place }) => place).filter((place) => place !== ''))].sort((a, b) =>
    a.localeCompare(b, 'fr'),
  );
}
