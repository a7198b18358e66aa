/** The appointments that editors have reported: `?status=booked&from=2026-11-25`. */
import { definePage, type Page, textParam } from '../../ui/page.ts';

export const STATUSES = ['booked', 'fulfilled', 'noshow', 'cancelled', 'pending'] as const;

export interface ReportsSearch {
  status?: (typeof STATUSES)[number] | undefined;
  /** Day from which appointments are shown. */
  from?: string | undefined;
}

export const reportsPage: Page<ReportsSearch> = definePage({
  path: '/rendez-vous-declares',
  title: 'reports.title',
  roles: ['regulator', 'operator'],
  serves: ['platform'],
  search: (raw): ReportsSearch => {
    const from = textParam(raw['from'], 10);
    return {
      status: STATUSES.find((status) => status === raw['status']),
      from: from !== undefined && /^\d{4}-\d\d-\d\d$/.test(from) ? from : undefined,
    };
  },
  load: () => import('./page.tsx'),
});
