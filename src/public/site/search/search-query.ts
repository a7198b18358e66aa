/** A search at `/trouver`, as the fields of its form give it. Anything that is not understood is left out. */
import { civilStart } from './dates.ts';

export const RADII_KM = [5, 10, 20, 50] as const;
export const MODES = ['AMB', 'HH', 'VR'] as const;
export const PAGE_SIZE = 20;
const MAX_TEXT = 100;

export interface PublicSearchQuery {
  /** A profession, a specialty, a kind of visit or a name. */
  what: string;
  /** A town or a postcode. */
  where: string;
  radiusKm: number;
  /** The first time is before the end of this day, `YYYY-MM-DD`. */
  before: string | undefined;
  mode: (typeof MODES)[number] | undefined;
  language: string | undefined;
  /** Codes of means of access, all of which are there. */
  accesses: string[];
  isSector1: boolean;
  takesNew: boolean;
  order: 'time' | 'distance';
  page: number;
}

export function readSearch(query: URLSearchParams): PublicSearchQuery {
  const text = (name: string): string => (query.get(name) ?? '').trim().slice(0, MAX_TEXT);
  const radius = Number(query.get('rayon') ?? 10);
  const page = Number(query.get('page') ?? 1);
  return {
    what: text('quoi'),
    where: text('lieu'),
    radiusKm: RADII_KM.find((known) => known === radius) ?? 10,
    before: civilStart(text('avant')) === undefined ? undefined : text('avant'),
    mode: MODES.find((known) => known === query.get('mode')),
    language: text('langue') || undefined,
    accesses: query.getAll('acces').slice(0, 10),
    isSector1: query.get('secteur1') === 'oui',
    takesNew: query.get('nouveaux') === 'oui',
    order: query.get('tri') === 'distance' ? 'distance' : 'time',
    page: Number.isInteger(page) && page >= 1 && page <= 1000 ? page : 1,
  };
}
