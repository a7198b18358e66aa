/**
 * Every page of the application, in the order of the menu. The server gives the application at the same addresses
 * (`PAGE_PATHS` in src/rest/html/page-paths.ts; a test compares the two).
 */
import type { ComponentType } from 'react';
import type { ParseKeys } from 'i18next';
import { readAccessesParams } from '../features/accesses/params.ts';
import { readBookingParams } from '../features/booking/params.ts';
import { readCabinetParams } from '../features/cabinet/params.ts';
import { readCalendarsParams } from '../features/calendars/params.ts';
import { readInvitationParams } from '../features/invitation/params.ts';
import { readReportsParams } from '../features/reports/params.ts';
import { readVisibilityParams } from '../features/sas-visibility/params.ts';
import { readSearchParams } from '../features/search/params.ts';
import { readSetUpParams } from '../features/set-up/params.ts';
import { readSupervisionParams } from '../features/supervision/params.ts';
import { readValidatorParams } from '../features/validator/params.ts';
import type { Role } from '../fhir/me.ts';
import { AGENDA_PATH, readAgendaParams } from '../schedule/agenda-params.ts';
import type { PageProps, RawParams } from '../ui/params.ts';
import type { ServerKind } from '../ui/server-kind.ts';

interface PageOf<Params extends object> {
  /** One segment. The parameters say what the page shows. */
  path: `/${string}`;
  title: ParseKeys;
  /** Empty: for everybody. */
  roles: readonly Role[];
  serves: readonly ServerKind[];
  /** Shown to people who have not logged in: it is how they come to do so. */
  isDoor?: boolean;
  /** Absent from the menu: reached by a link only. */
  hidden?: boolean;
  /** Shows texts of the first screen only (`FIRST_SECTIONS`). */
  isFirst?: boolean;
  read: (raw: RawParams) => Params;
  /** The code of the page, loaded when it is opened. */
  load: () => Promise<{ default: ComponentType<PageProps<Params>> }>;
}

export type Page = PageOf<object>;

/** Checks that a page takes the parameters that are read for it. */
function page<Params extends object>(definition: PageOf<Params>): Page {
  return definition as unknown as Page;
}

export const PAGES: readonly Page[] = [
  page({
    path: AGENDA_PATH,
    title: 'agenda.title',
    roles: ['practitioner', 'secretary', 'practice-manager'],
    serves: ['agenda'],
    isFirst: true,
    read: readAgendaParams,
    load: () => import('../features/agenda/page.tsx'),
  }),
  page({
    path: '/visibilite',
    title: 'visibility.title',
    roles: ['practitioner', 'secretary', 'practice-manager'],
    serves: ['agenda'],
    read: readVisibilityParams,
    load: () => import('../features/sas-visibility/page.tsx'),
  }),
  page({
    path: '/calendriers',
    title: 'calendars.title',
    roles: ['practitioner', 'secretary', 'practice-manager'],
    serves: ['agenda'],
    read: readCalendarsParams,
    load: () => import('../features/calendars/page.tsx'),
  }),
  page({
    path: '/reservation',
    title: 'booking.title',
    roles: ['practitioner', 'secretary', 'practice-manager'],
    serves: ['agenda'],
    hidden: true,
    read: readBookingParams,
    load: () => import('../features/booking/page.tsx'),
  }),
  page({
    path: '/cabinet',
    title: 'cabinet.title',
    // Practitioners agree here, in person, to what is published of them.
    roles: ['practice-manager', 'practitioner'],
    serves: ['agenda'],
    read: readCabinetParams,
    load: () => import('../features/cabinet/page.tsx'),
  }),
  page({
    path: '/mise-en-route',
    title: 'setUp.title',
    roles: ['practice-manager'],
    serves: ['agenda'],
    isDoor: true,
    hidden: true,
    read: readSetUpParams,
    load: () => import('../features/set-up/page.tsx'),
  }),
  page({
    path: '/invitation',
    title: 'join.title',
    roles: [],
    serves: ['agenda'],
    isDoor: true,
    hidden: true,
    read: readInvitationParams,
    load: () => import('../features/invitation/page.tsx'),
  }),
  page({
    path: '/recherche',
    title: 'search.title',
    roles: ['regulator'],
    serves: ['platform'],
    read: readSearchParams,
    load: () => import('../features/search/page.tsx'),
  }),
  page({
    path: '/rendez-vous-declares',
    title: 'reports.title',
    roles: ['regulator', 'operator'],
    serves: ['platform'],
    read: readReportsParams,
    load: () => import('../features/reports/page.tsx'),
  }),
  page({
    path: '/supervision',
    title: 'supervision.title',
    roles: ['operator'],
    serves: ['agenda', 'platform'],
    read: readSupervisionParams,
    load: () => import('../features/supervision/page.tsx'),
  }),
  page({
    path: '/consultations',
    title: 'accesses.title',
    roles: ['practitioner', 'secretary', 'practice-manager', 'operator'],
    serves: ['agenda'],
    read: readAccessesParams,
    load: () => import('../features/accesses/page.tsx'),
  }),
  page({
    path: '/validateur',
    title: 'validator.title',
    roles: [],
    serves: ['agenda', 'platform'],
    read: readValidatorParams,
    load: () => import('../features/validator/page.tsx'),
  }),
];
