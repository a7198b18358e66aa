/**
 * Each case of what people may change (`docs/access.md`, "Les personnes"), and the fictional people of the
 * demonstration.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PERSON_WRITES } from '../src/agenda/rules/person-rules.ts';
import { demoIdentity } from '../src/rest/access/people.ts';
import type { Json } from '../src/fhir/resource.ts';
import { type PersonEntry, readPeople } from '../src/rest/access/person.ts';
import { readConfig } from '../src/runtime/config.ts';
import { type PageReply, TestBrowser } from './oidc-provider.ts';
import { CUSTODY, startTeam, type Team } from './team.ts';
import { client, startTlsServer, testPki } from './tls.ts';

const PEOPLE = ['practitioner', 'secretary', 'regulator', 'practice-manager'] as const;

let people: Team;
let test: Team['test'];
let url: string;
let as: Team['as'];
let byId: Team['byId'];
let appointment: Team['appointment'];

beforeAll(async () => {
  people = await startTeam();
  ({ test, url, as, byId, appointment } = people);
  for (const [id, schedule] of [
    ['mien', 'quota-cabinet'],
    ['autre', 'petit-cabinet'],
  ] as const)
    await people.put({ ...appointment(schedule, '26', { status: 'waitlist' }), id });
});
afterAll(() => test.close());

describe('each case of the table', () => {
  const levels = {
    own: 'le sien',
    keep: 'créer, modifier',
    create: 'créer',
    practice: 'de son cabinet : créer, modifier',
    none: 'non',
  } as const;
  const rows = readFileSync(join(import.meta.dirname, '../docs/access.md'), 'utf8')
    .split('\n## Les personnes')[1]!
    .split('\n#')[0]!
    .split('\n')
    .filter((line) => /^\| `[A-Z]/.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', '')),
    );

  it('is in the documentation', () => {
    expect(rows).toEqual(
      Object.entries(PERSON_WRITES).map(([type, rights]) => [
        type,
        ...PEOPLE.map((person) => levels[rights[person] ?? 'none']),
      ]),
    );
  });

  const bodies: Record<string, (own: boolean, role?: string) => Json> = {
    // A secretary's by the place, a practitioner's by the person.
    Schedule: (own, role) => {
      const id = !own ? 'thomas-cabinet' : role === 'secretary' ? 'payet-reunion' : 'quota-cabinet';
      return { ...byId('Schedule', id), id: undefined };
    },
    Slot: (own) => ({
      resourceType: 'Slot',
      schedule: { reference: `Schedule/${own ? 'quota' : 'thomas'}-cabinet` },
      status: 'busy-unavailable',
      start: '2026-12-01T10:00:00+01:00',
      end: '2026-12-01T11:00:00+01:00',
    }),
    Appointment: (own) => appointment(own ? 'quota-cabinet' : 'petit-cabinet', '25', { status: 'proposed' }),
    AppointmentResponse: (own) => ({
      ...{ resourceType: 'AppointmentResponse', participantStatus: 'tentative' },
      appointment: { reference: `Appointment/${own ? 'mien' : 'autre'}` },
      actor: { reference: `Practitioner/${own ? 'quota' : 'petit'}` },
    }),
    DocumentReference: (own) => ({
      ...{ resourceType: 'DocumentReference', status: 'current', content: [{ attachment: { title: 'a' } }] },
      context: { related: [{ reference: `Appointment/${own ? 'mien' : 'autre'}` }] },
    }),
    Patient: () => ({ resourceType: 'Patient', ...CUSTODY }),
    RelatedPerson: () => ({ resourceType: 'RelatedPerson', patient: { reference: 'Patient/alice' } }),
    Practitioner: () => ({ resourceType: 'Practitioner' }),
    ...Object.fromEntries(
      ['Location', 'Organization'].map((type) => [type, () => ({ resourceType: type, name: 'Ici' })]),
    ),
  };
  const cases = PEOPLE.slice(0, 2).flatMap((role) =>
    Object.keys(bodies).map((type) => ({ role, type, level: PERSON_WRITES[type]?.[role] ?? 'none' })),
  );

  it('a professional is added to an agenda only by somebody who acts for the professional', async () => {
    const agenda = byId('Schedule', 'quota-cabinet');
    const add = (...actors: string[]): Promise<PageReply> =>
      as('practitioner', 'POST', 'Schedule', {
        ...{ ...agenda, id: undefined, identifier: undefined },
        actor: actors.map((reference) => ({ reference })),
      });
    const statuses = [];
    for (const actors of [
      ['Practitioner/quota', 'Location/salle'],
      ['Practitioner/quota', 'Practitioner/petit'],
      ['Practitioner/quota', 'Location/salle', `${test.base}/Practitioner/petit`],
    ]) {
      const { status, json } = await add(...actors);
      statuses.push(status);
      if (status === 201) await test.request('DELETE', `Schedule/${json.id}`);
    }
    expect(statuses).toEqual([201, 403, 403]);
  });

  it.each(cases)('$role: $type, $level', async ({ role, type, level }) => {
    const outcome = async (own: boolean): Promise<boolean[]> => {
      const body = bodies[type]!(own, role);
      const created = await as(role, 'POST', type, body);
      expect([200, 201, 403], JSON.stringify(created.json)).toContain(created.status);
      if (created.status < 300) await test.request('DELETE', `${type}/${created.json.id}`);
      const made = await test.request('POST', type, body);
      const changed = await as(role, 'PUT', `${type}/${made.json.id}`, { ...made.json, language: 'fr' });
      const patched = await as(role, 'PATCH', `${type}/${made.json.id}`, {
        resourceType: 'Parameters',
        parameter: [
          {
            name: 'operation',
            part: [
              { name: 'type', valueCode: 'add' },
              { name: 'path', valueString: type },
              { name: 'name', valueString: 'implicitRules' },
              { name: 'value', valueUri: 'urn:x' },
            ],
          },
        ],
      });
      const removed = await as(role, 'DELETE', `${type}/${made.json.id}`);
      if (removed.status >= 403) await test.request('DELETE', `${type}/${made.json.id}`);
      for (const reply of [changed, patched, removed])
        expect([200, 201, 204, 403, 404], JSON.stringify(reply.json)).toContain(reply.status);
      return [created, changed, patched, removed].map((reply) => reply.status < 300);
    };
    const expected = {
      own: [
        [true, true, true, true],
        [false, false, false, false],
      ],
      keep: [
        [true, true, true, false],
        [true, true, true, false],
      ],
      create: [
        [true, false, false, false],
        [true, false, false, false],
      ],
      none: [
        [false, false, false, false],
        [false, false, false, false],
      ],
    }[level];
    expect([await outcome(true), await outcome(false)]).toEqual(expected);
  });

  it('closes the whole API to a regulator and an operator', async () => {
    for (const role of ['regulator', 'operator']) {
      const replies = await Promise.all([
        as(role, 'GET', 'Slot'),
        as(role, 'POST', 'Appointment', appointment('quota-cabinet', '25')),
        as(role, 'POST', 'Patient', bodies['Patient']!(true)),
      ]);
      expect(replies.map((reply) => reply.status)).toEqual([403, 403, 403]);
    }
  });
});

describe('a managed agenda', () => {
  it('is neither given away nor taken from somebody', async () => {
    const mine = await test.request('POST', 'Schedule', { ...byId('Schedule', 'quota-cabinet'), id: undefined });
    const theirs = await test.request('POST', 'Schedule', { ...byId('Schedule', 'thomas-cabinet'), id: undefined });
    const outcomes = [
      await as('practitioner', 'PUT', `Schedule/${mine.json.id}`, { ...mine.json, actor: theirs.json.actor }),
      await as('practitioner', 'PUT', `Schedule/${theirs.json.id}`, { ...theirs.json, actor: mine.json.actor }),
      await as('secretary', 'PUT', 'Schedule/quota-cabinet', {
        ...byId('Schedule', 'quota-cabinet'),
        actor: theirs.json.actor,
      }),
      await as('secretary', 'PUT', 'Schedule/quota-cabinet', {
        ...byId('Schedule', 'quota-cabinet'),
        comment: 'fermé le mercredi',
      }),
    ];
    expect(outcomes.map((outcome) => outcome.status)).toEqual([403, 403, 403, 200]);
    for (const schedule of [mine, theirs]) await test.request('DELETE', `Schedule/${schedule.json.id}`);
  });

  it('may have appointments with a room, but not with a colleague, and none moves to a colleague', async () => {
    const with_ = (...actors: string[]): Json =>
      appointment('quota-cabinet', '26', {
        participant: [...actors, 'Patient/alice'].map((reference) => ({ actor: { reference }, status: 'accepted' })),
      });
    const both = with_('Practitioner/quota', 'PractitionerRole/pause-cabinet');
    const colleague = await as('practitioner', 'POST', 'Appointment', both);
    expect([colleague.status, colleague.json.issue[0].details.text]).toEqual([
      403,
      "Ce rendez-vous n'est pas sur l'un de vos agendas.",
    ]);
    const room = await as('practitioner', 'POST', 'Appointment', with_('Practitioner/quota', 'Location/salle'));
    expect(room.status).toBe(201);
    const moved = await as('practitioner', 'PUT', `Appointment/${room.json.id}`, {
      ...room.json,
      participant: with_('Practitioner/pause')['participant'],
      slot: undefined,
    });
    expect(moved.status).toBe(403);
    const cancel = { ...room.json, status: 'cancelled' };
    const cancelled = await as('secretary', 'PUT', `Appointment/${room.json.id}`, cancel);
    expect(cancelled.status).toBe(200);
    const book = { ...cancelled.json, status: 'booked' };
    const again = await as('practitioner', 'PUT', `Appointment/${room.json.id}`, book);
    expect(again.status).toBe(200);
  });

  it('is checked in a transaction, which fails as a whole, and in each entry of a batch', async () => {
    const entry = (resource: Json): Json => ({ resource, request: { method: 'POST', url: resource.resourceType } });
    const bundle = (type: string): Json => ({
      resourceType: 'Bundle',
      type,
      entry: [
        entry({ resourceType: 'Patient', identifier: [{ system: 'urn:x', value: type }] }),
        entry({ resourceType: 'Organization', name: 'Ailleurs' }),
      ],
    });
    const whole = await as('practitioner', 'POST', '', bundle('transaction'));
    expect([
      whole.status,
      whole.json.issue[0].code,
      (await test.request('GET', 'Patient?identifier=urn:x|transaction')).json.total,
    ]).toEqual([403, 'forbidden', 0]);
    const batch = await as('practitioner', 'POST', '', bundle('batch'));
    expect(batch.json.entry.map((entry: Json) => entry.response.status.slice(0, 3))).toEqual(['201', '403']);
  });

  it('can be overbooked by its owner', async () => {
    const made = await as(
      'practitioner',
      'POST',
      'Appointment',
      appointment('quota-cabinet', '26', { extension: [{ url: 'urn:creneau:fhir:overbooking', valueBoolean: true }] }),
    );
    expect(made.status).toBe(201);
  });
});

describe('the people of the demonstration', () => {
  it('are four, obviously fictional, and can be chosen by a script', async () => {
    const { json } = await new TestBrowser().json('GET', `${url}/auth/demo-people`);
    expect(json.people.map((person: Json) => [person.id, person.roles[0]]).slice(0, 4)).toEqual([
      ['praticien', 'practitioner'],
      ['secretaire', 'secretary'],
      ['regulateur', 'regulator'],
      ['exploitant', 'operator'],
    ]);
    const browser = new TestBrowser();
    const chosen = await browser.json('POST', `${url}/auth/demo-login`, { person: 'praticien' });
    expect(chosen.json).toMatchObject({
      person: { roles: ['practitioner'], practitioner: expect.stringMatching(/^Practitioner\//) },
      demo: true,
      open: true,
      methods: ['demo'],
      csrfToken: expect.any(String),
    });
    expect((await browser.json('GET', `${url}/auth/me`)).json).toEqual(chosen.json);
    const out = await browser.json('POST', `${url}/auth/logout`, undefined, { 'x-csrf-token': chosen.json.csrfToken });
    expect([out.json, (await browser.json('GET', `${url}/auth/me`)).json.person]).toEqual([{ redirect: '/' }, null]);
    expect((await browser.json('POST', `${url}/auth/demo-login`, { person: 'personne' })).status).toBe(422);
  });

  it('can be chosen on a page, where a regulator arrives', async () => {
    const browser = new TestBrowser();
    const page = await browser.go(`${url}/rdv?agenda=payet-reunion&origin=sas`);
    expect([page.status, page.text]).toEqual([200, expect.stringContaining('Personnes fictives.')]);
    const reply = await browser.form(
      `${url}/auth/demo-login`,
      { person: 'regulateur', return: '/rdv?agenda=payet-reunion&origin=sas' },
      { origin: url },
    );
    expect([reply.status, reply.headers['location']]).toEqual([303, '/rdv?agenda=payet-reunion&origin=sas']);
    expect((await browser.go(`${url}/rdv?agenda=payet-reunion&origin=sas`)).text).toContain('Créneaux libres');
  });

  it('can be chosen on this machine only', async () => {
    const chosen = (headers: Record<string, string>) =>
      new TestBrowser().json('POST', `${url}/auth/demo-login`, { person: 'praticien' }, headers);
    const refused = [
      await chosen({ host: 'agenda.example' }),
      await chosen({ 'x-forwarded-for': '10.1.2.3' }),
      await chosen({ origin: 'https://evil.example' }),
      await chosen({ 'content-type': 'text/plain' }),
    ];
    expect(refused.map((reply) => reply.status)).toEqual([421, 403, 403, 415]);
  });

  it.each([
    [
      ['--demo-login', 'true', '--host', '0.0.0.0', '--auth', 'token', '--callers', 'x'],
      'refusé hors de la boucle locale',
    ],
    [['--demo-login', 'true', '--public-url', 'https://agenda.example'], 'refusé hors de la boucle locale'],
    [
      [
        '--demo-login',
        'true',
        '--oidc-issuer',
        'https://idp.example',
        '--oidc-client-id',
        'a',
        '--oidc-client-secret',
        'b',
      ],
      'l’un ou l’autre',
    ],
    [
      ['--oidc-issuer', 'http://idp.example', '--oidc-client-id', 'a', '--oidc-client-secret', 'b'],
      'an https address (http on loopback only)',
    ],
    [['--oidc-issuer', 'https://idp.example'], 'vont ensemble'],
    [
      [
        '--oidc-issuer',
        'https://idp.example',
        '--oidc-client-id',
        'a',
        '--oidc-client-secret',
        'b',
        '--host',
        '0.0.0.0',
      ],
      'needs --public-url',
    ],
  ])('%j is refused', (argv, message) => expect(() => readConfig(argv, {})).toThrow(message));
});

it('where programs need a certificate, a session is enough for a person; its cookie needs https', async () => {
  const pki = await testPki();
  const server = await startTlsServer(pki, { demoLogin: true });
  const anybody = client(server, pki, undefined);
  try {
    server.server.people.introduce([
      {
        person: { id: 'a', roles: ['practitioner'], description: '', identity: demoIdentity('a', 'A') },
        rights: {
          name: 'A',
          subject: 'demo:a',
          roles: ['practitioner'],
          practitioner: 'Practitioner/a',
          agendas: [],
          places: [],
        },
      },
    ]);
    const { headers } = await anybody.call('POST', '/auth/demo-login', '{"person":"a"}', {
      'content-type': 'application/json',
    });
    const [cookie] = [headers['set-cookie']].flat();
    expect(cookie).toMatch(/^__Host-creneau_agenda=[\w-]{43}; Max-Age=36000; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
    const session = { cookie: cookie!.split(';')[0]! };
    const asked = await Promise.all([
      anybody.call('GET', '/fhir/Schedule'),
      anybody.call('GET', '/fhir/Schedule', undefined, session),
      anybody.call('GET', '/sas/Slot', undefined, session),
      anybody.call('GET', '/fhir/Schedule', undefined, { cookie: '__Host-creneau_agenda=invented' }),
    ]);
    expect(asked.map((reply) => reply.status)).toEqual([401, 200, 403, 401]);
  } finally {
    await anybody.close();
    await server.close();
    pki.remove();
  }
});

describe('the people file', () => {
  const entry = { name: 'A', subject: '1', roles: ['operator'] };
  const read = (...people: unknown[]): PersonEntry[] => readPeople(Buffer.from(JSON.stringify({ people })));
  it.each([
    [[{ ...entry, roles: ['manager'] }], 'there is no role "manager"'],
    [[{ ...entry, roles: 'operator' }], '"roles" is not a list'],
    [[{ ...entry, name: undefined }], 'a person has no name'],
    [[{ ...entry, subject: undefined }], 'neither subject nor email'],
    [[{ ...entry, roles: ['practitioner'] }], 'a practitioner without "practitioner"'],
    [[{ ...entry, practitioner: 'vasseur' }], '"practitioner" is not as expected'],
    [[{ ...entry, places: ['Schedule/a'] }], '"places" is not a list'],
  ])('refuses %j', (people, message) => expect(() => read(...people)).toThrow(message));
});
