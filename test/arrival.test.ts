/** A regulator arrives from the SAS, logs in at a real provider, books; and everybody else does not. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Json, Resource } from '../src/fhir/resource.ts';
import { parseSearch } from '../src/fhir/search/parse.ts';
import { type Context, entryText } from '../src/fhir/interaction.ts';
import { NOW, startTestServer, type TestServer } from './harness.ts';
import { type PageReply, startProvider, TestBrowser, type TestProvider } from './oidc-provider.ts';

const fixture = JSON.parse(readFileSync(join(import.meta.dirname, 'golden/sas/fixture.json'), 'utf8'));
const IDNPS = {
  type: { coding: [{ system: 'http://interopsante.org/fhir/CodeSystem/fr-v2-0203', code: 'IDNPS' }] },
  system: 'urn:oid:1.2.250.1.71.4.2.1',
};

let provider: TestProvider;
let test: TestServer;
let url: string;
let context: Context;

beforeAll(async () => {
  provider = await startProvider({
    ines: { name: 'Inès Lemaire', SubjectNameID: '810000009999', email: 'autre@ailleurs.example' },
    paul: { name: 'Paul Roy', SubjectNameID: '810000007777', email: 'Paul.Roy@samu.example' },
    sosie: { name: 'Sosie', email: 'paul.roy@samu.example', email_verified: false },
    inconnu: { name: 'Inconnu', SubjectNameID: '810000001111' },
  });
  test = await startTestServer(provider.settings());
  url = test.server.url;
  provider.serve(url);
  context = {
    now: NOW,
    requestId: 'test',
    caller: 'test',
    roles: ['*'],
    strict: false,
    loading: true,
    base: test.base,
  };
  for (const { resource } of fixture.entry) await test.server.backend.update(context, resource, resource.id, {});
  await account('ines', { ...IDNPS, value: '810000009999' }, 'ines@samu.example');
  await account('paul', { ...IDNPS, value: '3456780581/11242343' }, 'paul.roy@samu.example');
});

afterAll(async () => {
  await test.close();
  await provider.close();
});

beforeEach(() => {
  test.clock.now = NOW;
});

/** The account that the platform sends (INT_R02). */
function account(name: string, identifier: Json, email: string, active = true): Promise<unknown> {
  const resource = {
    resourceType: 'Practitioner',
    meta: { profile: ['https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/FrPractitionerRegul'] },
    identifier: [identifier],
    active,
    name: [{ family: name, given: ['A'] }],
    telecom: [{ system: 'email', value: email }],
  };
  return test.server.editor.accounts.update(
    context,
    resource,
    `identifier=${encodeURIComponent(`${identifier.system}|${identifier.value}`)}`,
  );
}

/** The URL that the SAS is given for a slot, as it appends to it. */
async function bookingUrl(practitioner: string, index = 0): Promise<string> {
  const { resource } = fixture.entry.find((entry: Json) => entry.resource.id === practitioner);
  const query = `_include=Slot:schedule&_include:iterate=Schedule:actor&status=free&start=ge2026-11-24&start=le2026-11-27&schedule.actor:Practitioner.identifier=${encodeURIComponent(`${resource.identifier[0].system}|${resource.identifier[0].value}`)}`;
  const { entries } = await test.server.editor.search({ ...context, base: `${url}/sas` }, parseSearch('Slot', query));
  const slots = entries.filter((entry) => entry.type === 'Slot').map((entry) => JSON.parse(entryText(entry)));
  return `${slots[index].comment}&origin=sas-preprod`;
}

const text = (reply: PageReply): string =>
  reply.text
    .replace(/<style>.*?<\/style>/s, '')
    .replace(/<[^>]+>/g, ' ')
    .replaceAll('&#39;', "'")
    .replace(/\s+/g, ' ');
const field = (reply: PageReply, name: string): string =>
  new RegExp(`name="${name}" value="([^"]*)"`).exec(reply.text)?.[1] ?? '';
const slotsOf = (reply: PageReply): string[] =>
  [...reply.text.matchAll(/(?:slot=|name="slot" value=")([\w.-]+)/g)].map(([, id]) => id!);
const PATIENT = { family: "O'Neil <Test>", given: 'Zoé', phone: '06 12 34 56 78' };

async function arrive(
  practitioner = 'quota',
  index = 0,
  person = 'ines',
): Promise<{ browser: TestBrowser; page: PageReply }> {
  const browser = new TestBrowser();
  return { browser, page: await browser.logIn(await bookingUrl(practitioner, index), person) };
}

/** Sends the form as it stands, with these changes. */
function send(browser: TestBrowser, page: PageReply, changes: Record<string, string> = {}): Promise<PageReply> {
  return browser.form(page.url, {
    csrf: field(page, 'csrf'),
    form: field(page, 'form'),
    slot: field(page, 'slot'),
    ...PATIENT,
    ...changes,
  });
}

async function appointments(): Promise<Resource[]> {
  return (await test.sql<{ body: string }>('SELECT body FROM appointment WHERE NOT deleted')).map((row) =>
    JSON.parse(row.body),
  );
}

describe('an arrival', () => {
  it('starts at the URL of the agenda at a time: our page, absolute, with a "?" (C9, C10)', async () => {
    expect(await bookingUrl('petit')).toMatch(
      new RegExp(`^${url}/rdv\\?agenda=petit-cabinet&debut=2026-11-25T08:00Z&origin=sas-preprod$`),
    );
  });

  it('from the SAS without a session goes to the provider, and comes back to the slot', async () => {
    const address = await bookingUrl('petit');
    // In one hop: the national kit follows three redirects in all.
    const first = await new TestBrowser().send('GET', address);
    expect([first.status, String(first.headers['location'])]).toEqual([
      303,
      expect.stringMatching(`^${provider.issuer}/auth\\?`),
    ]);
    expect((await new TestBrowser().go(address)).url).toContain(`${provider.issuer}/interaction/`);
    const { page } = await arrive('petit');
    expect([page.status, page.url]).toEqual([200, address]);
    expect(text(page)).toContain('Réserver un créneau Professionnel Dr Luc PETIT');
    expect(text(page)).toContain('mercredi 25 novembre 2026, de 09:00 à 09:30');
  });

  it.each(['/rdv?agenda=petit-cabinet', '/rdv', '/rdv/'])(
    'without origin is offered the ordinary login: %s',
    async (path) => {
      const reply = await new TestBrowser().send('GET', url + path);
      expect([reply.status, text(reply)]).toEqual([200, expect.stringContaining('Se connecter')]);
    },
  );

  it.each([
    '/rdv/&origin=sas',
    '/rdv?agenda=petit-cabinet&origin=sas',
    '/rdv?agenda=petit-cabinet?origin=sas',
    '/rdv/?agenda=petit-cabinet&origin=SAS-prod',
  ])('from the SAS, however origin was put there: %s (C10)', async (path) => {
    const reply = await new TestBrowser().send('GET', url + path);
    expect([reply.status, String(reply.headers['location'])]).toEqual([
      303,
      expect.stringMatching(`^${provider.issuer}/auth\\?`),
    ]);
    const page = await new TestBrowser().logIn(url + path, 'ines');
    expect([page.status, text(page)]).toEqual(
      path.includes('agenda')
        ? [200, expect.stringContaining('Dr Luc PETIT')]
        : [404, expect.stringContaining('ne désigne aucun agenda')],
    );
  });

  it('finds the account by the SubjectNameID, else by a verified e-mail', async () => {
    expect(text((await arrive('petit', 0, 'ines')).page)).toContain('Inès Lemaire');
    expect(text((await arrive('petit', 0, 'paul')).page)).toContain('Paul Roy');
    for (const stranger of ['sosie', 'inconnu']) {
      const { page, browser } = await arrive('petit', 0, stranger);
      expect([page.status, text(page)]).toEqual([
        403,
        expect.stringContaining('aucun compte régulateur actif ne lui correspond ici'),
      ]);
      expect(browser.cookies.has('creneau_agenda')).toBe(false);
    }
  });

  it('uses the account only when it comes from the SAS', async () => {
    const browser = new TestBrowser();
    const reply = await browser.logIn(`${url}/auth/login?return=/rdv%3Fagenda=petit-cabinet`, 'ines');
    expect([reply.status, text(reply)]).toEqual([403, expect.stringContaining('venez depuis la plateforme SAS')]);
  });

  it('gives the regulator this page, and nothing of the API', async () => {
    const { browser } = await arrive();
    const asked = await Promise.all(
      ['/fhir/Patient', '/fhir/Slot', '/sas/Slot', '/metrics'].map(
        async (path) => (await browser.send('GET', url + path)).status,
      ),
    );
    expect(asked).toEqual([403, 403, 403, 403]);
  });
});

describe('a booking', () => {
  it('books the chosen slot for patient, professional and operator; no name in the address', async () => {
    const { browser, page } = await arrive('petit');
    const sent = await send(browser, page, { reason: 'Fièvre', birthDate: '1990-05-17' });
    expect(sent.status).toBe(303);
    const confirmed = await browser.go(new URL(sent.headers['location'] as string, url).href);
    expect(confirmed.url).toMatch(/\/rdv\?rendez-vous=[\w-]+&origin=sas-preprod$/);
    expect(text(confirmed)).toContain(
      'Rendez-vous confirmé Le rendez-vous est enregistré dans l’agenda du professionnel. ' +
        "Patient Zoé O'Neil &lt;Test&gt; Professionnel Dr Luc PETIT",
    );
    const [made] = (await appointments()).filter((appointment) => appointment['description'] === 'Fièvre');
    expect(made).toMatchObject({
      status: 'booked',
      start: '2026-11-25T09:00:00+01:00',
      extension: [
        {
          url: 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-appointment-operator',
          valueReference: { identifier: { ...IDNPS, value: '810000009999' } },
        },
      ],
      participant: [
        { actor: { reference: 'Practitioner/petit' } },
        { actor: { reference: 'PractitionerRole/petit-cabinet' } },
        { actor: { reference: expect.stringMatching(/^Patient\//) } },
      ],
    });
    const stranger = await arrive('quota', 0, 'paul');
    expect((await stranger.browser.send('GET', confirmed.url)).status).toBe(404);
  });

  it('is made once when the button is pressed twice, at once or later', async () => {
    const { browser, page } = await arrive('payet');
    const both = await Promise.all([send(browser, page), send(browser, page)]);
    const again = await send(browser, page);
    expect(new Set([...both, again].map((reply) => `${reply.status} ${reply.headers['location']}`)).size).toBe(1);
    expect(
      (await appointments()).filter((appointment) => appointment['start'] === '2026-11-25T08:00:00+04:00'),
    ).toHaveLength(1);
    const patients = await test.sql(
      `SELECT * FROM patient WHERE NOT deleted AND body LIKE '%06 12 34 56 78%' AND body NOT LIKE '%1990-05-17%'`,
    );
    expect(patients).toHaveLength(1);
  });

  it('overseas names the time zone', async () => {
    const { page } = await arrive('payet');
    expect(text(page)).toContain(
      'mercredi 25 novembre 2026, de 08:30 à 09:00 (heure du lieu ; à Paris : mercredi 05:30)',
    );
  });

  it('of a slot that was taken meanwhile offers the nearest free ones, and nothing is typed twice', async () => {
    const [first, second] = [await arrive('quota', 1), await arrive('quota', 1, 'paul')];
    expect((await send(first.browser, first.page)).status).toBe(303);
    const refused = await send(second.browser, second.page);
    expect([refused.status, text(refused)]).toEqual([
      409,
      expect.stringContaining(
        "Ce créneau n'est plus libre. Voici les plus proches sur le même agenda. " +
          'Rien de ce que vous avez saisi n’est perdu.',
      ),
    ]);
    expect(field(refused, 'family')).toBe('O&#39;Neil &lt;Test&gt;');
    const other = slotsOf(refused)[0]!;
    const form = await second.browser.form(refused.url, {
      csrf: field(refused, 'csrf'),
      step: 'choose',
      slot: other,
      ...PATIENT,
    });
    expect([form.status, field(form, 'slot'), field(form, 'form')]).toEqual([
      200,
      other,
      expect.stringMatching(/^[\w-]{36}$/),
    ]);
    expect(form.text).toContain('value="Zoé"');
    expect((await send(second.browser, form)).status).toBe(303);
    const { page } = await arrive('quota', 0);
    const looked = await first.browser.send('GET', first.page.url);
    expect([page.status, looked.status, text(looked)]).toEqual([
      200,
      200,
      expect.stringContaining("Ce créneau n'est plus libre"),
    ]);
  });

  it('of a slot or agenda that the SAS does not see is refused', async () => {
    const { browser, page } = await arrive();
    const list = (agenda: string): Promise<PageReply> => browser.send('GET', `${url}/rdv?agenda=${agenda}&origin=sas`);
    const paused = await list('pause-cabinet');
    expect([slotsOf(paused), text(paused)]).toEqual([[], expect.stringContaining('Aucun créneau ouvert au SAS')]);
    // Its only slot is shown, and takes no appointment (WALKIN).
    expect(slotsOf(await list('cache-cabinet'))).toEqual([]);
    const [hidden] = (
      await test.server.backend.search(
        context,
        parseSearch('Slot', 'schedule=Schedule/cache-cabinet&status=free&start=ge2026-11-25&start=lt2026-11-28'),
      )
    ).entries;
    const before = (await appointments()).length;
    const refused = await send(browser, page, { slot: hidden!.id });
    expect([refused.status, (await appointments()).length]).toEqual([409, before]);
  });

  it('with wrong fields says which, and keeps the typed values', async () => {
    const { browser, page } = await arrive();
    const reply = await send(browser, page, {
      family: '  ',
      phone: 'abc',
      birthDate: '2026-12-24',
      given: '\u202Eمريم 🦄',
    });
    expect([reply.status, text(reply)]).toEqual([
      400,
      expect.stringContaining("3 champs sont à corriger : rien n'est encore réservé."),
    ]);
    for (const [name, fault] of [
      ['family', 'Indiquez le nom.'],
      ['phone', 'Ce numéro de téléphone est incompris.'],
      ['birthDate', 'Cette date n&#39;existe pas, ou n&#39;est pas encore venue.'],
    ] as const) {
      expect(reply.text).toMatch(
        new RegExp(`name="${name}"[^>]*aria-invalid="true" aria-describedby="[^"]*${name}-faute"`),
      );
      expect(reply.text).toContain(`id="${name}-faute">${fault}`);
    }
    expect(reply.text).toContain('value="\u202Eمريم 🦄"');
    expect((await send(browser, page, { family: 'x'.repeat(301) })).status).toBe(400);
  });

  it('without the CSRF token, or from another site, is refused', async () => {
    const { browser, page } = await arrive();
    const before = (await appointments()).length;
    const spoilt = await Promise.all([
      send(browser, page, { csrf: '' }),
      send(browser, page, { csrf: 'x' }),
      browser.form(
        page.url,
        { csrf: field(page, 'csrf'), slot: field(page, 'slot'), ...PATIENT },
        { origin: 'https://evil.example' },
      ),
    ]);
    expect(spoilt.map((reply) => reply.status)).toEqual([403, 403, 403]);
    expect((await appointments()).length).toBe(before);
  });

  it('after the session has ended says that nothing was booked', async () => {
    const { browser, page } = await arrive();
    test.clock.now = NOW + 61 * 60_000;
    const reply = await send(browser, page);
    expect([reply.status, text(reply)]).toEqual([
      401,
      expect.stringContaining("Votre session a expiré : rien n'a été enregistré."),
    ]);
  });

  it('by an account that was disabled meanwhile is refused at once', async () => {
    const { browser, page } = await arrive('quota', 0, 'paul');
    await account('paul', { ...IDNPS, value: '3456780581/11242343' }, 'paul.roy@samu.example', false);
    const refused = await Promise.all([send(browser, page), browser.send('GET', page.url)]);
    for (const reply of refused)
      expect([reply.status, text(reply)]).toEqual([
        403,
        expect.stringContaining('a été désactivé par la plateforme SAS'),
      ]);
    expect((await browser.json('GET', `${url}/auth/me`)).json.person).toMatchObject({ roles: [] });
    await account('paul', { ...IDNPS, value: '3456780581/11242343' }, 'paul.roy@samu.example', true);
    expect((await browser.send('GET', page.url)).status).toBe(200);
  });
});

it('the page has no script, loads nothing, and cannot be framed', async () => {
  const { page } = await arrive();
  const policy = page.headers['content-security-policy'] as string;
  expect(policy).toMatch(
    /^default-src 'none'; style-src 'sha256-[\w+/=]{44}'; form-action 'self' http:\/\/127\.0\.0\.1:\d+; base-uri 'none'; frame-ancestors 'none'$/,
  );
  expect(page.text).not.toMatch(/<script|\sstyle="|\son\w+="/);
  expect(page.headers['cache-control']).toBe('no-store');
});
