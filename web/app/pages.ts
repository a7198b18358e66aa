/**
 * All pages, in the order of the menu. The server gives each of them the application: PAGE_PATHS in
 * src/rest/html/pages.ts names the same paths.
 */
import { agendaPage } from '../features/agenda/route.ts';
import { bookingPage } from '../features/booking/route.ts';
import { reportsPage } from '../features/reports/route.ts';
import { visibilityPage } from '../features/sas-visibility/route.ts';
import { searchPage } from '../features/search/route.ts';
import { supervisionPage } from '../features/supervision/route.ts';
import { validatorPage } from '../features/validator/route.ts';
import type { Page } from '../ui/page.ts';

export const PAGES: readonly Page[] = [
  agendaPage,
  visibilityPage,
  bookingPage,
  searchPage,
  reportsPage,
  supervisionPage,
  validatorPage,
];
