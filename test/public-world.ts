/** Practices with pages for the public: the kinds of visit of `kind-world.ts`, published. */
import type { Json } from '../src/fhir/resource.ts';
import { PublicationStore } from '../src/store/records/publications.ts';
import { demoIdentity } from '../src/rest/access/people.ts';
import { call, type Reply } from './harness.ts';
import { type PageReply, TestBrowser } from './oidc-provider.ts';
import { CATALOGUE, type KindWorld, MINUTES, openKindWorld } from './kind-world.ts';

/** Complete for the gate, so that tests take away what they are about. */
export const PROFILE = {
  sector: '1',
  fees: 'Consultation : 30 €',
  payments: ['card', 'cash'],
  thirdParty: 'law',
  css: true,
  languages: ['fr', 'ar'],
};

export type Ask = (method: string, path: string, body?: Json) => Promise<PageReply>;

export interface PublicWorld {
  world: KindWorld;
  publications: PublicationStore;
  /** A practice with one practitioner and an agenda, all with the id; on line at `/p/{id}/{id}`. */
  publish(id: string, catalogue?: Json[]): Promise<void>;
  page(path: string, headers?: Record<string, string>): Promise<Reply>;
  post(path: string, fields: Record<string, string>, headers?: Record<string, string>): Promise<Reply>;
  /** Logs in as a fictional person with these rights. */
  person(id: string, rights: object): Promise<Ask>;
  close(): Promise<void>;
}

export async function openPublicWorld(settings: Parameters<typeof openKindWorld>[0] = {}): Promise<PublicWorld> {
  const world = await openKindWorld({ publicPages: true, demoLogin: true, ...settings });
  const { test } = world;
  const { url, database } = test.server;
  const publications = new PublicationStore(database);
  return {
    ...{ world, publications },
    async publish(id, catalogue = CATALOGUE) {
      await world.practice(id, catalogue, MINUTES);
      await world.put({
        resourceType: 'Location',
        id,
        name: `Cabinet ${id}`,
        managingOrganization: { reference: `Organization/${id}` },
        address: { line: ['1 rue du Port'], postalCode: '21000', city: 'Dijon' },
        telecom: [{ system: 'phone', value: '+33380000000' }],
        extension: [{ url: 'urn:creneau:fhir:access', valueCode: 'ramp' }],
      });
      const { json: role } = await test.request('GET', `PractitionerRole/${id}`);
      await world.put({
        ...role,
        location: [{ reference: `Location/${id}` }],
        specialty: [{ coding: [{ code: 'SM54', display: 'Médecine générale' }] }],
      });
      const practice = `Organization/${id}`;
      for (const practitioner of ['', `Practitioner/${id}`]) {
        const profile = JSON.stringify(practitioner === '' ? {} : PROFILE);
        await publications.write({ practice, practitioner, slug: id, isIndexed: false, profile }, test.clock.now);
        if (practitioner !== '') await publications.consent({ practice, practitioner }, test.clock.now);
        await publications.publish({ practice, practitioner }, test.clock.now);
      }
    },
    page: (path, headers = {}) => call(url + path, 'GET', undefined, { accept: 'text/html', ...headers }),
    post: (path, fields, headers = {}) =>
      call(url + path, 'POST', new URLSearchParams(fields).toString(), {
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'text/html',
        ...headers,
      }),
    async person(id, rights) {
      const identity = demoIdentity(id, id);
      const whole = { name: id, subject: identity.subject, agendas: [], places: [], ...rights } as never;
      const { roles } = rights as { roles: never[] };
      test.server.people.introduce([{ person: { id, roles, description: '', identity }, rights: whole }]);
      const browser = new TestBrowser();
      const { json } = await browser.json('POST', `${url}/auth/demo-login`, { person: id });
      const headers = { 'x-csrf-token': json.csrfToken, 'content-type': 'application/fhir+json' };
      return (method, path, body) => browser.json(method, `${url}${path}`, body, headers);
    },
    close: () => test.close(),
  };
}

/** The text of a page as a person reads it. */
export function wordsOf({ text }: Reply): string {
  return text
    .replace(/<style>[\s\S]*?<\/style>|<head>[\s\S]*?<\/head>/g, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/&#39;/g, "'")
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, '&')
    .replace(/\s+/g, ' ')
    .trim();
}
