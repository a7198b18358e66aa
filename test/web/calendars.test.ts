/** The page about the calendars of an agenda: follow one, see what was lost, stop; a password for a phone. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { calendar, closure } from '../calendar-kit.ts';
import { check, expectNoFaults, hasChromium, PHONE, Visitors } from './browser.ts';
import { openPractice, type Practice } from './practice.ts';

describe.skipIf(!hasChromium)('the calendars of an agenda', () => {
  let practice: Practice;
  let visitors: Visitors;
  let site: Server;
  const shown = { text: '' };

  beforeAll(async () => {
    practice = await openPractice('memory:', 0, { allowPrivateEndpoints: true, smtpUrl: 'smtp://127.0.0.1:9' });
    visitors = new Visitors(() => practice.url);
    site = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/calendar' }).end(shown.text);
    });
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => visitors.leave());
  afterAll(async () => {
    site.close();
    await visitors.close();
    await practice.server.close();
  });

  it('are followed, show line by line what was lost, and are left again', async () => {
    shown.text = calendar(
      ...closure('ok', '20270104T080000Z', '20270104T090000Z'),
      ...['BEGIN:VEVENT', 'UID:bad', 'DTSTART:yesterday', 'DURATION:PT1H', 'END:VEVENT'],
    );
    const visitor = await visitors.come('camille', '/calendriers');
    const { page } = visitor;
    await page.getByText('Cet agenda ne reprend aucun calendrier.').waitFor();
    const address = `http://127.0.0.1:${(site.address() as AddressInfo).port}/private-1234567890/basic.ics`;
    await page.getByLabel('Adresse du calendrier').fill(address);
    await page.getByLabel('Le lire').selectOption('toutes les 6 heures');
    await page.getByRole('button', { name: 'Suivre ce calendrier' }).click();
    await page.getByText('1 disponibilités ou fermetures lues').first().waitFor();
    const source = page.getByRole('article');
    await source.getByText('1 chose n’a pas pu être reprise').waitFor();
    await source.getByText("Ligne 11 : DTSTART n'est pas une date.").waitFor();
    expect(await page.getByRole('article').textContent()).not.toContain('1234567890');
    await check(visitor, 'calendriers-ordinateur');
    await page.getByRole('button', { name: /Ne plus suivre/ }).click();
    await page.getByText('Cet agenda ne reprend aucun calendrier.').waitFor();
    expectNoFaults(visitor);
  });

  it('are read from a file', async () => {
    const visitor = await visitors.come('camille', '/calendriers', { viewport: PHONE });
    const { page } = visitor;
    const text = calendar(...closure('congé', '20270111', '20270112'));
    const chooser = page.waitForEvent('filechooser');
    await page.getByLabel('Fichier (.ics)').click();
    await (await chooser).setFiles({ name: 'conge.ics', mimeType: 'text/calendar', buffer: Buffer.from(text) });
    await page.getByRole('button', { name: 'Reprendre ce fichier' }).click();
    await page.getByRole('article', { name: 'Fichiers envoyés' }).getByText('Tout a été repris.').waitFor();
    await check(visitor, 'calendriers-telephone');
    expectNoFaults(visitor);
  });

  it('that close an agenda over patients: a secretary is told by mail if she wants', async () => {
    const visitor = await visitors.come('sophie', '/calendriers');
    const { page } = visitor;
    const box = page.getByLabel('M’avertir par courriel');
    await box.check();
    await expect.poll(() => practice.server.database.query('SELECT email FROM closure_watch')).toHaveLength(1);
    await check(visitor, 'calendriers-secretaire');
    await page.reload();
    await expect.poll(() => box.isChecked()).toBe(true);
    await box.uncheck();
    await expect.poll(() => practice.server.database.query('SELECT email FROM closure_watch')).toEqual([]);
    expectNoFaults(visitor);
    await visitors.leave();
    const doctor = await visitors.come('camille', '/calendriers');
    await doctor.page.getByRole('button', { name: 'Ajouter un appareil' }).waitFor();
    expect(await doctor.page.getByLabel('M’avertir par courriel').count()).toBe(0);
  });

  it('open on a phone with a password that is shown once, and is ended from the list', async () => {
    const visitor = await visitors.come('camille', '/calendriers');
    const { page } = visitor;
    await page.getByLabel('Nom de l’appareil').fill('Téléphone de Camille');
    await page.getByRole('button', { name: 'Ajouter un appareil' }).click();
    await page.getByText('le mot de passe ne sera plus montré').waitFor();
    const [url, username, password] = await page.getByRole('status').locator('dd').allTextContents();
    const ask = async (): Promise<number> => {
      const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
      return (await fetch(url!, { method: 'PROPFIND', headers: { authorization, depth: '0' } })).status;
    };
    expect(await ask()).toBe(207);
    const listed = page.getByRole('article', { name: 'Téléphone de Camille' });
    await listed.getByText(/^Accès de .*, sans le nom des patients\.$/).waitFor();
    await check(visitor, 'calendriers-appareils');
    await page.getByRole('button', { name: 'Révoquer Téléphone de Camille' }).click();
    await page.getByText('Appareil révoqué').waitFor();
    await listed.waitFor({ state: 'detached' });
    expect(await ask()).toBe(401);
    expectNoFaults(visitor);
  });
});
