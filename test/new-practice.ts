/** A practice, set up on an empty database with the code of the console, by people of a real OpenID provider. */
import { expect } from 'vitest';
import { openSetUp } from '../src/agenda/practice/joining.ts';
import { duration, offer, weekly } from '../src/demo/shapes.ts';
import type { Json } from '../src/fhir/resource.ts';
import { PeopleStore } from '../src/store/records/people.ts';
import { startTestServer, type TestServer } from './harness.ts';
import { type PageReply, startProvider, TestBrowser, type TestProvider } from './oidc-provider.ts';

/** Somebody in front of a browser. */
export interface Guest {
  browser: TestBrowser;
  ask(method: string, path: string, body?: Json): Promise<PageReply>;
}

export interface NewPractice {
  test: TestServer;
  provider: TestProvider;
  url: string;
  /** Of the console; each ends the one before. */
  code(): Promise<string>;
  /** Takes a ticket and logs in as this person of the provider; the last answer of the server. */
  join(ticket: string, person: string, name?: string): Promise<{ guest: Guest; reply: PageReply }>;
  logIn(person: string): Promise<Guest>;
  close(): Promise<void>;
}

export async function startNewPractice(people: readonly string[]): Promise<NewPractice> {
  const provider = await startProvider(Object.fromEntries(people.map((person) => [person, { name: person }])));
  const test = await startTestServer({ ...provider.settings() });
  const { url } = test.server;
  provider.serve(url);
  const guestOf = async (browser: TestBrowser): Promise<Guest> => {
    const { csrfToken } = (await browser.json('GET', `${url}/auth/me`)).json;
    const headers = { 'x-csrf-token': csrfToken ?? '', 'content-type': 'application/fhir+json' };
    return { browser, ask: (method, path, body) => browser.json(method, `${url}${path}`, body, headers) };
  };
  return {
    test,
    provider,
    url,
    code: () => openSetUp(new PeopleStore(test.server.database), test.server.database.now()),
    async join(ticket, person, name) {
      const browser = new TestBrowser();
      const asked = await browser.json('POST', `${url}/auth/join/login`, { ticket, name });
      if (asked.status !== 200) return { guest: await guestOf(browser), reply: asked };
      const reply = await browser.logIn(asked.json.redirect, person);
      return { guest: await guestOf(browser), reply };
    },
    async logIn(person) {
      const browser = new TestBrowser();
      await browser.logIn(`${url}/auth/login?return=/auth/me`, person);
      return guestOf(browser);
    },
    async close() {
      await test.close();
      await provider.close();
    },
  };
}

/** The practice that this guest runs. */
export async function practiceOf({ ask }: Guest): Promise<string> {
  return (await ask('GET', '/auth/me')).json.person.practices[0];
}

/** Writes a practice with one practitioner and an agenda, as its manager. Ids by name. */
export async function furnish(manager: Guest, family: string): Promise<Record<string, string>> {
  const practice = await practiceOf(manager);
  const make = async (resource: Json): Promise<string> => {
    const { status, json, text } = await manager.ask('POST', `/fhir/${resource.resourceType}`, resource);
    expect(status, text).toBe(201);
    return `${resource.resourceType}/${json.id}`;
  };
  const named = await manager.ask('PUT', `/fhir/${practice}`, {
    ...{ resourceType: 'Organization', id: practice.split('/')[1], name: `Cabinet ${family}` },
    identifier: [{ system: 'urn:oid:1.2.250.1.71.4.2.2', value: '1350000010' }],
  });
  expect(named.status, named.text).toBe(201);
  const organization = { reference: practice };
  const place = await make({ resourceType: 'Location', name: 'Cabinet', managingOrganization: organization });
  const practitioner = await make({ resourceType: 'Practitioner', name: [{ family }] });
  const role = await make({
    ...{ resourceType: 'PractitionerRole', organization, practitioner: { reference: practitioner } },
    location: [{ reference: place }],
  });
  const schedule = await make(agendaOf(practitioner, role));
  return { practice, place, practitioner, role, schedule };
}

export const AN_OFFER = offer({ visibility: ['PUBLIC'], mode: ['AMB'] });

export function agendaOf(...actors: string[]): Json {
  return {
    resourceType: 'Schedule',
    active: true,
    actor: actors.map((reference) => ({ reference })),
    extension: [
      duration('Consultation', 15),
      weekly({
        id: 'matin',
        days: ['MO', 'TU', 'WE', 'TH', 'FR'],
        from: '08:00',
        to: '12:00',
        first: '2026-11-02',
        offset: '+01:00',
      }),
    ],
  };
}
