/**
 * A regulator from the search to the appointment at the editor and the answer of the dispatch software; the platform in
 * bad conditions.
 */
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AMQP, until } from '../amqp.ts';
import { call } from '../harness.ts';
import { check, expectNoFaults, hasChromium, PHONE, soon, type Visitor, Visitors } from './browser.ts';
import { LONG_NAME, openRegion, type Region } from './region.ts';

describe.skipIf(!hasChromium)('a regulator', () => {
  let region: Region;
  let visitors: Visitors;

  beforeAll(async () => {
    region = await openRegion({ isKept: true });
    visitors = new Visitors(() => region.platform.url);
  });
  afterEach(async () => {
    region.slow.release();
    await visitors.leave();
  });
  afterAll(async () => {
    await visitors.close();
    await region.close();
  });

  /** A page in another tab of the same browser, as a visitor. */
  const tabOf = (visitor: Visitor, page: Page): Visitor => ({ ...visitor, page });
  /** The whole outcome of a search as one text. */
  const done = ({ page }: Visitor): Promise<void> =>
    page.getByText(/^\d éditeurs? sur \d (?:a|ont) répondu(?:, \d en panne)?\.$/).waitFor();

  it('books at the editor for a patient, and follows the appointment', async () => {
    const visitor = await visitors.come('ines', '/recherche?name=vasseur');
    const { page, context } = visitor;
    const link = page.getByRole('link', { name: /^15:00, mardi 24 novembre/ });
    const slot = (await link.getAttribute('href'))!;
    await context.clearCookies({ name: 'creneau_agenda' });
    const [tab] = await Promise.all([context.waitForEvent('page'), link.click()]);
    const there = tabOf(visitor, tab);
    await tab.getByRole('heading', { name: 'Démonstration : qui êtes-vous ?' }).waitFor();
    await check(there, 'arrivee-choix-ordinateur');
    // The account is at the editor because she logged in at the platform (INT_R02).
    await tab.getByRole('button', { name: 'Inès Lemaire, régulateur' }).click();
    await tab.getByRole('heading', { name: 'Réserver un créneau' }).waitFor();
    await tab.getByText('mardi 24 novembre 2026, de 15:00 à 15:15').waitFor();
    await check(there, 'arrivee-ordinateur');
    await tab.setViewportSize(PHONE);
    await check(there, 'arrivee-telephone');
    await tab.getByRole('button', { name: 'Réserver ce créneau' }).click();
    await tab.getByRole('alert').getByText("3 champs sont à corriger : rien n'est encore réservé.").waitFor();
    await check(there, 'arrivee-champs-telephone');
    await tab.getByLabel('Nom', { exact: true }).fill(LONG_NAME);
    await tab.getByLabel('Prénom', { exact: true }).fill('محمد 🦊');
    await tab.getByLabel('Téléphone', { exact: true }).fill('06 12 34 56 78');
    await tab.getByRole('button', { name: 'Réserver ce créneau' }).click();
    await tab.getByRole('heading', { name: 'Rendez-vous confirmé' }).waitFor();
    await check(there, 'arrivee-confirmation-telephone');
    // The link of a slot that is gone shows the nearest ones.
    await tab.goto(slot);
    await tab.getByText("Ce créneau n'est plus libre. Voici les plus proches sur le même agenda.").waitFor();
    expect(await tab.getByRole('link', { name: /nov\.,? 14:45/ }).count()).toBeGreaterThan(0);
    await check(there, 'arrivee-creneau-pris-telephone');
    await tab.close();

    if (AMQP !== undefined)
      await until('the dispatch software has it', async () =>
        (await region.ask('GET', '$hub-messages?state=acknowledged')).json.parameter.some(
          (parameter: { name: string }) => parameter.name === 'message',
        ),
      );
    await page.getByRole('link', { name: 'Rendez-vous déclarés' }).click();
    const row = page.getByRole('row', { name: /24 nov\. 2026,? 15:00/ });
    await row.getByText('Pris').waitFor();
    await soon(() => row.getByRole('cell').allTextContents()).toEqual([
      expect.stringMatching(/^24 nov\. 2026,? 15:00$/),
      'Dr Camille Vasseur',
      'Pris',
      '3456780581/11242343',
      'non identifié',
      AMQP === undefined ? 'en attente d’envoi' : 'acquitté',
    ]);
    await check(visitor, 'rendez-vous-declares-ordinateur');
    await page.setViewportSize(PHONE);
    await check(visitor, 'rendez-vous-declares-telephone');
    // A cancellation at the editor shows here without a reload.
    const { json } = await call(`${region.editor.url}/fhir/Appointment?_count=1`, 'GET');
    await call(`${region.editor.url}/fhir/Appointment/${json.entry[0].resource.id}`, 'PUT', {
      ...json.entry[0].resource,
      status: 'cancelled',
    });
    await row.getByText('Annulé').waitFor();
    await page.getByLabel('Statut').selectOption('Pris');
    await page.getByText('Aucun rendez-vous déclaré ne répond à ces critères.').waitFor();
    await page.getByLabel('Statut').selectOption('Annulé');
    await row.waitFor();
    await page.getByLabel('À partir du').fill('2026-11-25');
    await page.getByText('Aucun rendez-vous déclaré ne répond à ces critères.').waitFor();
    expect(new URL(page.url()).search).toBe('?status=cancelled&from=2026-11-25');
    expectNoFaults(visitor, /400 \(Bad Request\)/);
  });

  it('without an account reads so at the editor, as does a person with another role', async () => {
    const slot = (await (
      await visitors.come('ines', '/recherche?name=haddad')
    ).page
      .getByRole('link', { name: /^19:00/ })
      .first()
      .getAttribute('href'))!;
    const visitor = await visitors.come(undefined, slot);
    const { page } = visitor;
    await page.getByRole('button', { name: 'Paul Roy, régulateur' }).click();
    await page
      .getByText(
        "Votre compte régulateur n'existe pas ici, ou a été désactivé par la plateforme SAS : " +
          "aucune réservation n'est possible. Adressez-vous à votre SAMU.",
      )
      .waitFor();
    await check(visitor, 'arrivee-sans-compte-ordinateur');
    await page.getByRole('button', { name: 'Se déconnecter' }).click();
    await page.waitForURL(`${region.editor.url}/`);
    await page.goto(slot);
    await page.getByRole('button', { name: 'Marc Aubert, exploitant' }).click();
    await page.getByText('Cette page est celle des régulateurs qui arrivent de la plateforme SAS.').waitFor();
    await check(visitor, 'arrivee-autre-role-ordinateur');
    await page.getByRole('link', { name: 'Se connecter sous un autre nom' }).click();
    await page.getByRole('button', { name: 'Inès Lemaire, régulateur' }).click();
    await page.getByRole('heading', { name: 'Réserver un créneau' }).waitFor();
    expectNoFaults(visitor, /403 \(Forbidden\)/);
  });

  it('is told when every editor is down', async () => {
    const endpoints = (await region.ask('GET', 'Endpoint')).json.entry.map(
      (entry: { resource: object }) => entry.resource,
    );
    const put = (endpoint: { id: string }): Promise<unknown> => region.ask('PUT', `Endpoint/${endpoint.id}`, endpoint);
    // Nobody listens at port 9.
    for (const endpoint of endpoints) await put({ ...endpoint, address: 'http://127.0.0.1:9/fhir' });
    const visitor = await visitors.come('ines', '/recherche?name=leroy');
    const { page } = visitor;
    await page.getByText('0 éditeur sur 4 a répondu, 4 en panne.', { exact: true }).waitFor();
    await page.getByText('4 éditeurs n’ont pas pu répondre : leurs créneaux ne sont pas affichés').waitFor();
    await page.getByText('0 lieu de consultation avec des créneaux', { exact: true }).waitFor();
    expect(
      (await page.locator('.search-progress li').allTextContents())
        .map((content) => content.replace(/ \(après \d+ ms\)/, ''))
        .sort(),
    ).toEqual(
      ['Créneau', 'Grand éditeur', 'Éditeur en panne', 'Éditeur lent'].map(
        (name) => `${name} : injoignable (ECONNREFUSED).`,
      ),
    );
    // No editor has said that it has nothing.
    expect(await page.getByText('sans créneau dans les trois jours').count()).toBe(0);
    await check(visitor, 'recherche-tous-en-panne-ordinateur');
    for (const endpoint of endpoints) await put(endpoint);
    await page.getByRole('button', { name: 'Actualiser' }).click();
    await page.getByRole('article', { name: 'Hugo Leroy' }).waitFor();
    expectNoFaults(visitor);
  });

  it('goes on by itself when the platform was stopped in the middle of a search', async () => {
    region.slow.hold();
    const visitor = await visitors.come('ines', '/recherche?specialty=SM54');
    const { page } = visitor;
    await page.getByText(/1 en attente/).waitFor();
    await page.getByLabel('Nom du praticien').fill('en train de taper');
    await region.stopPlatform();
    await page.getByText('Le serveur ne répond pas.').first().waitFor();
    await page.getByText('La recherche a été interrompue : elle reprend dès que le serveur répond.').waitFor();
    await check(visitor, 'recherche-plateforme-absente-ordinateur');
    region.slow.release();
    await region.restartPlatform();
    await done(visitor);
    await page.getByText('Le serveur ne répond pas.').first().waitFor({ state: 'detached' });
    expect(await page.getByRole('article').count()).toBeGreaterThan(4);
    expect(await page.getByLabel('Nom du praticien').inputValue()).toBe('en train de taper');
    expectNoFaults(visitor, /ERR_|Failed to load resource|net::/);
  });

  it('logs in again over the page when the session has ended, and the search goes on', async () => {
    const visitor = await visitors.come('ines', '/recherche?name=payet');
    const { page } = visitor;
    await done(visitor);
    await region.platform.database.query('DELETE FROM session');
    await page.getByRole('button', { name: 'Actualiser' }).click();
    await page.getByRole('heading', { name: 'Votre session a expiré' }).waitFor();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /Inès Lemaire/ })
      .click();
    await page.getByRole('heading', { name: 'Votre session a expiré' }).waitFor({ state: 'detached' });
    await page.getByRole('article', { name: 'Marie Payet' }).waitFor();
    expectNoFaults(visitor, /401/);
  });

  it('without JavaScript reads that it is needed; the page of the editor works without it', async () => {
    const visitor = await visitors.come(undefined, '/recherche', { javaScript: false });
    const { page } = visitor;
    const told = page.locator('noscript p').first();
    expect([await told.isVisible(), await told.textContent()]).toEqual([
      true,
      expect.stringContaining('Ces pages ont besoin de JavaScript : activez-le dans votre navigateur'),
    ]);
    await page.goto(`${region.editor.url}/rdv?agenda=leroy&origin=sas`);
    await page.getByRole('button', { name: 'Inès Lemaire, régulateur' }).click();
    await page.getByRole('heading', { name: 'Choisir un créneau' }).waitFor();
    await soon(() => page.getByRole('link').count()).toBe(12);
    expectNoFaults(visitor);
  });
});
