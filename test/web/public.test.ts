/**
 * The pages for the public, by keyboard, without JavaScript, at 320 points; and the way to them: a manager fills a
 * page, a practitioner agrees, both at `/cabinet`.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CATALOGUE, MINUTES } from '../kind-world.ts';
import { openPublicWorld, type PublicWorld } from '../public-world.ts';
import { check, expectNoFaults, hasChromium, soon, Visitors, violationsOf } from './browser.ts';

const NARROW = { width: 320, height: 720 };
const PHONE = { system: 'phone', value: '+33380000000' };
const RPPS = { system: 'urn:oid:1.2.250.1.71.4.2.1', value: '810000000011' };

/** Runs in the page: the text and the name of what has the focus, unless that is the whole page. */
const FOCUSED = `(({ activeElement: focus, body }) =>
  focus === body ? '' : focus.textContent + ' ' + (focus.getAttribute('name') ?? ''))(document)`;

let world: PublicWorld;
let visitors: Visitors;

describe.skipIf(!hasChromium)('the pages for the public', () => {
  beforeAll(async () => {
    world = await openPublicWorld();
    visitors = new Visitors(() => world.world.test.server.url);
    await world.publish('phare');
    await world.person('manager', { roles: ['practice-manager'], practices: ['Organization/port'] });
    await world.person('camille', { roles: ['practitioner'], practitioner: 'Practitioner/port' });
    await world.world.practice('port', CATALOGUE, MINUTES);
    const { json: role } = await world.world.test.request('GET', 'PractitionerRole/port');
    const managed = { managingOrganization: { reference: 'Organization/port' } };
    const address = { line: ['1 rue du Port'], postalCode: '21000', city: 'Dijon' };
    const specialty = [{ coding: [{ code: 'SM54', display: 'Médecine générale' }] }];
    await world.world.put(
      { resourceType: 'Organization', id: 'port', name: 'Cabinet du Port', extension: CATALOGUE, telecom: [PHONE] },
      {
        resourceType: 'Practitioner',
        id: 'port',
        name: [{ family: 'Vasseur', given: ['Camille'] }],
        identifier: [RPPS],
      },
      { resourceType: 'Location', id: 'port', name: 'Cabinet', address, ...managed },
      { ...role, location: [{ reference: 'Location/port' }], specialty },
    );
  });
  afterEach(() => visitors.leave());
  afterAll(async () => {
    await visitors.close();
    await world.close();
  });

  it.each([
    ['public-practice', '/p/phare', 200],
    ['public-practitioner', '/p/phare/phare', 200],
    ['public-privacy', '/p/phare/donnees', 200],
    ['public-accessibility', '/p/phare/accessibilite', 200],
    ['public-refusal', '/p/phare/refus-de-soins', 200],
    ['public-search', '/trouver?quoi=m%C3%A9decine&langue=ar', 200],
    ['public-unknown', '/p/personne', 404],
    ['public-frame', '/p/phare/phare?cadre=1', 200],
  ])('%s: axe finds nothing, nothing is wider than 320 points', async (name, path, status) => {
    const visitor = await visitors.come(undefined, path);
    expect(await visitor.page.evaluate<number>('document.scripts.length')).toBe(0);
    await check(visitor, name);
    await visitor.page.emulateMedia({ colorScheme: 'dark' });
    expect(await violationsOf(visitor.page)).toEqual([]);
    expectNoFaults(visitor, status === 404 ? /404/ : undefined);
  });

  it('lead from a search to a report, by keyboard, without JavaScript, on a phone', async () => {
    const visitor = await visitors.come(undefined, '/trouver', { javaScript: false, viewport: NARROW });
    const { page } = visitor;
    const press = async (...keys: string[]): Promise<void> => {
      for (const key of keys) await page.keyboard.press(key);
    };
    /** As somebody without a mouse: Tab until the focus is there. */
    const tabTo = async (name: RegExp): Promise<void> => {
      for (let i = 0; i < 60; i++) {
        await press('Tab');
        if (name.test(await page.evaluate<string>(FOCUSED))) return;
      }
      throw new Error(`no focus on ${name}`);
    };
    await tabTo(/quoi/);
    await page.keyboard.type('médecine');
    await press('Enter');
    await page.getByRole('heading', { name: /praticien/ }).waitFor();
    await tabTo(/phare/);
    await press('Enter');
    await page.getByRole('heading', { name: 'phare', level: 1 }).waitFor();
    expect(await page.locator('body').textContent()).toMatch(/^\s*Urgence vitale : appelez le 15 ou le 112/);
    expect(await page.getByRole('link', { name: '03 80 00 00 00' }).first().getAttribute('href')).toBe(
      'tel:+33380000000',
    );
    await tabTo(/Signaler un refus/);
    await press('Enter');
    await page.getByRole('heading', { name: 'Signaler un refus de soins' }).waitFor();
    await tabTo(/said/);
    await page.keyboard.type('On m’a dit non.');
    await tabTo(/Envoyer/);
    await press('Enter');
    await page.getByRole('heading', { name: 'Signalement reçu' }).waitFor();
    expectNoFaults(visitor);
  });

  it('go on line when the manager has filled them and the practitioner has agreed', async () => {
    const manager = await visitors.come('manager', '/cabinet?tab=publication');
    const { page } = manager;
    await page.getByRole('button', { name: 'Publier la page : Cabinet du Port' }).click();
    await page.getByText('La page est en ligne.').waitFor();
    await page.getByText('les honoraires').waitFor();
    await check(manager, 'cabinet-publication');
    await page.getByRole('button', { name: 'Page publique : Camille Vasseur' }).click();
    await page.getByLabel('Présentation').fill('Pas de CMU.');
    await page.getByLabel('Secteur conventionnel').selectOption({ label: 'Secteur 1' });
    await page.getByLabel('Honoraires').fill('Consultation : 30 €');
    await page.getByLabel('Carte bancaire').check();
    await page.getByLabel('Tiers payant').selectOption({ label: 'Dans les cas prévus par la loi' });
    await page.getByLabel('Aucun dépassement').check();
    await page.getByRole('button', { name: 'Enregistrer' }).click();
    await page.getByText('Défenseur des droits').waitFor();
    await check(manager, 'cabinet-publication-words');
    await page.getByLabel('Présentation').fill('Médecine de famille.');
    await page.getByRole('button', { name: 'Enregistrer' }).click();
    await page.getByText('La page est enregistrée.').waitFor();
    await soon(() => page.getByText('l’accord du praticien').count()).toBe(1);
    expect(await page.getByRole('button', { name: 'Publier la page : Camille Vasseur' }).count()).toBe(0);
    expectNoFaults(manager, /422/);

    const camille = await visitors.come('camille', '/cabinet');
    await camille.page.getByRole('button', { name: 'Donner mon accord à la publication : Camille Vasseur' }).click();
    await camille.page.getByRole('button', { name: 'Publier la page : Camille Vasseur' }).click();
    await camille.page.getByRole('link', { name: /camille-vasseur/ }).click();
    await camille.page.getByRole('heading', { name: 'Camille Vasseur', level: 1 }).waitFor();
    await camille.page.getByText('Consultation : 30 €').waitFor();
    expectNoFaults(camille);
  });
});
