/** Old data never looks fresh: the server is away, somebody else was faster, the address is wrong. */
import { describe, expect, it } from 'vitest';
import { call } from '../harness.ts';
import { check, expectNoFaults, hasChromium, soon, type Visitor, type Visitors } from './browser.ts';
import { focused } from './keyboard.ts';
import { type Practice, usePractice } from './practice.ts';

/** After a lost connection, a page that nobody touches says so within this time. */
const MAX_SILENCE_MS = 5000;

describe.skipIf(!hasChromium)('a page with old data', () => {
  let practice: Practice;
  let visitors: Visitors;

  usePractice((opened) => {
    ({ practice, visitors } = opened);
  });

  const at = (day: string, time: string) => `2026-${day}T${time}:00+01:00`;
  const banner = ({ page }: Visitor) => page.locator('.banner', { hasText: 'Le serveur ne répond pas.' });

  async function change(id: string, changes: object): Promise<void> {
    const { json } = await practice.ask('GET', `Appointment/${id}`);
    const { status, text } = await practice.ask('PUT', `Appointment/${id}`, { ...json, ...changes });
    if (status !== 200) throw new Error(text);
  }

  it('says so within five seconds when the network is cut and nobody touches it, and when it is back', async () => {
    const visitor = await visitors.come('camille', '/agenda?day=2026-11-25');
    await visitor.page.locator('.calendar').waitFor();
    const began = Date.now();
    await visitor.context.setOffline(true);
    try {
      await banner(visitor).waitFor();
      expect(Date.now() - began).toBeLessThan(MAX_SILENCE_MS);
      expect(await banner(visitor).textContent()).toMatch(/Ce qui est affiché date de \d\d:\d\d\./);
      await check(visitor, 'page-perimee-ordinateur');
    } finally {
      await visitor.context.setOffline(false);
    }
    await banner(visitor).waitFor({ state: 'detached' });
    expectNoFaults(visitor, /ERR_|Failed to load resource|net::/);
  });

  it('says so within five seconds when the server takes requests and answers none', async () => {
    const visitor = await visitors.come('sophie', '/visibilite?agenda=vasseur');
    await visitor.page.getByRole('heading', { name: 'Ce qui est proposé' }).waitFor();
    await visitor.page.route('**/health/ready', () => {});
    const began = Date.now();
    await banner(visitor).waitFor();
    expect(Date.now() - began).toBeLessThan(MAX_SILENCE_MS);
    await visitor.page.unroute('**/health/ready');
    await banner(visitor).waitFor({ state: 'detached' });
    expectNoFaults(visitor, /ERR_|net::/);
  });

  it('shows in the open dialog that somebody else has cancelled the appointment, and offers nothing more', async () => {
    const id = await practice.book('vasseur', at('11-26', '09:00'), at('11-26', '09:15'));
    const visitor = await visitors.come('camille', '/agenda?view=day&day=2026-11-26');
    const { page } = visitor;
    await page.locator('.appt', { hasText: 'MARTIN Alice' }).click();
    await page.getByRole('button', { name: 'Déplacer' }).click();
    await change(id, { status: 'cancelled' });
    const dialog = page.getByRole('dialog', { name: 'MARTIN Alice' });
    await dialog.getByText('Quelqu’un d’autre vient d’annuler ce rendez-vous.').waitFor();
    await dialog.getByText('Annulé', { exact: true }).waitFor();
    expect(await dialog.getByRole('button').allTextContents()).toEqual(['']);
    expect((await focused(page)).isInside).toBe(true);
    await check(visitor, 'annule-ailleurs-ordinateur');
    expectNoFaults(visitor);
  });

  it('shows the changes of somebody else in the open dialog, and acts on the current version', async () => {
    const id = await practice.book('vasseur', at('11-27', '09:00'), at('11-27', '09:15'));
    const visitor = await visitors.come('camille', '/agenda?view=day&day=2026-11-27');
    const { page } = visitor;
    await page.locator('.appt', { hasText: 'MARTIN Alice' }).click();
    await change(id, { start: at('11-27', '10:00'), end: at('11-27', '10:15'), slot: undefined });
    const dialog = page.getByRole('dialog');
    await dialog.getByText('vendredi 27 novembre 2026, 10:00 – 10:15').waitFor();
    await dialog.getByText('Quelqu’un d’autre vient de modifier ce rendez-vous').waitFor();
    await dialog.getByRole('button', { name: 'Patient arrivé' }).click();
    await soon(async () => (await practice.ask('GET', `Appointment/${id}`)).json.status).toBe('arrived');
    expectNoFaults(visitor);
  });

  it('is not served at a wrong address: a person reads so in French, a program an OperationOutcome', async () => {
    const visitor = await visitors.come('camille', '/agenda');
    const { page } = visitor;
    const reply = await page.goto('/nimporte');
    expect([reply!.status(), reply!.headers()['content-type']]).toEqual([404, 'text/html; charset=utf-8']);
    await page.getByRole('heading', { name: 'Page introuvable' }).waitFor();
    await check(visitor, 'page-introuvable-ordinateur');
    const html = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
    for (const path of ['/nimporte', '/favicon.ico', '/agenda/x'])
      expect((await call(`${practice.url}${path}`, 'GET', undefined, html)).text, path).toContain('<!doctype html>');
    for (const path of ['/fhir/Nothing', '/fhir/a/b/c/d/e', '/sas/x/y/z'])
      expect((await call(`${practice.url}${path}`, 'GET', undefined, html)).json?.resourceType, path).toBe(
        'OperationOutcome',
      );
    expectNoFaults(visitor, /404/);
  });
});
