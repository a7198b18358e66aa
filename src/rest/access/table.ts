/**
 * Who may do what: paths by roles, as data. The row with the most segments of those that fit decides; what no row names
 * is nobody's.
 * The same table stands in `docs/access.md`, and a test compares the two and tries each cell.
 */
import { FhirError } from '../../fhir/issue.ts';
import { PAGE_FILES, PAGE_PATHS } from '../html/page-paths.ts';

export const ROLES = [
  'manager',
  'reader',
  'overbooking',
  'sas-platform',
  'editor',
  'operator',
  'practitioner',
  'secretary',
  'regulator',
] as const;
export type Role = (typeof ROLES)[number];

export type Act = 'read' | 'write';

export interface AccessRow {
  /** The beginning of a path, whole segments; `*` is any one of them. */
  path: string;
  act: Act;
  /** `anybody`: without a certificate too; such a page knows its visitors another way. */
  roles: readonly Role[] | 'anybody';
}

export type AccessTable = readonly AccessRow[];

/**
 * The pages are for anybody: they hold nothing, and the first of them is the login. `/` is itself alone, not all that
 * lies under it.
 */
const PAGES: AccessTable = [...PAGE_PATHS, ...PAGE_FILES].map((path) => ({ path, act: 'read', roles: 'anybody' }));

/**
 * Whether a resource is right is asked by whoever exchanges some: what is sent is stored nowhere, and what is stored is
 * not what is judged (`$validate` of a type).
 */
const VALIDATION: AccessTable = [
  { path: '/fhir/StructureDefinition', act: 'read', roles: ROLES },
  { path: '/fhir/*/$validate', act: 'read', roles: ROLES },
];

/**
 * The agenda server. `overbooking` is a right within bookings, and opens no path of its own; `editor` (INT_R03) is a
 * role of the
 * platform, whose server has its own table. `practitioner`, `secretary` and `regulator` are people who log in (an
 * `operator` may be one):
 * what they may change within a path is narrowed by `agenda/rules/person-rules.ts`. A regulator sees what the SAS is
 * shown, and books, at `/rdv`.
 */
export const AGENDA_ACCESS: AccessTable = [
  { path: '/health', act: 'read', roles: ROLES },
  { path: '/metrics', act: 'read', roles: ['operator'] },
  { path: '/auth', act: 'read', roles: 'anybody' },
  { path: '/auth', act: 'write', roles: 'anybody' },
  { path: '/ical', act: 'read', roles: 'anybody' },
  { path: '/notices', act: 'read', roles: 'anybody' },
  { path: '/notices', act: 'write', roles: 'anybody' },
  { path: '/mail', act: 'read', roles: 'anybody' },
  { path: '/mail', act: 'write', roles: 'anybody' },
  { path: '/rdv', act: 'read', roles: 'anybody' },
  { path: '/rdv', act: 'write', roles: 'anybody' },
  { path: '/docs', act: 'read', roles: ['manager', 'reader', 'operator', 'practitioner', 'secretary'] },
  {
    path: '/fhir/metadata',
    act: 'read',
    roles: ['manager', 'reader', 'operator', 'practitioner', 'secretary', 'regulator'],
  },
  { path: '/fhir', act: 'read', roles: ['manager', 'reader', 'practitioner', 'secretary'] },
  { path: '/fhir', act: 'write', roles: ['manager', 'practitioner', 'secretary'] },
  { path: '/fhir/_history', act: 'read', roles: ['manager', 'reader'] },
  { path: '/fhir/$export', act: 'read', roles: ['manager'] },
  { path: '/fhir/$export', act: 'write', roles: ['manager'] },
  { path: '/fhir/$outbox', act: 'read', roles: ['operator'] },
  { path: '/fhir/$outbox-retry', act: 'write', roles: ['operator'] },
  { path: '/fhir/$server-state', act: 'read', roles: ['operator'] },
  ...VALIDATION,
  { path: '/sas', act: 'read', roles: ['sas-platform'] },
  { path: '/sas', act: 'write', roles: ['sas-platform'] },
  ...PAGES,
];

/** The SAS platform: editors report, regulators search, operators keep partners and accounts. */
export const PLATFORM_ACCESS: AccessTable = [
  { path: '/health', act: 'read', roles: ROLES },
  { path: '/metrics', act: 'read', roles: ['operator'] },
  { path: '/auth', act: 'read', roles: 'anybody' },
  { path: '/auth', act: 'write', roles: 'anybody' },
  { path: '/docs', act: 'read', roles: ['editor', 'operator', 'regulator'] },
  { path: '/activity', act: 'read', roles: ['operator'] },
  { path: '/fhir/metadata', act: 'read', roles: ['editor', 'operator', 'regulator'] },
  { path: '/fhir', act: 'read', roles: ['operator'] },
  { path: '/fhir', act: 'write', roles: ['operator'] },
  { path: '/fhir/$outbox', act: 'read', roles: ['operator'] },
  { path: '/fhir/$outbox-retry', act: 'write', roles: ['operator'] },
  { path: '/fhir/Slot', act: 'read', roles: ['operator', 'regulator'] },
  { path: '/fhir/Schedule', act: 'read', roles: ['operator', 'regulator'] },
  { path: '/fhir/PractitionerRole', act: 'read', roles: ['operator', 'regulator'] },
  { path: '/fhir/$places', act: 'read', roles: ['operator', 'regulator'] },
  { path: '/fhir/$hub-messages', act: 'read', roles: ['operator', 'regulator'] },
  { path: '/fhir/Appointment', act: 'read', roles: ['operator', 'regulator'] },
  { path: '/fhir/Appointment', act: 'write', roles: ['editor'] },
  ...VALIDATION,
  ...PAGES,
];

/** POSTs that change nothing: a search whose parameters are in the body, and operations that only answer. */
const READING_POST = /\/(_search|\$(validate|expand|validate-code|lookup|find))$/;

function actOf(method: string, path: string): Act {
  return method === 'GET' || method === 'HEAD' || (method === 'POST' && READING_POST.test(path)) ? 'read' : 'write';
}

/** Whom the table lets do this; nobody when no row fits. `path` is without a query. */
export function allowed(table: AccessTable, method: string, path: string): AccessRow['roles'] {
  const act = actOf(method, path);
  const fitting = table.filter((row) => row.act === act && (row.path === '/' ? path === '/' : isUnder(path, row.path)));
  return fitting.sort((a, b) => segmentsOf(b.path).length - segmentsOf(a.path).length)[0]?.roles ?? [];
}

/**
 * Do the roles of a row, and the caller's own `paths`, open this to the caller? Throws `forbidden` (403). Who has the
 * role `*` has every one.
 */
export function requireOpen(
  row: AccessRow['roles'],
  path: string,
  { roles, paths }: { roles: readonly string[]; paths?: readonly string[] | undefined },
): void {
  const isOpen = row === 'anybody' || roles.some((role) => role === '*' || (row as readonly string[]).includes(role));
  if (isOpen && (paths?.some((one) => isUnder(path, one)) ?? true)) return;
  throw new FhirError('forbidden', 'The roles of this caller do not include this', {
    text: "Votre rôle n'ouvre pas cette adresse ou cette action.",
  });
}

export function isUnder(path: string, above: string): boolean {
  const segments = segmentsOf(path);
  return segmentsOf(above.replace(/\/$/, '')).every(
    (segment, i) => segment === segments[i] || (segment === '*' && Boolean(segments[i])),
  );
}

function segmentsOf(path: string): string[] {
  return path.split('/').slice(1);
}
