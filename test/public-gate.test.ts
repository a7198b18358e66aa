/** Publishing: missing items are named one by one, practitioners consent in person, words against people stop it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { type Ask, openPublicWorld, PROFILE, type PublicWorld, wordsOf } from './public-world.ts';
import { CATALOGUE, MINUTES } from './kind-world.ts';

let world: PublicWorld;
let manager: Ask;
let camille: Ask;
let stranger: Ask;
const RPPS = { system: 'urn:oid:1.2.250.1.71.4.2.1', value: '810000000011' };
const PLACE = { line: ['1 rue du Port'], postalCode: '21000', city: 'Dijon' };

beforeAll(async () => {
  world = await openPublicWorld();
  await world.world.practice('port', CATALOGUE, MINUTES);
  await world.publish('other');
  manager = await world.person('manager', { roles: ['practice-manager'], practices: ['Organization/port'] });
  camille = await world.person('camille', { roles: ['practitioner'], practitioner: 'Practitioner/port' });
  stranger = await world.person('stranger', { roles: ['practice-manager'], practices: ['Organization/other'] });
});
afterAll(() => world.close());

const at = (name: string): string => `/fhir/Organization/port/$${name}`;
/** FHIR has no empty arrays. */
const parameters = (values: Record<string, Json>): Json => {
  const parameter = Object.entries(values).flatMap(([name, value]) =>
    [value].flat().map((item) => ({
      name,
      ...(typeof item === 'boolean' ? { valueBoolean: item } : { valueString: item }),
    })),
  );
  return { resourceType: 'Parameters', ...(parameter.length === 0 ? {} : { parameter }) };
};
const PORT = { practitioner: 'Practitioner/port' };
const ofPractitioner = (json: Json): Json => json.parameter.find(({ name }: Json) => name === 'practitioner').part;
const missing = (part: Json): string[] =>
  part.filter(({ name }: Json) => name === 'missing').map(({ part: [item] }: Json) => item.valueCode);
const textOf = ({ json }: { json: Json }): string => json.issue[0].details.text;
const profile = (changes: object = {}): Json => {
  const { payments, languages, ...others } = { ...PROFILE, ...changes };
  return parameters({ ...PORT, ...others, payment: payments, language: languages });
};

describe('a page that lacks something', () => {
  it('says what, item by item, until nothing is missing', async () => {
    const lacks = async (): Promise<string[]> =>
      missing(ofPractitioner((await manager('GET', at('publication'))).json));
    expect(await lacks()).toEqual(['identity', 'place', 'phone', 'consent', 'practice']);
    const { json: role } = await world.world.test.request('GET', 'PractitionerRole/port');
    const specialty = [{ coding: [{ code: 'SM54', display: 'Médecine générale' }] }];
    await world.world.put(
      { resourceType: 'Organization', id: 'port', name: 'Cabinet du Port', extension: CATALOGUE, telecom: [PHONE] },
      { resourceType: 'Practitioner', id: 'port', name: [{ family: 'Vasseur' }], identifier: [RPPS] },
      {
        resourceType: 'Location',
        id: 'port',
        address: PLACE,
        managingOrganization: { reference: 'Organization/port' },
      },
      { ...role, location: [{ reference: 'Location/port' }], specialty },
    );
    // A physician states more than others.
    expect(await lacks()).toEqual([...['consent', 'practice', 'fees', 'payments', 'sector', 'thirdParty', 'css']]);
    const refused = await manager('POST', at('publish'), parameters(PORT));
    expect([refused.status, textOf(refused)]).toEqual([
      422,
      "Il manque : l'accord du praticien, qu'il donne lui-même, la publication du cabinet lui-même, les honoraires, " +
        'les moyens de paiement, le secteur conventionnel, le tiers payant, la mention sur la complémentaire santé ' +
        'solidaire. La loi demande de les indiquer quand vous présentez votre activité au public (article R. 4127-53 ' +
        'du code de la santé publique).',
    ]);
    expect((await manager('POST', at('publication-write'), profile())).status).toBe(200);
    expect((await manager('POST', at('publish'), parameters({}))).status).toBe(200);
    expect(await lacks()).toEqual(['consent']);
    expect((await world.page('/p/cabinet-du-port/vasseur')).status).toBe(404);
  });

  it('nobody consents for a practitioner', async () => {
    for (const ask of [manager, stranger]) {
      const { status } = await ask('POST', at('publication-consent'), parameters(PORT));
      expect(status).toBe(403);
    }
    const program = await world.world.test.request(
      ...(['POST', 'Organization/port/$publication-consent', parameters(PORT)] as const),
    );
    expect(program.status).toBe(403);
    expect((await camille('POST', at('publication-consent'), parameters(PORT))).status).toBe(200);
    expect((await manager('POST', at('publish'), parameters(PORT))).status).toBe(200);
    const page = await world.page('/p/cabinet-du-port/vasseur');
    expect([page.status, wordsOf(page).includes('Consultation : 30 €')]).toEqual([200, true]);
    const [fact] = await world.world.test.sql<{ n: number }>(
      `SELECT count(*)::int AS n FROM audit_event WHERE 'publication-consent' = ANY(code)`,
    );
    expect(fact!.n).toBeGreaterThan(0);
  });

  it('a practitioner takes her own page off line, and her consent with it', async () => {
    expect((await camille('POST', at('unpublish'), parameters(PORT))).status).toBe(200);
    expect((await world.page('/p/cabinet-du-port/vasseur')).status).toBe(410);
    expect((await manager('POST', at('publish'), parameters(PORT))).status).toBe(422);
    await camille('POST', at('publication-consent'), parameters(PORT));
    expect((await camille('POST', at('publish'), parameters(PORT))).status).toBe(200);
    expect((await manager('POST', at('unpublish'), parameters(PORT))).status).toBe(200);
    expect((await manager('POST', at('publish'), parameters(PORT))).status).toBe(200);
  });
});

describe('a practice', () => {
  it('runs its own pages: a practitioner those of nobody else, another practice none', async () => {
    expect((await camille('POST', at('publish'), parameters({}))).status).toBe(403);
    expect((await camille('POST', at('publication-write'), parameters({ presentation: 'x' }))).status).toBe(403);
    for (const name of ['publication', 'care-refusals']) expect((await stranger('GET', at(name))).status).toBe(404);
    for (const name of ['publish', 'unpublish', 'publication-write', 'care-refusal-close'])
      expect([name, (await stranger('POST', at(name), parameters(PORT))).status]).toEqual([name, 404]);
  });

  it('chooses an address once; nobody else gets it', async () => {
    const taken = await stranger('POST', '/fhir/Organization/other/$publication-write', parameters({ slug: 'other' }));
    expect(taken.status).toBe(200);
    await manager('POST', at('publication-write'), parameters({ slug: 'ailleurs' }));
    expect((await world.page('/p/cabinet-du-port')).status).toBe(200);
    const odd = await manager('POST', at('publication-write'), parameters({ slug: 'Donnees !' }));
    expect([odd.status, odd.json.issue[0].expression]).toEqual([400, ['slug']]);
  });

  it('says nothing against anybody: the word is named', async () => {
    for (const presentation of ['Pas de CMU', 'C.M.U. acceptée', 'Ni AME ni C2S', 'Patients étrangers : appelez']) {
      const reply = await camille('POST', at('publication-write'), profile({ presentation }));
      expect([reply.status, reply.json.issue[0].expression]).toEqual([422, ['presentation']]);
      expect(textOf(reply)).toContain('Défenseur des droits');
    }
    const fine = await camille('POST', at('publication-write'), profile({ presentation: 'États d’âme bienvenus.' }));
    expect(fine.status).toBe(200);
  });

  it('refuses codes that nobody knows, and sites without https, with their place', async () => {
    const code = await manager('POST', at('publication-write'), profile({ sector: '3' }));
    expect([code.status, code.json.issue[0].expression]).toEqual([400, ['Parameters.parameter[1]']]);
    for (const site of [
      'http://cabinet.example',
      'javascript:alert(1)',
      'cabinet',
      'https://a.example; script-src *',
    ]) {
      const reply = await manager('POST', at('publication-write'), parameters({ site }));
      expect([site, reply.status]).toEqual([site, 400]);
    }
  });
});

describe('the pages on the site of the practice', () => {
  it('stand in frames of the sites that the practice named, and of no others', async () => {
    const sites = ['https://www.cabinet.example', 'https://cabinet.example/rendez-vous'];
    await manager('POST', at('publication-write'), parameters({ site: sites }));
    const { headers, text } = await world.page('/p/cabinet-du-port/vasseur?cadre=1');
    expect(headers['content-security-policy']).toMatch(
      /frame-ancestors https:\/\/www\.cabinet\.example https:\/\/cabinet\.example$/,
    );
    expect(text).toContain('target="_top"');
    expect(text).not.toContain('<form');
    const whole = await world.page('/p/cabinet-du-port/vasseur');
    expect(whole.headers['content-security-policy']).toContain("frame-ancestors 'none'");
    const other = await world.page('/p/other/other?cadre=1');
    expect(other.headers['content-security-policy']).toContain("frame-ancestors 'none'");
  });

  it('have an element of 4 kB at most', async () => {
    const { status, text, headers } = await world.page('/p/creneau-rdv.js');
    expect([status, headers['content-type']]).toEqual([200, 'text/javascript; charset=utf-8']);
    expect(text.length).toBeLessThan(4096);
    expect(text).not.toMatch(/cookie|localStorage|innerHTML/);
  });
});

describe('search engines', () => {
  it('get what the practice wants them to list, and nothing else', async () => {
    await manager('POST', at('publication-write'), profile({ indexed: true }));
    const { text, headers } = await world.page('/p/cabinet-du-port/vasseur');
    const url = `${world.world.test.server.url}/p/cabinet-du-port/vasseur`;
    expect(text).toContain(`<link rel="canonical" href="${url}">`);
    expect(text).toContain('<title>Vasseur, Médecine générale à Dijon</title>');
    expect(text).not.toContain('noindex');
    expect(headers['x-robots-tag']).toBeUndefined();
    const data = JSON.parse(/<script type="application\/ld\+json">(.*?)<\/script>/.exec(text)![1]!);
    expect(data).toMatchObject({ '@type': 'Physician', name: 'Vasseur', medicalSpecialty: 'Médecine générale' });
    expect(JSON.stringify(data)).not.toMatch(/\d{2}:\d{2}/);
    const sitemap = await world.page('/sitemap.xml');
    expect([...sitemap.text.matchAll(/<loc>(.*?)<\/loc>/g)].map(([, loc]) => loc)).toEqual([url]);
    const { text: robots } = await world.page('/robots.txt');
    for (const path of ['/r/', '/auth', '/fhir', '/*?']) expect(robots).toContain(`Disallow: ${path}\n`);
  });
});

describe('a report that care was refused', () => {
  it('reaches those who run the practice and the operator, and is closed once', async () => {
    const path = '/p/cabinet-du-port/refus-de-soins';
    expect(wordsOf(await world.page(path))).toContain('Défenseur des droits');
    const empty = await world.post(path, { said: ' ', contact: 'zoe@example.org' });
    expect([empty.status, empty.text.includes('zoe@example.org')]).toEqual([422, true]);
    const sent = await world.post(path, { said: 'On m’a dit non.', practitioner: 'vasseur', contact: '' });
    expect([sent.status, wordsOf(sent).includes('Signalement reçu')]).toEqual([200, true]);
    await world.post(path, { said: 'Un programme', site: 'https://spam.example' });
    const operator = await world.person('operator', { roles: ['operator'] });
    for (const ask of [manager, operator]) {
      const { json } = await ask('GET', at('care-refusals'));
      expect(json.parameter).toHaveLength(1);
      expect(JSON.stringify(json)).toContain('On m’a dit non.');
    }
    const { json } = await manager('GET', at('care-refusals'));
    const report = json.parameter[0].part[0].valueString;
    expect(
      (await stranger('POST', '/fhir/Organization/other/$care-refusal-close', parameters({ report }))).status,
    ).toBe(404);
    expect((await manager('POST', at('care-refusal-close'), parameters({ report }))).status).toBe(200);
    expect((await manager('POST', at('care-refusal-close'), parameters({ report }))).status).toBe(404);
  });

  it('is taken so many times in an hour', async () => {
    const path = '/p/other/refus-de-soins';
    const statuses = [];
    for (let i = 0; i < 21; i++) statuses.push((await world.post(path, { said: `${i}` })).status);
    expect(statuses).toEqual([...Array(20).fill(200), 429]);
  });

  it('comes from a page of this server', async () => {
    const path = '/p/other/refus-de-soins';
    const reply = await world.post(path, { said: 'x' }, { 'sec-fetch-site': 'cross-site' });
    expect(reply.status).toBe(403);
  });
});

describe('the pages below', () => {
  it('say who answers for the data, how long, and how accessible the pages are', async () => {
    const data = wordsOf(await world.page('/p/cabinet-du-port/donnees'));
    for (const fact of ['Cabinet du Port est responsable', 'la durée fixée par le cabinet', 'CNIL', '03 80 00 00 00'])
      expect(data).toContain(fact);
    const statement = wordsOf(await world.page('/p/cabinet-du-port/accessibilite'));
    for (const fact of ['RGAA 4.1', 'conformité partielle', 'Défenseur des droits']) expect(statement).toContain(fact);
    expect((await world.page('/p/nobody/donnees')).status).toBe(404);
  });
});

const PHONE = { system: 'phone', value: '+33380000000' };
