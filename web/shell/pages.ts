/** All pages, in the order of the menu. The server gives each of them the application: PAGE_PATHS in src/rest/pages.ts names the same paths. */
import { agendaPage } from '../agenda/route.ts';
import { bookingPage } from '../booking/route.ts';
import { reportsPage } from '../reports/route.ts';
import { visibilityPage } from '../sas-visibility/route.ts';
import { searchPage } from '../search/route.ts';
import { supervisionPage } from '../supervision/route.ts';
import { validatorPage } from '../validator/route.ts';
import type { Page } from './page.ts';

export const PAGES: readonly Page[] = [agendaPage, visibilityPage, bookingPage, searchPage, reportsPage, supervisionPage, validatorPage];
