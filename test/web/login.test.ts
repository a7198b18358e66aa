/**
 * Logging in at a real OpenID provider in a real browser: there and back, an idle hour in the middle of a booking,
 * another tab, logging out, and the attempts of another site.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HOUR } from '../../src/scheduling/zone.ts';
import { startProvider, type TestProvider } from '../oidc-provider.ts';
import { check, expectNoFaults, hasChromium, type Visitor, Visitors } from './browser.ts';
import { NUMBERS, openPractice, type Practice } from './practice.ts';

describe.skipIf(!hasChromium)('a login', () => {
  const folder = mkdtempSync(join(tmpdir(), 'creneau-login-'));
  let provider: TestProvider;
  let practice: Practice;
  let visitors: Visitors;

  beforeAll(async () => {
    provider = await startProvider({
      camille: { name: 'Camille Vasseur', SubjectNameID: NUMBERS['vasseur']! },
      personne: { name: 'Paul Personne' },
    });
    const people = [
      {
        name: 'Dr Camille Vasseur',
        subject: NUMBERS['vasseur'],
        roles: ['practitioner'],
        practitioner: 'Practitioner/vasseur',
      },
    ];
    writeFileSync(join(folder, 'people.json'), JSON.stringify({ people }));
    practice = await openPractice('memory:', 0, { ...provider.settings(), people: join(folder, 'people.json') });
    provider.serve(practice.url);
    visitors = new Visitors(() => practice.url);
  });
  afterEach(() => visitors.leave());
  afterAll(async () => {
    await visitors.close();
    await practice.server.close();
    await provider.close();
    rmSync(folder, { recursive: true });
  });

  const patients = async (): Promise<number> =>
    (await practice.server.backend.repository.reader.search('Patient', [], { count: 0 })).total!;
  const booked = async (): Promise<number> =>
    (await practice.server.backend.repository.reader.search('Appointment', [], { count: 0 })).total!;

  async function arrive(path = '/agenda?day=2026-11-25'): Promise<Visitor> {
    const visitor = await visitors.come(undefined, path);
    const { page } = visitor;
    await page.getByRole('link', { name: 'Se connecter' }).click();
    await page
      .getByRole('button', { name: 'Camille Vasseur' })
      .or(page.getByRole('heading', { name: 'Dr Camille Vasseur' }))
      .waitFor();
    if ((await page.getByRole('button', { name: 'Camille Vasseur', exact: true }).count()) > 0)
      await page.getByRole('button', { name: 'Camille Vasseur', exact: true }).click();
    await page.getByRole('heading', { name: 'Dr Camille Vasseur' }).waitFor();
    return visitor;
  }
  async function fill({ page }: Visitor, time: string): Promise<void> {
    await page.getByRole('button', { name: 'Nouveau rendez-vous' }).click();
    await page.getByRole('button', { name: 'Nouveau patient' }).click();
    await page.getByLabel('Nom *').fill('Nouvelle');
    await page.getByLabel('Heure').fill(time);
    await page.getByLabel('Remarque (facultatif)').fill('À garder');
  }

  it('leads to the provider and back to the page, which says when a person has no account', async () => {
    const visitor = await visitors.come(undefined, '/agenda?view=day&day=2026-12-02');
    const { page } = visitor;
    await page.getByRole('link', { name: 'Se connecter' }).waitFor();
    await check(visitor, 'connexion-fournisseur-ordinateur');
    await page.getByRole('link', { name: 'Se connecter' }).click();
    await page.getByRole('button', { name: 'Paul Personne' }).click();
    await page.getByText('aucun compte ne lui correspond ici').waitFor();
    await check(visitor, 'sans-compte-ordinateur');
    await visitor.context.clearCookies();
    await page.goto('/agenda?view=day&day=2026-12-02');
    await page.getByRole('link', { name: 'Se connecter' }).click();
    await page.getByRole('button', { name: 'Camille Vasseur' }).click();
    await page.getByText('mercredi 2 décembre 2026').waitFor();
    await page.getByRole('button', { name: 'Dr Camille Vasseur' }).waitFor();
    expectNoFaults(visitor, /403|401|favicon/);
  });

  it('that ends in the middle of a booking is renewed in another tab, and nothing typed is lost', async () => {
    const visitor = await arrive();
    const { page } = visitor;
    await fill(visitor, '09:00');
    practice.clock.now += 2 * HOUR;
    const before = await booked();
    await page.getByRole('button', { name: 'Réserver', exact: true }).click();
    await page.getByRole('heading', { name: 'Votre session a expiré' }).waitFor();
    await check(visitor, 'session-expiree-fournisseur-ordinateur');
    expect(await booked()).toBe(before);
    const [tab] = await Promise.all([
      visitor.context.waitForEvent('page'),
      page.getByRole('link', { name: 'Se connecter' }).click(),
    ]);
    await tab.getByRole('button', { name: 'Dr Camille Vasseur' }).waitFor();
    await tab.close();
    await page.getByRole('button', { name: 'Continuer' }).waitFor();
    // A browser without a window sends no focus event to the page.
    await page.evaluate("window.dispatchEvent(new Event('focus'))");
    await page.getByRole('heading', { name: 'Votre session a expiré' }).waitFor({ state: 'detached' });
    expect([
      await page.getByLabel('Nom *').inputValue(),
      await page.getByLabel('Remarque (facultatif)').inputValue(),
    ]).toEqual(['Nouvelle', 'À garder']);
    await page.getByRole('button', { name: 'Réserver', exact: true }).click();
    await page.getByText('Rendez-vous réservé').waitFor();
    expect(await booked()).toBe(before + 1);
    expectNoFaults(visitor, /401|favicon/);
  });

  it('renewed in another tab gives this tab a new token by itself', async () => {
    const visitor = await arrive();
    const { page, context } = visitor;
    await fill(visitor, '10:00');
    const tab = await context.newPage();
    await tab.goto('/auth/login?return=/agenda');
    await tab.getByRole('button', { name: 'Dr Camille Vasseur' }).waitFor();
    await page.getByRole('button', { name: 'Réserver', exact: true }).click();
    await page.getByText('Rendez-vous réservé').waitFor();
    expectNoFaults(visitor, /403|favicon/);
    await tab.close();
  });

  it('cannot be used by another site: its requests are refused', async () => {
    const visitor = await arrive();
    const { page, context } = visitor;
    const before = await patients();
    const stranger = await context.newPage();
    await stranger.goto(`${provider.issuer}/.well-known/openid-configuration`);
    const body = JSON.stringify({ resourceType: 'Patient', name: [{ family: 'Intrus' }] });
    await stranger.evaluate(
      `fetch(${JSON.stringify(`${practice.url}/fhir/Patient`)},
        { method: 'POST', mode: 'no-cors', credentials: 'include', body: ${JSON.stringify(body)} })`,
    );
    // From our own page, but without the token.
    const status = await page.evaluate(
      `fetch('/fhir/Patient',
        { method: 'POST', headers: { 'Content-Type': 'application/fhir+json' }, body: ${JSON.stringify(body)} })
        .then((reply) => reply.status)`,
    );
    expect([status, await patients()]).toEqual([403, before]);
    await stranger.close();
  });

  it('ends here and at the provider when the person logs out', async () => {
    const visitor = await arrive();
    const { page } = visitor;
    await page.getByRole('button', { name: 'Dr Camille Vasseur' }).click();
    await page.getByRole('menuitem', { name: 'Se déconnecter' }).click();
    await page.getByRole('button', { name: /yes/i }).click();
    await page.getByRole('link', { name: 'Se connecter' }).waitFor();
    expect(new URL(page.url()).origin).toBe(practice.url);
    expect(await page.evaluate("fetch('/fhir/Schedule').then((reply) => reply.status)")).toBe(401);
    await page.goBack();
    await page.goto('/agenda');
    await page.getByRole('link', { name: 'Se connecter' }).click();
    await page.getByRole('button', { name: 'Camille Vasseur' }).waitFor();
  });
});
