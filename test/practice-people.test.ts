/** A practice keeps its people itself: the set-up code, invitations, rights that end, and the last manager. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { type Guest, furnish, type NewPractice, practiceOf, startNewPractice } from './new-practice.ts';

let opened: NewPractice;
let manager: Guest;
let practice: string;
let ids: Record<string, string>;

const PEOPLE = ['claire', 'sophie', 'marc', 'lucas', 'nina', 'autre'];

beforeAll(async () => {
  opened = await startNewPractice(PEOPLE);
});
afterAll(() => opened.close());

const parts = (json: Json, name: string): Json[] =>
  json.parameter.filter((parameter: Json) => parameter.name === name).map((parameter: Json) => parameter.part);
const textIn = (part: Json[], name: string): unknown => {
  const found = part.find((item) => item.name === name);
  return found?.valueString ?? found?.valueCode;
};

async function invite(name: string, right: Json[], by = manager): Promise<string> {
  const { status, json, text } = await by.ask('POST', `/fhir/${practice}/$invite`, {
    resourceType: 'Parameters',
    parameter: [
      { name: 'name', valueString: name },
      { name: 'email', valueString: `${name}@cabinet.example` },
      { name: 'right', part: right },
    ],
  });
  expect(status, text).toBe(201);
  return json.parameter[0].valueUrl.split('#')[1];
}

const right = (role: string, target: string, ...powers: string[]): Json[] => [
  { name: 'role', valueCode: role },
  { name: 'target', valueReference: { reference: target } },
  ...powers.map((power) => ({ name: 'power', valueCode: power })),
];

async function idOf(name: string): Promise<string> {
  const { json } = await manager.ask('GET', `/fhir/${practice}/$people`);
  return textIn(parts(json, 'person').find((part) => textIn(part, 'name') === name)!, 'id') as string;
}

const withdraw = async (id: string, by = manager): Promise<{ status: number; json: Json }> =>
  by.ask('POST', `/fhir/${practice}/$withdraw`, {
    resourceType: 'Parameters',
    parameter: [{ name: 'person', valueString: id }],
  });

describe('the set-up of an empty installation', () => {
  it('is offered while it belongs to nobody, and needs the right code', async () => {
    const stranger = await opened.logIn('autre');
    expect((await stranger.ask('GET', '/auth/me')).json).toMatchObject({ person: null, setUp: true });
    const { reply } = await opened.join('0123-4567-89ab-cdef-0123-4567-89ab-cdef', 'autre', 'Autre');
    expect([reply.status, reply.json.issue[0].details.text]).toEqual([404, "Ce code n'est pas le bon."]);
  });

  it('a newer code ends the older one; a code ends after an hour', async () => {
    const first = await opened.code();
    const second = await opened.code();
    expect((await opened.join(first, 'claire', 'Claire')).reply.status).toBe(404);
    opened.test.clock.now += 3_600_000;
    expect((await opened.join(second, 'claire', 'Claire')).reply.status).toBe(410);
  });

  it('the code makes the first manager, once', async () => {
    const code = await opened.code();
    const { guest, reply } = await opened.join(code.toUpperCase().replaceAll('-', ' '), 'claire', 'Claire Martin');
    expect(reply.status).toBe(200);
    manager = guest;
    practice = await practiceOf(manager);
    const { json } = await manager.ask('GET', '/auth/me');
    expect(json).toMatchObject({ person: { roles: ['practice-manager'], practices: [practice] } });
    expect(json.setUp).toBeUndefined();
    const again = await opened.join(code, 'autre', 'Autre');
    expect([again.reply.status, again.reply.json.issue[0].details.text]).toEqual([410, 'Ce code a déjà été utilisé.']);
    expect((await opened.join(await opened.code(), 'autre', 'Autre')).reply.status).toBe(410);
  });

  it('the manager furnishes the practice, and sees free slots in it', async () => {
    ids = await furnish(manager, 'Vasseur');
    const { json } = await manager.ask(
      'GET',
      `/fhir/Slot?schedule=${ids['schedule']}&status=free&start=ge2026-11-25&start=lt2026-11-26`,
    );
    expect(json.total).toBe(16);
  });
});

describe('an invitation', () => {
  it('gives its rights to the login that takes it, once', async () => {
    const ticket = await invite('Sophie', right('secretary', ids['place']!));
    const looked = await manager.browser.json('POST', `${opened.url}/auth/join`, { ticket });
    expect(looked.json).toEqual({
      kind: 'invitation',
      name: 'Sophie',
      roles: ['secretary'],
      methods: ['openid-connect'],
    });
    const { guest } = await opened.join(ticket, 'sophie');
    const { json } = await guest.ask('GET', '/auth/me');
    expect(json.person).toMatchObject({ roles: ['secretary'], places: [ids['place']] });
    expect((await guest.ask('GET', `/fhir/${ids['schedule']}/$agenda?start=2026-11-25&end=2026-11-26`)).status).toBe(
      200,
    );
    const again = await opened.join(ticket, 'autre');
    expect([again.reply.status, again.reply.json.issue[0].details.text]).toEqual([
      410,
      'Cette invitation a déjà été utilisée.',
    ]);
    const later = await opened.logIn('sophie');
    expect((await later.ask('GET', '/auth/me')).json.person.roles).toEqual(['secretary']);
  });

  it('ends after 72 hours, and not a second before; a new link ends the one before', async () => {
    const ticket = await invite('Marc', right('practitioner', ids['practitioner']!));
    const look = async (secret: string): Promise<number> =>
      (await manager.browser.json('POST', `${opened.url}/auth/join`, { ticket: secret })).status;
    const { now } = opened.test.clock;
    opened.test.clock.now = now + 72 * 3_600_000 - 1000;
    expect(await look(ticket)).toBe(200);
    opened.test.clock.now = now + 72 * 3_600_000;
    expect(await look(ticket)).toBe(410);
    opened.test.clock.now = now;
    const { status, json } = await manager.ask('POST', `/fhir/${practice}/$invite`, {
      resourceType: 'Parameters',
      parameter: [{ name: 'person', valueString: await idOf('Marc') }],
    });
    expect([status, await look(ticket)]).toEqual([201, 404]);
    const { guest } = await opened.join(json.parameter[0].valueUrl.split('#')[1], 'marc');
    expect((await guest.ask('GET', '/auth/me')).json.person.practitioner).toBe(ids['practitioner']);
  });

  it('many browsers take one invitation at once: one of them gets it', async () => {
    const ticket = await invite('Lucas', right('secretary', ids['schedule']!));
    const tries = await Promise.all(['lucas', 'nina', 'autre'].map((person) => opened.join(ticket, person)));
    const roles = await Promise.all(
      tries.map(async ({ guest }) => (await guest.ask('GET', '/auth/me')).json.person?.roles?.length ?? 0),
    );
    expect(roles.sort()).toEqual([0, 0, 1]);
  });

  it.each([
    ['about another practice', () => right('secretary', 'Location/elsewhere'), 403],
    ['to run another practice', () => right('practice-manager', 'Organization/elsewhere'), 403],
    ['of an unknown role', () => right('operator', practice), 400],
    ['with an unknown power', () => right('secretary', ids['place']!, 'everything'), 400],
    ['of a practitioner for a place', () => right('practitioner', ids['place']!), 400],
  ])('with a right %s is refused', async (_what, given, expected) => {
    const { status } = await manager.ask('POST', `/fhir/${practice}/$invite`, {
      resourceType: 'Parameters',
      parameter: [
        { name: 'name', valueString: 'X' },
        { name: 'right', part: given() },
      ],
    });
    expect(status).toBe(expected);
  });
});

describe('one more right', () => {
  const grant = (by: Guest, target: string, person?: string): Promise<{ status: number }> =>
    by.ask('POST', `/fhir/${practice}/$grant`, {
      resourceType: 'Parameters',
      parameter: [
        ...(person === undefined ? [] : [{ name: 'person', valueString: person }]),
        { name: 'right', part: right('practitioner', target) },
      ],
    });

  it('the manager is the practitioner too, and gives rights to others of the practice only', async () => {
    expect((await grant(manager, ids['practitioner']!)).status).toBe(200);
    expect((await manager.ask('GET', '/auth/me')).json.person).toMatchObject({
      roles: ['practitioner', 'practice-manager'],
      practitioner: ids['practitioner'],
    });
    expect((await grant(manager, ids['practitioner']!, 'nobody')).status).toBe(404);
    expect((await grant(manager, 'Practitioner/elsewhere')).status).toBe(403);
    expect((await grant(await opened.logIn('sophie'), ids['practitioner']!)).status).toBe(403);
  });
});

describe('somebody who leaves', () => {
  it('has no right any more at the next request, and the manager sees it', async () => {
    const sophie = await opened.logIn('sophie');
    expect((await sophie.ask('GET', '/fhir/Schedule')).status).toBe(200);
    const id = await idOf('Sophie');
    expect((await withdraw(id)).status).toBe(200);
    const { status, json } = await sophie.ask('GET', '/fhir/Schedule');
    expect([status, json.issue[0].details.text]).toEqual([403, "Votre compte n'existe pas ou n'est plus actif ici."]);
    expect((await withdraw(id)).status).toBe(404);
    const people = await manager.ask('GET', `/fhir/${practice}/$people`);
    const states = parts(people.json, 'person').map((part) => [textIn(part, 'name'), textIn(part, 'state')]);
    expect(states).toContainEqual(['Sophie', 'withdrawn']);
  });

  it('is never the last manager, even if two of them remove each other at once', async () => {
    const refused = await withdraw(await idOf('Claire Martin'));
    expect([refused.status, refused.json.issue[0].details.text]).toEqual([
      422,
      'Cette personne est la seule à gérer le cabinet : nommez-en une autre avant de la retirer.',
    ]);
    const { guest: second } = await opened.join(await invite('Nina', right('practice-manager', practice)), 'nina');
    const [claire, nina] = [await idOf('Claire Martin'), await idOf('Nina')];
    const answers = await Promise.all([withdraw(nina), withdraw(claire, second)]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const left = await opened.test.sql<{ n: number }>(
      'SELECT count(*)::int AS n FROM person p JOIN person_right r ON r.person = p.id ' +
        "WHERE r.role = 'practice-manager' AND p.withdrawn_at IS NULL",
    );
    expect(left[0]!.n).toBe(1);
  });

  it('each change of people is recorded, without a name', async () => {
    const rows = await opened.test.sql<{ fact: unknown }>(
      "SELECT fact FROM audit_event WHERE fact::text LIKE '%\"person-%'",
    );
    const facts = rows.map(({ fact }) => (typeof fact === 'string' ? fact : JSON.stringify(fact)));
    expect(facts.filter((fact) => fact.includes('person-withdraw'))).toHaveLength(2);
    const text = facts.join('\n');
    expect(text).not.toMatch(/Sophie|cabinet\.example/);
  });
});
