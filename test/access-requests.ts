/** Requests that try the cells of the access tables (`access.test.ts`), for each row of each server. */
import { type AccessTable, AGENDA_ACCESS, PLATFORM_ACCESS } from '../src/rest/access/table.ts';
import { PAGE_FILES, PAGE_PATHS } from '../src/rest/html/page-paths.ts';

/** Method and address of requests by row (`read /fhir`): each must be let through, or refused, alike. */
type Requests = Readonly<Record<string, readonly (readonly [method: string, address: string])[]>>;

/** Every operation by GET and by POST, of some type and some id where the row names none. */
function calls(table: AccessTable): Requests {
  return Object.fromEntries(
    table
      .filter((row) => row.act === 'call')
      .map(({ path }) => {
        const address = path.replace('/fhir/*/', '/fhir/Schedule/').replace('/*/', '/a/');
        return [`call ${path}`, [['GET', address] as const, ['POST', address] as const]];
      }),
  );
}

/** The pages and their files: the same on both servers. */
const PAGES = Object.fromEntries(
  [...PAGE_PATHS, ...PAGE_FILES].map((path) => [`read ${path}`, [['GET', path]] as const]),
);

export const AGENDA_REQUESTS: Requests = {
  ...PAGES,
  'read /health': [
    ['GET', '/health/live'],
    ['GET', '/health/ready'],
    ['HEAD', '/health/live'],
  ],
  'read /metrics': [['GET', '/metrics']],
  'read /auth': [
    ['GET', '/auth/me'],
    ['GET', '/auth/login'],
  ],
  'write /auth': [['POST', '/auth/logout']],
  'read /ical': [
    ['GET', '/ical/nothing.ics'],
    ['HEAD', '/ical/nothing.ics'],
  ],
  'read /dav': [['GET', '/dav/']],
  'write /dav': [['OPTIONS', '/dav/']],
  'read /.well-known/caldav': [['GET', '/.well-known/caldav']],
  'write /.well-known/caldav': [['OPTIONS', '/.well-known/caldav']],
  'read /notices': [['GET', '/notices/nothing']],
  'write /notices': [['POST', '/notices/nothing']],
  'read /mail': [['GET', '/mail/nothing']],
  'write /mail': [['POST', '/mail/nothing']],
  'read /rdv': [
    ['GET', '/rdv?agenda=a'],
    ['GET', '/rdv/&origin=sas'],
  ],
  'write /rdv': [['POST', '/rdv?agenda=a']],
  'read /p': [['GET', '/p/nothing']],
  'write /p': [['POST', '/p/nothing']],
  'read /r': [['GET', '/r/nothing']],
  'write /r': [['POST', '/r/nothing']],
  'read /trouver': [['GET', '/trouver']],
  'read /robots.txt': [['GET', '/robots.txt']],
  'read /sitemap.xml': [['GET', '/sitemap.xml']],
  'read /docs': [
    ['GET', '/docs'],
    ['GET', '/docs/json'],
    ['GET', '/docs/static/index.html'],
  ],
  'read /fhir/.well-known/smart-configuration': [['GET', '/fhir/.well-known/smart-configuration']],
  'read /fhir/metadata': [
    ['GET', '/fhir/metadata'],
    ['GET', '/%66hir/metadata?_format=json'],
  ],
  'read /fhir': [
    ['GET', '/fhir/Schedule'],
    ['GET', '/fhir/Slot'],
    ['HEAD', '/fhir/Patient'],
    ['POST', '/fhir/Patient/_search'],
    ['GET', '/fhir/Patient/a/_history'],
  ],
  'write /fhir': [
    ['POST', '/fhir/Appointment'],
    ['PUT', '/fhir/Schedule/a'],
    ['PUT', '/fhir/Schedule?identifier=a'],
    ['PATCH', '/fhir/Appointment/a'],
    ['DELETE', '/fhir/Patient/a'],
    ['POST', '/fhir/_search/a'],
    ['POST', '/fhir'],
  ],
  'read /fhir/_history': [
    ['GET', '/fhir/_history'],
    ['GET', '/fhir/_history?_after=latest'],
  ],
  'read /fhir/AuditEvent': [
    ['GET', '/fhir/AuditEvent'],
    ['GET', '/fhir/AuditEvent/a'],
    ['POST', '/fhir/AuditEvent/_search'],
  ],
  ...calls(AGENDA_ACCESS),
  'call /fhir/$bulk-publish': [
    ['GET', '/fhir/$bulk-publish'],
    ['GET', '/fhir/$bulk-publish/slots-none.ndjson'],
  ],
  'call /fhir/$export': [
    ['GET', '/fhir/$export?_type=Device'],
    ['GET', '/fhir/$export/none'],
    ['GET', '/fhir/%24export/none/Device-1.ndjson'],
    ['POST', '/fhir/$export?_type=Device'],
    ['DELETE', '/fhir/$export/none'],
  ],
  'call /fhir/$outbox': [
    ['GET', '/fhir/$outbox'],
    ['GET', '/fhir/%24outbox?state=failed'],
  ],
  'read /fhir/StructureDefinition': [
    ['GET', '/fhir/StructureDefinition'],
    ['POST', '/fhir/StructureDefinition/_search'],
  ],
  'call /fhir/*/$validate': [
    ['POST', '/fhir/Appointment/$validate'],
    ['POST', '/fhir/Bundle/%24validate?profile=x'],
  ],
  'read /sas': [
    ['GET', '/sas/Slot'],
    ['GET', '/sas/metadata'],
    ['GET', '/sas/Practitioner'],
  ],
  'write /sas': [
    ['POST', '/sas/Practitioner'],
    ['PUT', '/sas/Practitioner?identifier=a'],
  ],
};

export const PLATFORM_REQUESTS: Requests = {
  ...PAGES,
  'read /health': [['GET', '/health/ready']],
  'read /metrics': [['GET', '/metrics']],
  'read /auth': [
    ['GET', '/auth/me'],
    ['GET', '/auth/login'],
  ],
  'write /auth': [['POST', '/auth/logout']],
  'read /docs': [['GET', '/docs/json']],
  'read /activity': [['GET', '/activity']],
  'read /sas/recherche': [['GET', '/sas/recherche?origin=TEST-SAMU330&city=Bordeaux']],
  'read /fhir/.well-known/smart-configuration': [['GET', '/fhir/.well-known/smart-configuration']],
  'read /fhir/metadata': [['GET', '/fhir/metadata']],
  'read /fhir': [
    ['GET', '/fhir/Endpoint'],
    ['GET', '/fhir/Practitioner/a'],
    ['POST', '/fhir/Organization/_search'],
  ],
  'write /fhir': [
    ['PUT', '/fhir/Endpoint/a'],
    ['POST', '/fhir/Practitioner'],
    ['DELETE', '/fhir/Organization/a'],
    ['POST', '/fhir'],
  ],
  'read /fhir/AuditEvent': [
    ['GET', '/fhir/AuditEvent'],
    ['GET', '/fhir/AuditEvent/a'],
  ],
  ...calls(PLATFORM_ACCESS),
  'call /fhir/$outbox': [
    ['GET', '/fhir/$outbox'],
    ['GET', '/fhir/%24outbox?state=failed'],
  ],
  'read /fhir/Slot': [
    ['GET', '/fhir/Slot'],
    ['POST', '/fhir/Slot/_search'],
  ],
  'read /fhir/Schedule': [['GET', '/fhir/Schedule']],
  'read /fhir/PractitionerRole': [['GET', '/fhir/PractitionerRole']],
  'read /fhir/Appointment': [
    ['GET', '/fhir/Appointment'],
    ['GET', '/fhir/Appointment/a/_history'],
  ],
  'read /fhir/StructureDefinition': [
    ['GET', '/fhir/StructureDefinition'],
    ['POST', '/fhir/StructureDefinition/_search'],
  ],
  'call /fhir/*/$validate': [
    ['POST', '/fhir/Appointment/$validate'],
    ['POST', '/fhir/Bundle/%24validate?profile=x'],
  ],
  'write /fhir/Appointment': [
    ['POST', '/fhir/Appointment'],
    ['PUT', '/fhir/Appointment?identifier=a'],
    ['DELETE', '/fhir/Appointment/a'],
  ],
};
