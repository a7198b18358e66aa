/**
 * The access rights: paths by roles, as data. Of the rows that fit a request, the one with the most segments decides
 * (`decision.ts`); a request that no row names is refused. The same table stands in `docs/access.md`; a test compares
 * the two and tries each cell.
 */
import { PAGE_FILES, PAGE_PATHS, PUBLIC_PATHS } from '../html/page-paths.ts';

export const ROLES = [
  'manager',
  'reader',
  'overbooking',
  'declare',
  'sas-platform',
  'editor',
  'operator',
  'practitioner',
  'secretary',
  'regulator',
  'audit',
  'practice-manager',
] as const;
export type Role = (typeof ROLES)[number];

/** `call`: any request for an operation (`$name`), whatever its method. */
export type Act = 'read' | 'write' | 'call';

export interface AccessRow {
  /** The beginning of a path, whole segments; `*` is any one of them but an operation, which a row must name. */
  path: string;
  act: Act;
  /** `anybody`: without a certificate too; such a page knows its visitors another way. */
  roles: readonly Role[] | 'anybody';
}

export type AccessTable = readonly AccessRow[];

const rows = (act: Act, roles: AccessRow['roles'], ...paths: readonly string[]): AccessTable =>
  paths.map((path) => ({ path, act, roles }));

/**
 * Everybody may load the pages: they hold no data, and the first of them is the login. `/` is that path alone, not
 * every path below it.
 */
const PAGES: AccessTable = rows('read', 'anybody', ...PAGE_PATHS, ...PAGE_FILES);

/** Every role may validate: `$validate` on a type never stores what is sent, and never reads what is stored. */
const VALIDATION: AccessTable = [
  ...rows('read', ROLES, '/fhir/StructureDefinition'),
  ...rows('call', ROLES, '/fhir/*/$validate'),
];

/** Where programs learn how to get a token. */
const DISCOVERY: AccessTable = rows('read', 'anybody', '/fhir/.well-known/smart-configuration');

const TERMINOLOGY = [
  '/fhir/ValueSet/$expand',
  '/fhir/ValueSet/*/$expand',
  '/fhir/ValueSet/$validate-code',
  '/fhir/ValueSet/*/$validate-code',
  '/fhir/CodeSystem/$lookup',
];

/** The roles that read resources of the agenda server, and those that write them. */
const READERS = ['manager', 'reader', 'practitioner', 'secretary', 'practice-manager'] as const;
const WRITERS = ['manager', 'practitioner', 'secretary', 'practice-manager'] as const;

/**
 * The agenda server. `overbooking` and `declare` are rights within bookings and open no path; `editor` (INT_R03) is a
 * role of the platform, whose server has its own table. `practitioner`, `secretary`, `practice-manager` and `regulator`
 * are people who log in, and an `operator` may be one. `agenda/rules/person-rules.ts` narrows what they may change on a
 * path. A regulator sees what the SAS is shown, and books, at `/rdv`.
 */
export const AGENDA_ACCESS: AccessTable = [
  ...rows('read', ROLES, '/health'),
  ...rows('read', ['operator'], '/metrics'),
  ...rows('read', 'anybody', '/auth'),
  ...rows('write', 'anybody', '/auth'),
  ...rows('read', 'anybody', '/ical', '/notices', '/mail', '/dav', '/.well-known/caldav'),
  ...rows('write', 'anybody', '/notices', '/mail', '/dav', '/.well-known/caldav'),
  ...rows('read', 'anybody', '/rdv'),
  ...rows('write', 'anybody', '/rdv'),
  ...rows('read', 'anybody', ...PUBLIC_PATHS),
  ...rows('write', 'anybody', '/p', '/r'),
  ...rows('read', [...READERS, 'operator'], '/docs'),
  ...rows('read', [...READERS, 'operator', 'regulator', 'audit'], '/fhir/metadata'),
  ...rows('read', READERS, '/fhir'),
  ...rows('read', ['audit'], '/fhir/AuditEvent'),
  ...rows('write', WRITERS, '/fhir'),
  ...rows('read', ['manager', 'reader'], '/fhir/_history'),
  ...rows(
    'call',
    READERS,
    '/fhir/Appointment/$find',
    '/fhir/Schedule/*/$agenda',
    '/fhir/Schedule/*/$sas-preview',
    '/fhir/Schedule/*/$kinds',
    '/fhir/Schedule/*/$undelivered',
  ),
  ...rows('call', WRITERS, '/fhir/Schedule/*/$undelivered-retry'),
  ...rows('call', WRITERS, '/fhir/Patient/*/$insi', '/fhir/Patient/*/$check-identity'),
  ...rows('call', ['manager', 'operator'], '/fhir/Patient/*/$expunge'),
  ...rows('call', [...READERS, 'operator'], '/fhir/Schedule/*/$accesses', '/fhir/Patient/*/$accesses'),
  ...rows('call', WRITERS, '/fhir/Appointment/$hold', '/fhir/Appointment/$book', '/fhir/Schedule/*/$import-ical'),
  ...rows(
    'call',
    WRITERS,
    '/fhir/*/*/$calendar-link',
    '/fhir/*/*/$calendar-unlink',
    '/fhir/Schedule/*/$calendar-sources',
    '/fhir/*/*/$calendar-device',
    '/fhir/*/*/$calendar-devices',
    '/fhir/*/*/$calendar-device-revoke',
  ),
  ...rows('call', READERS, '/fhir/*/*/$validate', ...TERMINOLOGY),
  ...rows('call', READERS, '/fhir/$events', '/fhir/$places', '/fhir/$bulk-publish'),
  ...rows('call', ['secretary', 'practice-manager'], '/fhir/$closure-mail'),
  ...rows('call', ['manager'], '/fhir/$export'),
  ...rows('call', ['manager', 'reader'], '/fhir/Subscription/$status', '/fhir/Subscription/*/$status'),
  ...rows('call', ['manager', 'reader'], '/fhir/Subscription/*/$events'),
  ...rows('call', ['operator'], '/fhir/$outbox', '/fhir/$outbox-retry', '/fhir/$server-state', '/fhir/$terms'),
  ...rows('call', [...WRITERS, 'operator'], '/fhir/$overlaps'),
  ...rows(
    'call',
    ['practice-manager'],
    '/fhir/Organization/*/$people',
    '/fhir/Organization/*/$invite',
    '/fhir/Organization/*/$grant',
    '/fhir/Organization/*/$withdraw',
    '/fhir/Organization/*/$care-refusal-close',
  ),
  ...rows(
    'call',
    ['manager', 'practitioner', 'practice-manager'],
    '/fhir/Organization/*/$publication',
    '/fhir/Organization/*/$publication-write',
    '/fhir/Organization/*/$publish',
    '/fhir/Organization/*/$unpublish',
  ),
  ...rows('call', ['practitioner'], '/fhir/Organization/*/$publication-consent'),
  ...rows('call', ['manager', 'operator', 'practice-manager'], '/fhir/Organization/*/$care-refusals'),
  ...VALIDATION,
  ...DISCOVERY,
  ...rows('read', ['sas-platform'], '/sas'),
  ...rows('write', ['sas-platform'], '/sas'),
  ...PAGES,
];

/** The SAS platform: editors report, regulators search, operators keep partners and accounts. */
export const PLATFORM_ACCESS: AccessTable = [
  ...rows('read', ROLES, '/health'),
  ...rows('read', ['operator'], '/metrics'),
  ...rows('read', 'anybody', '/auth'),
  ...rows('write', 'anybody', '/auth'),
  ...rows('read', ['editor', 'operator', 'regulator'], '/docs'),
  ...rows('read', ['operator'], '/activity'),
  ...rows('read', 'anybody', '/sas/recherche'),
  ...rows('read', ['editor', 'operator', 'regulator', 'audit'], '/fhir/metadata'),
  ...rows('read', ['operator'], '/fhir'),
  ...rows('read', ['audit'], '/fhir/AuditEvent'),
  ...rows('write', ['operator'], '/fhir'),
  ...rows('read', ['operator', 'regulator'], '/fhir/Slot', '/fhir/Schedule', '/fhir/PractitionerRole'),
  ...rows('read', ['operator', 'regulator'], '/fhir/Appointment'),
  ...rows('write', ['editor'], '/fhir/Appointment'),
  ...rows('call', ['operator', 'regulator'], '/fhir/$places', '/fhir/$hub-messages'),
  ...rows('call', ['operator'], '/fhir/$hub-aside', '/fhir/$hub-replay', '/fhir/$partners', '/fhir/$partner-history'),
  ...rows('call', ['operator'], '/fhir/Practitioner/*/$announce', '/fhir/Practitioner/*/$partners'),
  ...rows('call', ['operator'], '/fhir/*/*/$validate', ...TERMINOLOGY),
  ...rows('call', ['operator'], '/fhir/$outbox', '/fhir/$outbox-retry', '/fhir/$server-state', '/fhir/$terms'),
  ...VALIDATION,
  ...DISCOVERY,
  ...PAGES,
];
