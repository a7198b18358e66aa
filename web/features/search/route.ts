/**
 * The search of a regulator: `?name=vasseur&specialty=SM54&town=Lyon&near=45.7|4.8&radius=10`, what is shown of it in
 * `&mode=AMB&within=4&seen=SNP&order=distance`.
 */
import { definePage, type Page, textParam } from '../../ui/page.ts';

export const MODES = ['AMB', 'HH', 'VR'] as const;
export const VISIBILITIES = ['PUBLIC', 'PRO', 'SNP', 'CPTS'] as const;
export const WITHIN_HOURS = [4, 8, 24, 48] as const;
export const RADII_KM = [5, 10, 20, 50] as const;

export interface SearchSearch {
  name?: string | undefined;
  /** Code of TRE_R38. */
  specialty?: string | undefined;
  /** National identifiers, as they were written: separated by anything. */
  ids?: string | undefined;
  town?: string | undefined;
  /** `latitude|longitude` */
  near?: string | undefined;
  radius?: number | undefined;
  mode?: (typeof MODES)[number] | undefined;
  within?: (typeof WITHIN_HOURS)[number] | undefined;
  seen?: (typeof VISIBILITIES)[number] | undefined;
  order?: 'time' | 'distance' | undefined;
}

export const searchPage: Page<SearchSearch> = definePage({
  path: '/recherche',
  title: 'search.title',
  roles: ['regulator'],
  serves: ['platform'],
  search: (raw): SearchSearch => {
    const near = textParam(raw['near'], 60);
    return {
      name: textParam(raw['name']),
      specialty: textParam(raw['specialty'], 20),
      // Longer, the address of the page would be refused when it is opened again.
      ids: textParam(raw['ids'], 14_000),
      town: textParam(raw['town']),
      near: near !== undefined && /^-?\d+(\.\d+)?\|-?\d+(\.\d+)?$/.test(near) ? near : undefined,
      radius: RADII_KM.find((one) => one === Number(raw['radius'])),
      mode: MODES.find((mode) => mode === raw['mode']),
      within: WITHIN_HOURS.find((hour) => hour === Number(raw['within'])),
      seen: VISIBILITIES.find((visibility) => visibility === raw['seen']),
      order: raw['order'] === 'distance' ? 'distance' : undefined,
    };
  },
  load: () => import('./page.tsx'),
});
