/**
 * The address of a search: `?name=vasseur&specialty=SM54&town=Lyon&near=45.7|4.8&radius=10`; what is shown of its
 * results: `&mode=AMB&within=4&seen=SNP&order=distance`. A dispatch software opens it with parameters of its own
 * (`lrm.ts`).
 */
import { readLrmParams } from './lrm.ts';
import { choiceParam, type RawParams, textParam } from '../../ui/params.ts';

export const MODES = ['AMB', 'HH', 'VR'] as const;
export const VISIBILITIES = ['PUBLIC', 'PRO', 'SNP', 'CPTS'] as const;
export const WITHIN_HOURS = [4, 8, 24, 48] as const;
export const RADII_KM = [5, 10, 20, 50] as const;
export const DEFAULT_RADIUS_KM = 10;
const ORDERS = ['time', 'distance'] as const;

/** The identifiers that one page address can carry: a longer one would be refused when it is opened again. */
const MAX_IDS_LENGTH = 14_000;

export interface SearchParams {
  name?: string | undefined;
  /** Code of TRE_R38. */
  specialty?: string | undefined;
  /** National identifiers as they were typed, separated by anything. */
  ids?: string | undefined;
  town?: string | undefined;
  /** Number and street of the patient, as a dispatch software gave them. */
  street?: string | undefined;
  /** The text that a dispatch software gave for a doctor, if it cannot be read. */
  unread?: string | undefined;
  /** `latitude|longitude` */
  near?: string | undefined;
  radius?: number | undefined;
  mode?: (typeof MODES)[number] | undefined;
  within?: (typeof WITHIN_HOURS)[number] | undefined;
  seen?: (typeof VISIBILITIES)[number] | undefined;
  order?: (typeof ORDERS)[number] | undefined;
}

export function readSearchParams(raw: RawParams): SearchParams {
  const fromLrm = readLrmParams(raw);
  if (fromLrm !== undefined) return fromLrm;
  const near = textParam(raw['near'], 60);
  return {
    name: textParam(raw['name']),
    specialty: textParam(raw['specialty'], 20),
    ids: textParam(raw['ids'], MAX_IDS_LENGTH),
    town: textParam(raw['town']),
    street: textParam(raw['street']),
    unread: textParam(raw['unread']),
    near: near !== undefined && /^-?\d+(\.\d+)?\|-?\d+(\.\d+)?$/.test(near) ? near : undefined,
    radius: choiceParam(RADII_KM, raw['radius']),
    mode: choiceParam(MODES, raw['mode']),
    within: choiceParam(WITHIN_HOURS, raw['within']),
    seen: choiceParam(VISIBILITIES, raw['seen']),
    order: raw['order'] === 'distance' ? 'distance' : undefined,
  };
}

/** There is something to search for: a name, a specialty, a place or identifiers. */
export function hasCriteria({ name, specialty, ids, near }: SearchParams): boolean {
  return [name, specialty, ids, near].some((criterion) => criterion !== undefined);
}
