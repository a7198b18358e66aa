/** Journeys of a regulator who searches for a slot at all editors, in a real browser. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { check, DESKTOP, expectNoFaults, hasChromium, PHONE, soon, type Visitor, Visitors } from './browser.ts';
import { LONG_NAME, manyIds, openRegion, type Region } from './region.ts';

describe.skipIf(!hasChromium)('the search', () => {
  let region: Region;
  let visitors: Visitors;

  beforeAll(async () => {
    region = await openRegion();
    visitors = new Visitors(() => region.platform.url);
  });
  afterEach(() => visitors.leave());
  afterAll(async () => {
    await visitors.close();
    await region.close();
  });

  const names = async ({ page }: Visitor): Promise<string[]> =>
    page.getByRole('article').getByRole('heading', { level: 2 }).allTextContents();

  it('asks all editors around a town, waits for slow ones, names broken ones; filters, orders, maps', async () => {
    region.slow.hold();
    const visitor = await visitors.come('ines', '/');
    const { page } = visitor;
    const hosts = new Set<string>();
    page.on('request', (request) => hosts.add(new URL(request.url()).host));
    await page.getByRole('heading', { name: 'Rechercher un créneau' }).waitFor();
    expect(await page.getByRole('navigation').getByRole('link').allTextContents()).toEqual([
      'Rechercher un créneau',
      'Rendez-vous déclarés',
      'Validateur',
    ]);
    await check(visitor, 'recherche-vide-ordinateur');
    await page.getByLabel('Spécialité').selectOption({ label: 'Médecin généraliste' });
    await page.getByLabel('Commune ou point').fill('val-de-br');
    await soon(() =>
      page.locator('#towns option').evaluateAll((options) => options.map((option) => option.getAttribute('value'))),
    ).toContain('Val-de-Brume (58990)');
    await page.getByLabel('Dans un rayon de').selectOption('20 km');
    await page.getByRole('button', { name: 'Chercher', exact: true }).click();
    await page.getByText('2 éditeurs sur 4 ont répondu, 1 en attente, 1 en panne.', { exact: true }).waitFor();
    await page.getByText('1 éditeur n’a pas pu répondre').click();
    await page.getByText(/^Éditeur en panne : a répondu 500/).waitFor();
    expect(await names(visitor)).toEqual([
      'Hugo Leroy',
      'Camille Vasseur',
      `Anne ${LONG_NAME}`,
      'Zoé Petit 🦊',
      'محمد السيد',
    ]);
    await check(visitor, 'recherche-en-cours-ordinateur');
    region.slow.release();
    await page.getByText('3 éditeurs sur 4 ont répondu, 1 en panne.', { exact: true }).waitFor();
    // A screen reader hears the end, once.
    expect(await page.getByRole('status').allTextContents()).toContain(
      '3 éditeurs sur 4 ont répondu, 1 en panne. 5 lieux de consultation avec des créneaux',
    );

    const card = page.getByRole('article', { name: 'Camille Vasseur' });
    expect(
      await card
        .getByRole('heading', { level: 3 })
        .evaluateAll((links) => links.map((link) => [link.textContent, link.getAttribute('aria-label')])),
    ).toEqual([
      ['mar. 24 nov.', 'mardi 24 novembre 2026'],
      ['mer. 25 nov.', 'mercredi 25 novembre 2026'],
      ['jeu. 26 nov.', 'jeudi 26 novembre 2026'],
    ]);
    expect((await card.locator('.offer-who > *').allTextContents()).join(' ').replace(/\s+/g, ' ')).toBe(
      'Camille Vasseur Médecine générale 1 place du Marché, 58990 Val-de-Brume · à 0 km 03 86 12 34 56' +
        ' Au cabinetSoins non programmésGrand public',
    );
    expect(await card.getByRole('link').count()).toBe(1 + 3 * 6);
    await card.getByRole('button', { name: 'Encore 30 créneaux' }).click();
    expect(await card.getByRole('link').count()).toBe(1 + 3 * 16);
    const slot = card.getByRole('link', {
      name: '14:00, mardi 24 novembre 2026, Camille Vasseur : réserver dans un nouvel onglet',
    });
    expect(await slot.getAttribute('href')).toMatch(
      new RegExp(`^${region.editor.url}/rdv\\?agenda=vasseur&debut=[-\\dT:]+Z&origin=sas$`),
    );
    expect(await slot.getAttribute('title')).toBe(
      'Créneau, 15 min, Au cabinet, Soins non programmés, Grand public, Apporter la carte Vitale',
    );

    const only = async (label: string, option: string): Promise<string[]> => {
      await page.getByLabel(label, { exact: true }).selectOption({ label: option });
      const found = await names(visitor);
      await page.getByLabel(label, { exact: true }).selectOption({ index: 0 });
      return found;
    };
    expect(await only('Mode', 'Téléconsultation')).toEqual(['Hugo Leroy']);
    expect(await only('Mode', 'À domicile')).toEqual([]);
    expect(await only('Délai', 'Dans les 4 h')).toEqual(['Hugo Leroy', 'Camille Vasseur']);
    expect((await only('Délai', 'Dans les 8 h')).length).toBe(5);
    expect((await only('Délai', 'Dans les 24 h')).length).toBe(5);
    expect(await only('Type de créneau', 'Soins non programmés')).toEqual(['Camille Vasseur']);
    await page.getByLabel('D’abord').selectOption({ label: 'Les plus proches' });
    expect((await names(visitor))[0]).toBe('Camille Vasseur');

    await page.getByRole('button', { name: 'Voir la carte' }).click();
    const map = page.getByRole('region', { name: 'Carte des lieux de consultation' });
    await map.getByRole('button', { name: 'Camille Vasseur, Val-de-Brume' }).press('Enter');
    expect(await page.locator(':focus').textContent()).toBe('14:00');
    const pins = () => map.locator('.pin').allTextContents();
    expect(await pins()).toEqual(['1', '4']);
    // From afar they are one marker, which zooms in.
    for (let i = 0; i < 3; i++) await map.getByRole('button', { name: 'Réduire la carte' }).click();
    expect(await pins()).toEqual(['5']);
    await map.getByRole('button', { name: /^Camille Vasseur, Hugo Leroy, .*Saint-Étienne-les-Brumes$/ }).press('Enter');
    expect(await pins()).toEqual(['1', '4']);
    await page.evaluate('window.scrollTo(0, 380)');
    await check(visitor, 'recherche-carte-ordinateur');
    await page.setViewportSize(PHONE);
    await check(visitor, 'recherche-carte-telephone');
    await page.setViewportSize(DESKTOP);
    // No tile, font or script comes from elsewhere.
    expect([...hosts]).toEqual([new URL(region.platform.url).host]);

    // Everything is in the address; the back button gives the form its values again.
    await page.reload();
    // The first editors that answer have no place around the town.
    await soon(async () => (await names(visitor))[0]).toBe('Camille Vasseur');
    expect([
      await page.getByLabel('D’abord').inputValue(),
      await page.getByLabel('Commune ou point').inputValue(),
    ]).toEqual(['distance', 'Val-de-Brume (58990)']);
    expectNoFaults(visitor);
  });

  it('works with the keyboard alone, from the first key to the tab of the editor', async () => {
    const visitor = await visitors.come('ines', '/recherche');
    const { page, context } = visitor;
    const focused = page.locator(':focus');
    const tabTo = async (wanted: () => Promise<boolean>): Promise<void> => {
      for (let i = 0; i < 30; i++) {
        await page.keyboard.press('Tab');
        if (await wanted()) return;
      }
      throw new Error('thirty times Tab');
    };
    await page.getByLabel('Nom du praticien').waitFor();
    await page.keyboard.press('Tab');
    expect(await focused.textContent()).toBe('Aller au contenu');
    await page.keyboard.press('Enter');
    await tabTo(async () => (await focused.getAttribute('data-path')) === 'name');
    await page.keyboard.type('vasseur');
    await page.keyboard.press('Enter');
    await page.getByRole('article').waitFor();
    expect(await focused.inputValue(), 'the focus stays where it was').toBe('vasseur');
    await tabTo(async () => (await focused.getAttribute('class')) === 'slot');
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineWidth')).toBe('3px');
    const [tab] = await Promise.all([context.waitForEvent('page'), page.keyboard.press('Enter')]);
    await tab.getByRole('heading', { name: 'Démonstration : qui êtes-vous ?' }).waitFor();
    expect(new URL(tab.url()).searchParams.get('return')).toMatch(/^\/rdv\?agenda=vasseur&debut=.*&origin=sas$/);
    expectNoFaults(visitor);
  });

  it('finds by a name of any script and length, and by a point; says when there is nothing', async () => {
    const visitor = await visitors.come('ines', '/recherche');
    const { page } = visitor;
    const look = async (fields: Record<string, string>): Promise<void> => {
      for (const [label, text] of Object.entries({ 'Nom du praticien': '', 'Commune ou point': '', ...fields }))
        await page.getByLabel(label).fill(text);
      await page.getByRole('button', { name: 'Chercher', exact: true }).click();
    };
    for (const [name, found] of [
      ['السيد', 'محمد السيد'],
      ['petit 🦊', 'Zoé Petit 🦊'],
      [LONG_NAME, `Anne ${LONG_NAME}`],
    ] as const) {
      await look({ 'Nom du praticien': name });
      await soon(() => names(visitor)).toEqual([found]);
    }
    await check(visitor, 'recherche-nom-long-ordinateur');
    // A place overseas has its own hours, and the card says so.
    await look({ 'Nom du praticien': 'payet' });
    await soon(() => names(visitor)).toEqual(['Marie Payet']);
    await page.getByText('Heure locale du lieu').waitFor();
    expect(await page.locator('a.slot').first().textContent()).toBe('16:00');
    // Around a point, as a map writes it or as French does.
    await look({ 'Commune ou point': '46.98, 3.71' });
    await soon(() => names(visitor)).toEqual(['Salomé Haddad']);
    await page.getByLabel('Dans un rayon de').selectOption('20 km');
    await look({ 'Commune ou point': '46,98 3,71' });
    await soon(() => names(visitor)).toEqual(['Camille Vasseur', 'Salomé Haddad']);
    await look({ 'Nom du praticien': 'fermé' });
    await page.getByText('1 praticien sans créneau dans les trois jours').click();
    await page.getByText('Dr Luc Fermé').waitFor();
    await check(visitor, 'recherche-sans-creneau-ordinateur');
    await look({ 'Nom du praticien': 'x'.repeat(300) });
    await page.getByText('Aucun praticien de l’annuaire ne répond à ces critères.').waitFor();
    await look({ 'Commune ou point': 'Nulle-Part-les-Oies' });
    await page.getByText('Commune inconnue : choisissez-la dans la liste').waitFor();
    expect(await page.locator(':focus').inputValue()).toBe('Nulle-Part-les-Oies');
    await check(visitor, 'recherche-commune-inconnue-ordinateur');
    await look({});
    await page.getByText('Indiquez un nom, une spécialité ou une commune.').waitFor();
    expect(await page.getByLabel('Nom du praticien').getAttribute('aria-invalid')).toBe('true');
    expectNoFaults(visitor);
  });

  it('takes a pasted list of identifiers, and shows 3,000 slots of one answer', async () => {
    const visitor = await visitors.come('ines', '/recherche', { viewport: PHONE });
    const { page } = visitor;
    await page.getByRole('button', { name: 'Chercher par identifiants' }).click();
    await page.getByRole('button', { name: 'Chercher', exact: true }).click();
    await page.getByText('Indiquez au moins un identifiant.').waitFor();
    // With and without the prefix, one twice, and one that nobody has.
    await page.getByLabel('Identifiants nationaux').fill('810000000011; 10000000029,\n10000000011 899999999999');
    await page.getByRole('button', { name: 'Chercher', exact: true }).click();
    await soon(() => names(visitor)).toEqual(['Hugo Leroy', 'Camille Vasseur']);
    await page.getByText('1 praticien sans créneau dans les trois jours').click();
    await page.getByText('899999999999', { exact: true }).waitFor();
    await check(visitor, 'recherche-identifiants-telephone');

    await page.getByLabel('Identifiants nationaux').fill(manyIds(25).join(' '));
    await page.getByRole('button', { name: 'Chercher', exact: true }).click();
    await page.getByText('25 lieux de consultation avec des créneaux', { exact: true }).waitFor();
    const more = await page.getByRole('button', { name: /^Encore \d+ créneaux$/ }).allTextContents();
    const shown = await page.locator('a.slot').count();
    expect(shown + more.reduce((sum, label) => sum + Number(/\d+/.exec(label)![0]), 0)).toBeGreaterThan(3000);
    expect(shown).toBe(25 * 3 * 6);
    const began = Date.now();
    await page.getByLabel('Délai').selectOption('Dans les 4 h');
    await soon(() => page.locator('a.slot').count()).toBe(25 * 6);
    await page.getByLabel('Délai').selectOption('Dans les 3 jours');
    await soon(() => page.locator('a.slot').count()).toBe(25 * 3 * 6);
    expect(Date.now() - began, 'filters answer at once').toBeLessThan(5000);
    await page.getByRole('button', { name: more[0]! }).first().click();
    expect(await page.locator('a.slot').count()).toBeGreaterThan(25 * 3 * 6 + 90);
    await page.locator('.offer').first().scrollIntoViewIfNeeded();
    await check(visitor, 'recherche-3000-creneaux-telephone');
    expectNoFaults(visitor);
  });
});
