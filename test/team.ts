/** A server with the agendas of the SAS fixture, and people of each role logged in: who may do what, by whose hand. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { demoPeople } from '../src/cli/demo/people.ts';
import { demoIdentity } from '../src/rest/access/people.ts';
import type { Json } from '../src/fhir/resource.ts';
import type { Config } from '../src/runtime/config.ts';
import type { PersonEntry } from '../src/rest/access/person.ts';
import { NOW, startTestServer, type TestServer } from './harness.ts';
import { type PageReply, TestBrowser } from './oidc-provider.ts';

export interface Team {
  /** Its `request` is a program's, with every right: authentication is off. */
  test: TestServer;
  url: string;
  /**
   * By somebody of this role: the practitioner `quota`, the secretary of the place `reunion` who has the agenda
   * `quota-cabinet` besides; the `colleague`, the practitioner `petit`; the `reception` of the place `cabinet`, where
   * both practitioners work.
   */
  as(role: string, method: string, path: string, body?: Json): Promise<PageReply>;
  /** Of the fixture. */
  byId(type: string, id: string): Json;
  appointment(schedule: string, day: string, more?: Json): Json;
  put(...resources: Json[]): Promise<void>;
}

/** The structure of the practitioner and the secretary: whatever it has in its custody is theirs. */
export const CUSTODY: Json = { managingOrganization: { reference: 'Organization/sos' } };

export async function startTeam(changes: Partial<Config> = {}): Promise<Team> {
  const fixture = JSON.parse(readFileSync(join(import.meta.dirname, 'golden/sas/fixture.json'), 'utf8'));
  const test = await startTestServer({ demoLogin: true, personRate: 1_000_000, ...changes });
  const { url, people } = test.server;
  const browsers = new Map<string, { browser: TestBrowser; token: string }>();
  const byId = (type: string, id: string): Json =>
    fixture.entry.find((entry: Json) => entry.resource.resourceType === type && entry.resource.id === id).resource;
  const put = async (...resources: Json[]): Promise<void> => {
    for (const resource of resources)
      expect(
        (await test.request('PUT', `${resource.resourceType}/${resource.id}`, resource)).status,
        `${resource.resourceType}/${resource.id}`,
      ).toBeLessThan(300);
  };
  for (const { resource } of fixture.entry) await put(resource);
  await put(
    { ...byId('PractitionerRole', 'quota-cabinet'), organization: CUSTODY['managingOrganization'] },
    { ...byId('Patient', 'alice'), ...CUSTODY },
  );
  await put({
    resourceType: 'Location',
    id: 'salle',
    name: 'Salle 2',
    physicalType: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/location-physical-type', code: 'ro' }] },
  });
  await put({
    ...byId('Schedule', 'payet-reunion'),
    id: 'salle',
    actor: [{ reference: 'Location/salle' }],
    identifier: undefined,
    extension: byId('Schedule', 'quota-cabinet')['extension'],
  });
  people.introduce(
    await demoPeople(test.server, {
      now: NOW,
      requestId: 'test',
      caller: 'test',
      roles: ['*'],
      strict: false,
      base: test.base,
    }),
  );
  const introduce = (id: string, more: Partial<PersonEntry>): void => {
    const rights: PersonEntry = {
      name: id,
      subject: demoIdentity(id, id).subject,
      roles: [],
      agendas: [],
      places: [],
      ...more,
    };
    people.introduce([{ person: { id, roles: more.roles!, description: '', identity: demoIdentity(id, id) }, rights }]);
  };
  introduce('practitioner', { roles: ['practitioner'], practitioner: 'Practitioner/quota' });
  introduce('secretary', { roles: ['secretary'], places: ['Location/reunion'], agendas: ['Schedule/quota-cabinet'] });
  introduce('colleague', { roles: ['practitioner'], practitioner: 'Practitioner/petit' });
  introduce('reception', { roles: ['secretary'], places: ['Location/cabinet'] });
  for (const [name, person] of [
    ['practitioner', 'practitioner'],
    ['colleague', 'colleague'],
    ['reception', 'reception'],
    ['secretary', 'secretary'],
    ['regulator', 'regulateur'],
    ['operator', 'exploitant'],
  ] as const) {
    const browser = new TestBrowser();
    const { json } = await browser.json('POST', `${url}/auth/demo-login`, { person });
    browsers.set(name, { browser, token: json.csrfToken });
  }
  return {
    test,
    url,
    byId,
    put,
    as(role, method, path, body) {
      const { browser, token } = browsers.get(role)!;
      return browser.json(method, `${url}/fhir${path}`.replace(/fhir(?=\w)/, 'fhir/'), body, {
        'x-csrf-token': token,
        'content-type': 'application/fhir+json',
      });
    },
    appointment: (schedule, day, more = {}) => ({
      resourceType: 'Appointment',
      status: 'booked',
      start: `2026-11-${day}T10:00:00+01:00`,
      end: `2026-11-${day}T10:30:00+01:00`,
      participant: [
        { actor: { reference: `Practitioner/${schedule.split('-')[0]}` }, status: 'accepted' },
        { actor: { reference: 'Patient/alice' }, status: 'accepted' },
      ],
      ...more,
    }),
  };
}
