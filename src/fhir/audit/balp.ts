/**
 * A fact as the AuditEvent of IHE BALP (Basic Audit Log Patterns): the profile of its interaction, the roles of DICOM
 * for client and server, the patient, the data, the query and the request as entities.
 * https://profiles.ihe.net/ITI/BALP/
 */
import type { AuditEvent, AuditEventAgent, AuditEventEntity } from '../foundation.ts';
import type { Coding } from '../resource.ts';
import type { AuditFact } from './fact.ts';

const BALP = 'https://profiles.ihe.net/ITI/BALP';
const HL7 = 'http://terminology.hl7.org/CodeSystem';
const DCM = 'http://dicom.nema.org/resources/ontology/DCM';
const RESTFUL = 'http://hl7.org/fhir/restful-interaction';
const OWN_CODES = 'urn:creneau:fhir:audit';
/** Identifiers of professionals as Pro Santé Connect gives them. */
const IDNPS = 'urn:oid:1.2.250.1.71.4.2.1';

/** The codes that FHIR defines; all others are ours. */
const STANDARD: ReadonlySet<string> = new Set(
  (
    'read vread update patch delete history-instance history-type history-system create search-type capabilities ' +
    'transaction batch operation'
  ).split(' '),
);
const REST: Coding = { system: `${HL7}/audit-event-type`, code: 'rest', display: 'RESTful Operation' };
const TYPES: Readonly<Record<string, Coding[]>> = {
  login: [
    { system: DCM, code: '110114', display: 'User Authentication' },
    { system: DCM, code: '110122', display: 'Login' },
  ],
  logout: [
    { system: DCM, code: '110114', display: 'User Authentication' },
    { system: DCM, code: '110123', display: 'Logout' },
  ],
};
const SOURCE = { system: DCM, code: '110153', display: 'Source Role ID' };
const DESTINATION = { system: DCM, code: '110152', display: 'Destination Role ID' };
const PROFILES: Readonly<Record<string, string>> = {
  ...{ read: 'Read', vread: 'Read', 'history-instance': 'Read', create: 'Create', update: 'Update', patch: 'Update' },
  ...{ delete: 'Delete', 'search-type': 'Query' },
};

export function auditEventOf(fact: AuditFact): AuditEvent {
  const { id, at, action, outcome, codes } = fact;
  const [type = REST, ...more] = TYPES[fact.type] ?? [];
  const profile = profileOf(fact);
  return {
    resourceType: 'AuditEvent',
    id,
    meta: { versionId: '1', lastUpdated: at, ...(profile === undefined ? {} : { profile: [profile] }) },
    type,
    subtype: [...more, ...codes.flatMap(codingsOf)],
    action,
    recorded: at,
    outcome,
    ...(outcome === '0' || fact.status === undefined ? {} : { outcomeDesc: `HTTP ${fact.status}` }),
    agent: agentsOf(fact),
    source: {
      site: 'Créneau',
      observer: { display: `Créneau ${fact.face ?? ''}`.trim() },
      type: [{ system: `${HL7}/security-source-type`, code: '4', display: 'Application Server' }],
    },
    entity: entitiesOf(fact),
  };
}

/** The patterns know one kind of search, FHIR several. */
function codingsOf(code: string): Coding[] {
  if (!STANDARD.has(code)) return [{ system: OWN_CODES, code }];
  const own = { system: RESTFUL, code };
  return code === 'search-type' ? [own, { system: RESTFUL, code: 'search' }] : [own];
}

/** BALP describes what succeeded; a refusal follows no profile of it. */
function profileOf({ outcome, codes: [code = ''], patients, entities, query }: AuditFact): string | undefined {
  const name = outcome === '0' ? PROFILES[code] : undefined;
  if (name === undefined || (name === 'Query' && query === undefined)) return undefined;
  const isSingle = name === 'Query' || entities.length + patients.length > 0;
  return isSingle
    ? `${BALP}/StructureDefinition/IHE.BasicAudit.${patients.length > 0 ? 'Patient' : ''}${name}`
    : undefined;
}

function agentsOf({ agent, action, codes: [code], others = [] }: AuditFact): AuditEventAgent[] {
  const { name, roles, practitioner, issuer, subject, rpps, address, behalf } = agent;
  // Data flows to the reader; a query, and what is written, flows to the server.
  const isRead = action === 'R' && code !== 'search-type';
  const identifier =
    rpps !== undefined
      ? { system: IDNPS, value: rpps }
      : subject !== undefined
        ? { system: issuer, value: subject }
        : undefined;
  const who = {
    ...(practitioner === undefined ? {} : { reference: practitioner }),
    ...(identifier === undefined ? {} : { identifier }),
    display: name,
  };
  const user = isRead
    ? { system: `${HL7}/v3-ParticipationType`, code: 'IRCP', display: 'information recipient' }
    : { system: `${HL7}/v3-ParticipationType`, code: 'AUT', display: 'author (originator)' };
  return [
    {
      type: { coding: [user] },
      ...(roles.length === 0 ? {} : { role: roles.map((role) => ({ text: role })) }),
      who,
      requestor: true,
    },
    {
      type: { coding: [isRead ? DESTINATION : SOURCE] },
      who: { display: name },
      requestor: false,
      ...(address === undefined ? {} : { network: { address, type: '2' } }),
    },
    { type: { coding: [isRead ? SOURCE : DESTINATION] }, who: { display: 'Créneau' }, requestor: false },
    ...(behalf === undefined
      ? []
      : [
          {
            role: [{ text: 'on-behalf-of' }],
            who: { ...(behalf.includes('/') ? { reference: behalf } : { display: behalf }) },
            requestor: false,
          },
        ]),
    ...others.map((other) => ({ who: { display: other.name }, role: [{ text: other.role }], requestor: false })),
  ];
}

const ENTITY = (code: string, display: string): Coding => ({ system: `${HL7}/audit-entity-type`, code, display });
const ROLE = (code: string, display: string): Coding => ({ system: `${HL7}/object-role`, code, display });

function entitiesOf({ patients, entities, counts, query, request }: AuditFact): AuditEventEntity[] {
  return [
    ...patients.map((reference) => ({ what: { reference }, type: ENTITY('1', 'Person'), role: ROLE('1', 'Patient') })),
    ...entities.map((reference) => ({
      what: { reference },
      type: ENTITY('2', 'System Object'),
      role: ROLE('4', 'Domain Resource'),
      ...(counts?.[reference] === undefined
        ? {}
        : { detail: [{ type: 'slots', valueString: String(counts[reference]) }] }),
    })),
    ...(query === undefined
      ? []
      : [{ type: ENTITY('2', 'System Object'), role: ROLE('24', 'Query'), query: base64(query) }]),
    {
      what: { identifier: { value: request } },
      type: { system: `${BALP}/CodeSystem/BasicAuditEntityType`, code: 'XrequestId' },
    },
  ];
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
