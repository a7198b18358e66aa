/**
 * The pages in bad conditions: without JavaScript, when the session ends, when the server goes away and comes back; and
 * their weight.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PAGE_PATHS } from '../../src/rest/html/page-paths.ts';
import { call } from '../harness.ts';
import { check, DESKTOP, expectNoFaults, hasChromium, PHONE, type Visitor, Visitors } from './browser.ts';
import { openPractice, type Practice } from './practice.ts';

/** Everything that the agenda needs, compressed. */
const MAX_BYTES = 350_000;

describe.skipIf(!hasChromium)('the pages', () => {
  const data = mkdtempSync(join(tmpdir(), 'creneau-pages-'));
  let practice: Practice;
  let visitors: Visitors;

  beforeAll(async () => {
    practice = await openPractice(data);
    visitors = new Visitors(() => practice.url);
  });
  afterEach(() => visitors.leave());
  afterAll(async () => {
    await visitors.close();
    await practice.server.close();
    rmSync(data, { recursive: true });
  });

  /** Fills the form, up to the last click. */
  async function fillBooking({ page }: Visitor, day: string, time: string): Promise<void> {
    await page.getByRole('button', { name: 'Nouveau rendez-vous' }).click();
    await page.getByRole('combobox', { name: 'Patient' }).fill('mart');
    await page.getByRole('option', { name: 'MARTIN Alice' }).click();
    await page.getByLabel('Date').fill(day);
    await page.getByLabel('Heure').fill(time);
    await page.getByLabel('Remarque (facultatif)').fill('À garder');
  }

  it('say in one sentence that they need JavaScript', async () => {
    const visitor = await visitors.come(undefined, '/', { javaScript: false });
    expect(await visitor.page.locator('noscript p').first().isVisible()).toBe(true);
    expect(await visitor.page.locator('noscript p').first().textContent()).toContain(
      'Ces pages ont besoin de JavaScript : activez-le',
    );
  });

  it('are served at their addresses only, with a strict policy; hashed files are cached for ever', async () => {
    for (const path of PAGE_PATHS) {
      const reply = await call(`${practice.url}${path}`, 'GET');
      expect([reply.status, reply.headers['content-security-policy']], path).toEqual([
        200,
        expect.stringContaining("script-src 'self'; style-src 'self'"),
      ]);
      expect(reply.text).not.toMatch(/<script(?![^>]*src=)|<style|style="/);
    }
    const [, asset] = /src="(\/assets\/[^"]+)"/.exec((await call(`${practice.url}/`, 'GET')).text)!;
    expect((await call(`${practice.url}${asset}`, 'GET')).headers['cache-control']).toContain('immutable');
    // A program gets an OperationOutcome from any other address, a person the page that says so.
    for (const path of ['/agenda/x', '/fhir/agenda', '/nowhere', '/.built', '/assets/nothing.js'])
      expect((await call(`${practice.url}${path}`, 'GET')).json?.resourceType, path).toBe('OperationOutcome');
  });

  it('weigh less than 350 kB until the agenda is shown', async () => {
    const visitor = await visitors.come('camille', '/validateur');
    await visitor.page.goto('about:blank');
    const session = await visitor.context.newCDPSession(visitor.page);
    await session.send('Network.enable');
    await session.send('Network.clearBrowserCache');
    const files = new Set<string>();
    let bytes = 0;
    session.on('Network.responseReceived', ({ requestId, response }) => {
      if (!/\/fhir|\/auth/.test(response.url)) files.add(requestId);
    });
    session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      if (files.has(requestId)) bytes += encodedDataLength;
    });
    await visitor.page.goto('/agenda');
    await visitor.page.locator('.calendar').waitFor();
    await visitor.page.waitForTimeout(300);
    console.log(`agenda: ${Math.round(bytes / 1000)} kB, ${files.size} files`);
    expect(bytes).toBeGreaterThan(50_000);
    expect(bytes).toBeLessThan(MAX_BYTES);
  });

  it('say that the server is away, resume when it is back, and keep everything that was typed', async () => {
    const visitor = await visitors.come('camille', '/agenda?day=2026-11-25');
    const { page } = visitor;
    await fillBooking(visitor, '2026-11-25', '09:00');
    const port = Number(new URL(practice.url).port);
    await practice.server.close();
    await page.getByRole('button', { name: 'Réserver', exact: true }).click();
    const banner = page.locator('.banner', {
      hasText: 'Le serveur ne répond pas. Ce que vous avez saisi est conservé',
    });
    await banner.waitFor();
    // The page is inert under the dialog: a screen reader hears of it inside.
    expect(await page.getByRole('dialog').getByRole('status').last().textContent()).toContain(
      'Le serveur ne répond pas',
    );
    await page.getByText('rien n’a été perdu').waitFor();
    await check(visitor, 'serveur-absent-ordinateur');
    practice = await openPractice(data, port);
    await banner.waitFor({ state: 'detached' });
    expect(await page.getByLabel('Remarque (facultatif)').inputValue()).toBe('À garder');
    await page.getByRole('button', { name: 'Réserver', exact: true }).click();
    await page.getByText('Rendez-vous réservé').waitFor();
    // Changes made elsewhere appear again, too.
    await practice.book('vasseur', '2026-11-25T11:00:00+01:00', '2026-11-25T11:15:00+01:00', 'bruno');
    await page.locator('.appt', { hasText: 'DURAND Bruno' }).waitFor();
    expectNoFaults(visitor, /ERR_|Failed to load resource|net::/);
  });

  it('let a person whose session has ended log in again in the middle of a booking', async () => {
    const visitor = await visitors.come('camille', '/agenda?day=2026-11-26');
    const { page } = visitor;
    await fillBooking(visitor, '2026-11-26', '09:00');
    await practice.server.database.query('DELETE FROM session');
    await page.getByRole('button', { name: 'Réserver', exact: true }).click();
    await page.getByRole('heading', { name: 'Votre session a expiré' }).waitFor();
    await check(visitor, 'session-expiree-ordinateur');
    await page
      .getByRole('button', { name: /Camille Vasseur/ })
      .last()
      .click();
    await page.getByRole('heading', { name: 'Votre session a expiré' }).waitFor({ state: 'detached' });
    expect(await page.getByLabel('Remarque (facultatif)').inputValue()).toBe('À garder');
    await page.getByRole('button', { name: 'Réserver', exact: true }).click();
    await page.getByText('Rendez-vous réservé').waitFor();
    expectNoFaults(visitor, /401/);
  });

  it('book the slot of a link, and say so when it is taken or unknown', async () => {
    const { json } = await practice.ask(
      'GET',
      'Slot?schedule=vasseur&status=free&start=ge2026-12-01&start=lt2026-12-02&_count=1',
    );
    const slot = json.entry[0].resource;
    const visitor = await visitors.come('sophie', `/reservation?slot=${slot.id}`);
    const { page } = visitor;
    await page.getByText('Dr Camille Vasseur').waitFor();
    // The message stands at the field that is missing, which has the focus.
    await page.getByRole('button', { name: 'Réserver', exact: true }).click();
    await page.getByText('Choisissez un patient, ou créez-le.').waitFor();
    await expect.poll(() => page.evaluate('document.activeElement.getAttribute("role")')).toBe('combobox');
    await page.getByRole('button', { name: 'Nouveau patient' }).click();
    await page.getByLabel('Nom *').fill('Nouveau');
    await page.getByLabel('Prénom').fill('Léa');
    await check(visitor, 'page-de-reservation-ordinateur');
    await page.setViewportSize(PHONE);
    await check(visitor, 'page-de-reservation-telephone');
    await page.setViewportSize(DESKTOP);
    await page.getByRole('button', { name: 'Réserver', exact: true }).click();
    await page.getByText('Rendez-vous réservé').waitFor();
    expect((await practice.ask('GET', `Slot/${slot.id}`)).json.status).toBe('busy');
    await page.goto(`/reservation?slot=${slot.id}`);
    await page.getByText('Ce créneau vient d’être pris').waitFor();
    await page.goto('/reservation?slot=unknown');
    await page.getByText('Ce créneau n’existe pas').waitFor();
    // A parameter cannot lead to another path of the server.
    await page.goto('/reservation?slot=../../auth/me');
    await page.getByText('Cette page s’ouvre depuis un créneau.').waitFor();
    await page.goto('/agenda?agendas=../x,vasseur&day=9999-12-31&view=nothing');
    await page.getByText('23–29 novembre 2026').waitFor();
    expectNoFaults(visitor, /404/);
  });

  it('show that a colleague is busy, and hide the patient', async () => {
    await practice.book('leroy', '2026-11-25T10:00:00+01:00', '2026-11-25T10:20:00+01:00', 'emoji');
    const visitor = await visitors.come('camille', '/agenda?agendas=leroy&day=2026-11-25');
    const { page } = visitor;
    await page.locator('.appt-busy', { hasText: '10:00 – 10:20 Occupé' }).waitFor();
    await check(visitor, 'agenda-d-un-confrere-ordinateur');
    await page.getByText('Liste', { exact: true }).click();
    await page.getByText('Occupé', { exact: true }).waitFor();
    expect((await page.content()).toLowerCase()).not.toContain('petit 🦊');
    expectNoFaults(visitor);
  });

  it('speak English on request', async () => {
    const visitor = await visitors.come('camille', '/agenda');
    await visitor.page.getByRole('button', { name: 'English' }).click();
    await visitor.page.getByRole('button', { name: 'New appointment' }).waitFor();
    expect(await visitor.page.locator('html').getAttribute('lang')).toBe('en');
    await check(visitor, 'agenda-anglais-ordinateur');
    await visitor.page.getByRole('button', { name: 'Français' }).click();
    await visitor.page.getByRole('button', { name: 'Nouveau rendez-vous' }).waitFor();
    expectNoFaults(visitor);
  });
});
