/**
 * A small practice for the pages: two practitioners in one place, a room and a device, a colleague in Réunion, a centre
 * with thousands of slots, patients with difficult names.
 */
import { afterAll, afterEach, beforeAll } from 'vitest';
import { type AgendaServer, startAgenda } from '../../src/cli/servers/agenda.ts';
import { demoIdentity } from '../../src/rest/access/people.ts';
import { duration, offer, timezone, weekly } from '../../src/demo/shapes.ts';
import type { Json, Resource } from '../../src/fhir/resource.ts';
import type { Config } from '../../src/runtime/config.ts';
import { call, NOW, type Reply, testConfig } from '../harness.ts';
import { Visitors } from './browser.ts';

const WEEK = ['MO', 'TU', 'WE', 'TH', 'FR'];
const EVERY_DAY = [...WEEK, 'SA', 'SU'];

const hours = (id: string, from: string, to: string, offset = '+01:00', days = WEEK) =>
  weekly({ id, days, from, to, first: '2026-11-02', offset });

/** The actors of the agendas that belong to no practitioner. */
const THINGS: Record<string, string> = { salle: 'Location/salle', echographe: 'Device/echographe' };

export const RPPS = 'urn:oid:1.2.250.1.71.4.2.1';
/** National identifiers of the practitioners. */
export const NUMBERS: Record<string, string> = {
  vasseur: '810000000011',
  leroy: '810000000022',
  payet: '810000000033',
};

export const LONG_NAME = 'Maximilienne-Élisabeth-'.repeat(13);

const patients: [string, string, string][] = [
  ['alice', 'Martin', 'Alice'],
  ['bruno', 'Durand', 'Bruno'],
  ['long', LONG_NAME, 'Anne'],
  ['rtl', 'السيد', 'محمد'],
  ['emoji', 'Petit 🦊', 'Zoé'],
];

const practitioner = (id: string, family: string, given: string): Resource[] => [
  {
    resourceType: 'Practitioner',
    id,
    identifier: [{ system: RPPS, value: NUMBERS[id]! }],
    name: [{ family, given: [given], prefix: ['DR'] }],
  },
  {
    resourceType: 'PractitionerRole',
    id: `role-${id}`,
    organization: { reference: 'Organization/cabinet' },
    practitioner: { reference: `Practitioner/${id}` },
    location: [{ reference: `Location/${id === 'payet' ? 'reunion' : 'cabinet'}` }],
  },
];

const schedule = (id: string, extension: Json[], actor: string[]): Resource => ({
  resourceType: 'Schedule',
  id,
  active: true,
  extension,
  actor: actor.map((reference) => ({ reference })),
  planningHorizon: { start: '2026-01-01', end: '2027-12-31' },
});

const RESOURCES: Resource[] = [
  {
    resourceType: 'Organization',
    id: 'cabinet',
    identifier: [{ system: 'urn:oid:1.2.250.1.71.4.2.2', value: '350000001' }],
    name: 'Cabinet du Port',
  },
  {
    resourceType: 'Organization',
    id: 'cpts',
    identifier: [{ system: 'urn:oid:1.2.250.1.71.4.2.2', value: '350000002' }],
    name: 'CPTS du Port',
  },
  {
    resourceType: 'HealthcareService',
    id: 'cpts',
    identifier: [{ system: 'https://editeur.example', value: 'cpts' }],
    providedBy: { reference: 'Organization/cpts' },
    name: 'Soins non programmés, CPTS du Port',
  },
  {
    resourceType: 'Location',
    id: 'cabinet',
    identifier: [{ system: 'https://editeur.example', value: 'cabinet' }],
    name: 'Cabinet du Port',
    address: { line: ['1 quai du Port'], city: 'Val-de-Brume', postalCode: '35000' },
  },
  {
    resourceType: 'Location',
    id: 'salle',
    name: 'Salle d’échographie',
    physicalType: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/location-physical-type', code: 'ro' }] },
  },
  {
    resourceType: 'Device',
    id: 'echographe',
    deviceName: [{ name: 'Échographe portable', type: 'user-friendly-name' }],
  },
  {
    resourceType: 'Location',
    id: 'reunion',
    identifier: [{ system: 'https://editeur.example', value: 'reunion' }],
    name: 'Cabinet de Saint-Denis',
    address: { line: ['2 rue de la Plaine'], city: 'Saint-Denis', postalCode: '97400' },
    extension: [timezone('Indian/Reunion')],
  },
  ...practitioner('vasseur', 'Vasseur', 'Camille'),
  ...practitioner('leroy', 'Leroy', 'Hugo'),
  ...practitioner('payet', 'Payet', 'Marie'),
  schedule(
    'vasseur',
    [
      duration('Consultation', 15),
      duration('Suivi', 30),
      hours('matin', '08:30', '12:00'),
      hours('apres-midi', '14:00', '18:00'),
      offer({ visibility: ['PUBLIC', 'SNP'], mode: ['AMB'] }),
    ],
    ['Practitioner/vasseur', 'PractitionerRole/role-vasseur'],
  ),
  schedule(
    'leroy',
    [duration('Consultation', 20), hours('leroy-jour', '09:00', '17:00')],
    ['Practitioner/leroy', 'PractitionerRole/role-leroy'],
  ),
  schedule('salle', [duration('Échographie', 30), hours('salle-jour', '08:00', '19:00')], ['Location/salle']),
  schedule(
    'echographe',
    [duration('Échographie', 30), hours('echographe-jour', '08:00', '19:00')],
    ['Device/echographe'],
  ),
  schedule(
    'payet',
    [timezone('Indian/Reunion'), duration('Consultation', 20), hours('payet-jour', '08:00', '12:00', '+04:00')],
    ['Practitioner/payet', 'PractitionerRole/role-payet'],
  ),
  // 5 minutes, from midnight to midnight, seven days: 2,016 slots; with those of 10 minutes, 3,024.
  schedule(
    'centre',
    [
      duration('Vaccination', 5),
      duration('Entretien', 10),
      weekly({
        id: 'centre-jour',
        days: EVERY_DAY,
        from: '00:00',
        to: '00:00',
        first: '2026-11-02',
        nextDay: '2026-11-03',
        offset: '+01:00',
      }),
    ],
    ['Location/cabinet'],
  ),
  ...patients.map(([id, family, given]) => ({
    resourceType: 'Patient',
    id,
    name: [{ family, given: [given] }],
    birthDate: '1980-05-15',
    gender: 'female',
    managingOrganization: { reference: 'Organization/cabinet' },
  })),
];

export interface Practice {
  server: AgendaServer;
  /** Of the server; the clock of the browser stands still. */
  clock: { now: number };
  url: string;
  /** Asks as a program, which may do everything. */
  ask(method: string, path: string, body?: Json): Promise<Reply>;
  /** Books for a patient and returns the id of the appointment. */
  book(agenda: string, start: string, end: string, patient?: string): Promise<string>;
}

type Introduce = (id: string, name: string, more: object) => void;

function introducePeople(introduce: Introduce): void {
  introduce('camille', 'Dr Camille Vasseur', { roles: ['practitioner'], practitioner: 'Practitioner/vasseur' });
  introduce('sophie', 'Sophie Delmas', {
    roles: ['secretary'],
    places: ['Location/cabinet'],
    agendas: ['Schedule/salle', 'Schedule/echographe'],
  });
  introduce('marie', 'Dr Marie Payet', { roles: ['practitioner'], practitioner: 'Practitioner/payet' });
}

/**
 * `data` keeps the database across starts, and `port` the address. When `changes` name an identity provider, there are
 * no fictional people.
 */
export async function openPractice(data = 'memory:', port = 0, changes: Partial<Config> = {}): Promise<Practice> {
  const clock = { now: NOW };
  const server = await startAgenda(
    testConfig(undefined, { demoLogin: changes.oidcIssuer === undefined, data, port, ...changes }),
    () => clock.now,
  );
  const introduce: Introduce = (id, name, more) => {
    const identity = demoIdentity(id, name, { email: `${id}@cabinet.example` });
    const roles = (more as { roles: never[] }).roles;
    server.people.introduce([
      {
        person: { id, roles, description: 'Essai', identity },
        rights: { name, subject: identity.subject, roles, agendas: [], places: [], ...more },
      },
    ]);
  };
  if (changes.oidcIssuer === undefined) introducePeople(introduce);
  const ask = (method: string, path: string, body?: Json): Promise<Reply> =>
    call(`${server.url}/fhir/${path}`, method, body);
  const program = {
    now: NOW,
    requestId: 'practice',
    caller: 'practice',
    roles: ['*'],
    strict: false,
    base: `${server.url}/fhir`,
  };
  if ((await server.backend.repository.reader.search('Schedule', [], { count: 0 })).total === 0) {
    await server.backend.transact(
      program,
      RESOURCES.map((resource, index) => ({
        index,
        fullUrl: undefined,
        method: 'PUT',
        type: resource.resourceType,
        id: resource.id!,
        resource,
      })),
    );
  }
  return {
    server,
    clock,
    url: server.url,
    ask,
    async book(agenda, start, end, patient = 'alice') {
      const { status, text, json } = await ask('POST', 'Appointment', {
        resourceType: 'Appointment',
        status: 'booked',
        start,
        end,
        participant: [
          { actor: { reference: `Patient/${patient}` }, status: 'accepted' },
          { actor: { reference: THINGS[agenda] ?? `Practitioner/${agenda}` }, status: 'accepted' },
        ],
      });
      if (status !== 201) throw new Error(text);
      return json.id;
    },
  };
}

/** A practice and its visitors for all tests of a group; `take` receives them before the first. */
export function usePractice(take: (opened: { practice: Practice; visitors: Visitors }) => void): void {
  let practice: Practice;
  let visitors: Visitors;
  beforeAll(async () => {
    practice = await openPractice();
    visitors = new Visitors(() => practice.url);
    take({ practice, visitors });
  });
  afterEach(() => visitors.leave());
  afterAll(async () => {
    await visitors.close();
    await practice.server.close();
  });
}
