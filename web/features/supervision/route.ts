/** For those who run it: `?tab=partners`. */
import { definePage, type Page } from '../../ui/page.ts';

export const TABS = ['partners', 'outbox', 'hub', 'activity', 'server'] as const;
export type Tab = (typeof TABS)[number];

export interface SupervisionSearch {
  tab?: Tab | undefined;
}

export const supervisionPage: Page<SupervisionSearch> = definePage({
  path: '/supervision',
  title: 'supervision.title',
  roles: ['operator'],
  serves: ['agenda', 'platform'],
  search: (raw): SupervisionSearch => ({ tab: TABS.find((tab) => tab === raw['tab']) }),
  load: () => import('./page.tsx'),
});
