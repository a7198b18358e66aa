/** What the SAS sees of an agenda: `?agenda=ID`. */
import { definePage, type Page, idParam } from '../../ui/page.ts';

export interface VisibilitySearch {
  /** Id of a Schedule. */
  agenda?: string | undefined;
}

export const visibilityPage: Page<VisibilitySearch> = definePage({
  path: '/visibilite',
  title: 'visibility.title',
  roles: ['practitioner', 'secretary'],
  serves: ['agenda'],
  search: (raw): VisibilitySearch => ({ agenda: idParam(raw['agenda']) }),
  load: () => import('./page.tsx'),
});
