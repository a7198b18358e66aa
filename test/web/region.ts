/**
 * A region for the pages of the platform: the platform itself; an editor that is a real agenda server, one with
 * thousands of slots, one that answers when the test lets it, one that is down; a regulator with an account everywhere;
 * the Hub and a dispatch software, if a broker answers.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AgendaServer, startAgenda } from '../../src/cli/servers/agenda.ts';
import { directoryOf, FICTIONAL_TOWNS } from '../../src/cli/demo/directory.ts';
import { type DemoEntry, demoIdentity } from '../../src/rest/access/people.ts';
import { type PlatformServer, startPlatform } from '../../src/cli/servers/platform.ts';
import { editorAnswer } from '../../src/demo/editor-answer.ts';
import { type DemoTown, OVERSEAS, TOWNS } from '../../src/demo/names.ts';
import { concept, duration, national, offer, R38, timezone, weekly } from '../../src/demo/shapes.ts';
import type { Json, Resource } from '../../src/fhir/resource.ts';
import type { Config } from '../../src/runtime/config.ts';
import type { Attitude } from '../../src/sas/hub/lrm.ts';
import { account, AMQP, brokerAt, randomNames, startHub, startLrm } from '../amqp.ts';
import { call, NOW, type Reply, testConfig } from '../harness.ts';
import { type Closing, partnersOf } from '../simulated.ts';

export const REGULATOR = '3456780581/11242343';
export const LONG_NAME = 'Maximilienne-Élisabeth-'.repeat(13);

const EVERY_DAY = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];

interface Doctor {
  id: string;
  rpps: string;
  family: string;
  given: string;
  town: DemoTown;
  specialty: [code: string, display: string];
  /** `VR PRO`: modes and visibilities of the offer to the SAS. */
  modes: string[];
  seen: string[];
  from: string;
  to: string;
  zone?: string;
}

const GP: [string, string] = ['SM54', 'Médecine générale'];
const [centre, north, south] = TOWNS as [DemoTown, DemoTown, DemoTown];

/** Fictional names of every kind. */
const DOCTORS: readonly Doctor[] = [
  {
    id: 'vasseur',
    rpps: '810000000011',
    family: 'Vasseur',
    given: 'Camille',
    town: centre,
    specialty: GP,
    modes: ['AMB'],
    seen: ['SNP', 'PUBLIC'],
    from: '14:00',
    to: '18:00',
  },
  {
    id: 'leroy',
    rpps: '810000000029',
    family: 'Leroy',
    given: 'Hugo',
    town: north,
    specialty: GP,
    modes: ['VR'],
    seen: ['PRO'],
    from: '11:00',
    to: '12:00',
  },
  {
    id: 'haddad',
    rpps: '810000000037',
    family: 'Haddad',
    given: 'Salomé',
    town: south,
    specialty: ['SM40', 'Pédiatrie'],
    modes: ['HH'],
    seen: ['SNP'],
    from: '19:00',
    to: '21:00',
  },
  {
    id: 'payet',
    rpps: '810000000045',
    family: 'Payet',
    given: 'Marie',
    town: OVERSEAS,
    specialty: GP,
    modes: ['AMB'],
    seen: ['PUBLIC'],
    from: '16:00',
    to: '18:00',
    zone: 'Indian/Reunion',
  },
  {
    id: 'long',
    rpps: '810000000052',
    family: LONG_NAME,
    given: 'Anne',
    town: north,
    specialty: GP,
    modes: ['AMB'],
    seen: ['PUBLIC'],
    from: '15:00',
    to: '16:00',
  },
  {
    id: 'rtl',
    rpps: '810000000060',
    family: 'السيد',
    given: 'محمد',
    town: north,
    specialty: GP,
    modes: ['AMB'],
    seen: ['PUBLIC'],
    from: '15:00',
    to: '16:00',
  },
  {
    id: 'emoji',
    rpps: '810000000078',
    family: 'Petit 🦊',
    given: 'Zoé',
    town: north,
    specialty: GP,
    modes: ['AMB'],
    seen: ['PUBLIC'],
    from: '15:00',
    to: '16:00',
  },
  {
    id: 'ferme',
    rpps: '810000000086',
    family: 'Fermé',
    given: 'Luc',
    town: north,
    specialty: ['SM04', 'Cardiologie'],
    modes: ['AMB'],
    seen: ['PUBLIC'],
    from: '09:00',
    to: '09:00',
  },
];

function agendaOf({ id, rpps, family, given, town, specialty, modes, seen, from, to, zone }: Doctor): Resource[] {
  const offset = zone === undefined ? '+01:00' : '+04:00';
  return [
    {
      resourceType: 'Location',
      id: `lieu-${id}`,
      name: `Cabinet ${town.name}`,
      address: { line: ['1 place du Marché'], city: town.name, postalCode: town.postalCode },
      position: { latitude: town.latitude, longitude: town.longitude },
      telecom: [{ system: 'phone', value: '+33386123456' }],
    },
    { resourceType: 'Practitioner', id, identifier: [national(rpps)], name: [{ family, given: [given] }] },
    {
      resourceType: 'PractitionerRole',
      id: `role-${id}`,
      practitioner: { reference: `Practitioner/${id}` },
      location: [{ reference: `Location/lieu-${id}` }],
      specialty: [concept(R38, ...specialty)],
      telecom: [{ system: 'phone', value: '+33386123456' }],
    },
    {
      resourceType: 'Schedule',
      id,
      active: true,
      extension: [
        ...(zone === undefined ? [] : [timezone(zone)]),
        duration('Consultation', 15),
        ...(from === to ? [] : [weekly({ id: `h-${id}`, days: EVERY_DAY, from, to, first: '2026-11-02', offset })]),
        offer({ visibility: seen, mode: modes, reason: 'Apporter la carte Vitale' }),
      ],
      actor: [{ reference: `Practitioner/${id}` }, { reference: `PractitionerRole/role-${id}` }],
      planningHorizon: { start: '2026-01-01', end: '2027-12-31' },
    },
  ] as Resource[];
}

/** A regulator with the account that the platform has announced, one without, and an operator. */
const regulator = (id: string, name: string, email: string): DemoEntry => ({
  person: {
    id,
    roles: ['regulator'],
    description: 'Régule',
    identity: demoIdentity(id, name, { email, fromSas: true }),
  },
});
const INES = regulator('ines', 'Inès Lemaire', 'anne.durand@samu.test');
const PAUL = regulator('paul', 'Paul Roy', 'paul.roy@samu.test');
const operator = demoIdentity('marc', 'Marc Aubert');
const MARC: DemoEntry = {
  person: { id: 'marc', roles: ['operator'], description: 'Surveille', identity: operator },
  rights: { name: operator.name, subject: operator.subject, roles: ['operator'], agendas: [], places: [] },
};

export interface Region {
  platform: PlatformServer;
  editor: AgendaServer;
  /** Asks as a program, which may do everything. */
  ask(method: string, path: string, body?: Json): Promise<Reply>;
  /** Lets the slow editor answer the questions so far and later ones, or hold its answers again. */
  slow: { release(): void; hold(): void };
  /** The answer of the large editor to accounts. */
  accounts: { status: number };
  /** Changes the answer of the dispatch software, if there is one. */
  dispatch(attitude: Attitude): Promise<void>;
  stopPlatform(): Promise<void>;
  /** Starts again at the same address, with the same data. */
  restartPlatform(): Promise<void>;
  close(): Promise<void>;
}

/** National identifiers that only the large editor knows. */
export const manyIds = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `8199${String(10_000_000 + i)}`);

/** `isKept`: the platform can be stopped and started again. */
export async function openRegion({
  isKept = false,
  ...changes
}: Partial<Config> & { isKept?: boolean } = {}): Promise<Region> {
  const folder = mkdtempSync(join(tmpdir(), 'creneau-region-'));
  const closing: (() => Promise<unknown>)[] = [];
  const hub = AMQP === undefined ? undefined : await openHub(AMQP, folder, closing);
  const config = testConfig(undefined, {
    demoLogin: true,
    ...(isKept ? { data: join(folder, 'platform') } : {}),
    ...hub?.config,
    ...changes,
  });
  const start = async (port: number): Promise<PlatformServer> => {
    const platform = await startPlatform({ ...config, port }, () => NOW, FICTIONAL_TOWNS);
    platform.people.introduce([INES, MARC]);
    return platform;
  };
  let platform = await start(0);
  const editor = await startAgenda(
    testConfig(undefined, {
      demoLogin: true,
      sasPlatformUrl: `${platform.url}/fhir`,
      editorSystem: 'urn:oid:1.2.250.1.999.1',
    }),
    () => NOW,
  );
  editor.people.introduce([INES, PAUL, MARC]);
  const entry = DOCTORS.flatMap(agendaOf).map((resource) => ({
    resource,
    request: { method: 'PUT', url: `${resource.resourceType}/${resource.id}` },
  }));
  const loaded = await call(`${editor.url}/fhir`, 'POST', { resourceType: 'Bundle', type: 'transaction', entry });
  if (loaded.status !== 200) throw new Error(loaded.text);

  const ask = (method: string, path: string, body?: Json): Promise<Reply> =>
    call(path.startsWith('/') ? platform.url + path : `${platform.url}/fhir/${path}`, method, body);
  const directory = await directoryOf(editor);
  for (const resource of directory) await ask('PUT', `${resource.resourceType}/${resource.id}`, resource);
  await ask('POST', 'Practitioner', account(REGULATOR));

  const running: Closing[] = [];
  const partners = partnersOf({ request: ask }, running);
  const gate = gateOf();
  const accounts = { status: 201 };
  await partners.register('creneau', `${editor.url}/sas`, { name: 'Créneau', caller: 'anonymous' });
  await partners.partner('panne', '500', { name: 'Éditeur en panne' });
  const slowly = async (path: string, query: string): Promise<Json> => {
    await gate.pass();
    return editorAnswer(path, query, { seed: 1, slots: 0, url: 'http://lent.example' });
  };
  await partners.scripted('lent', (path, query) => (path === 'Practitioner' ? 201 : slowly(path, query)), {
    name: 'Éditeur lent',
  });
  await partners.scripted(
    'grand',
    (path, query) =>
      path === 'Practitioner'
        ? accounts.status
        : editorAnswer(path, query, { seed: 2, slots: /8199\d{8}/.test(query) ? 500 : 0, url: 'http://grand.example' }),
    { name: 'Grand éditeur' },
  );
  return {
    get platform() {
      return platform;
    },
    ...{ editor, ask, slow: gate, accounts },
    dispatch: async (attitude) => hub?.dispatch(attitude),
    stopPlatform() {
      // Like a killed process, it tells nobody.
      platform.app.server.closeAllConnections();
      return platform.close();
    },
    async restartPlatform() {
      platform = await start(Number(new URL(platform.url).port));
    },
    async close() {
      gate.release();
      await editor.close();
      await platform.close();
      for (const server of running) await server.close();
      for (const close of closing.reverse()) await close();
      rmSync(folder, { recursive: true });
    },
  };
}

function gateOf() {
  let open = true;
  const waiting: (() => void)[] = [];
  return {
    pass: (): Promise<void> => (open ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
    hold() {
      open = false;
    },
    release() {
      open = true;
      for (const answer of waiting.splice(0)) answer();
    },
  };
}

/** The Hub and a dispatch software, which acknowledges at first. */
async function openHub(
  url: string,
  folder: string,
  closing: (() => Promise<unknown>)[],
): Promise<{ config: Partial<Config>; dispatch(attitude: Attitude): Promise<void> }> {
  const names = randomNames();
  const samu = join(folder, 'samu.json');
  writeFileSync(samu, JSON.stringify({ default: names.samu }));
  const hub = await startHub(brokerAt(url), names);
  let lrm = startLrm(brokerAt(url), names, names.samu);
  closing.push(
    () => hub.clean(),
    () => lrm.close(),
  );
  return {
    config: { amqpUrl: url, samu, hubClientId: names.platform, hubExchange: names.exchange },
    async dispatch(attitude) {
      await lrm.close();
      lrm = startLrm(brokerAt(url), names, names.samu, attitude);
    },
  };
}
