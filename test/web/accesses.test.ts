/** The page that says who looked at an agenda or a patient, for practitioners: by keyboard, on a phone, as a file. */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { check, expectNoFaults, hasChromium, PHONE, Visitors } from './browser.ts';
import { openPractice, type Practice } from './practice.ts';

describe.skipIf(!hasChromium)('the list of those who looked', () => {
  let practice: Practice;
  let visitors: Visitors;
  beforeAll(async () => {
    practice = await openPractice();
    visitors = new Visitors(() => practice.url);
  });
  afterEach(() => visitors.leave());
  afterAll(async () => {
    await visitors.close();
    await practice.server.close();
  });

  it('at an agenda is shown to its practitioner, who gets there by keyboard', async () => {
    const visitor = await visitors.come('camille', '/agenda');
    const { page } = visitor;
    await page.evaluate("fetch('/fhir/Schedule/vasseur/$agenda?start=2026-11-25&end=2026-11-26')");
    await page.getByRole('link', { name: 'Qui a consulté' }).focus();
    await page.keyboard.press('Enter');
    const agenda = page.getByLabel('Agenda', { exact: true });
    await agenda.waitFor();
    await agenda.locator('option').nth(1).waitFor({ state: 'attached' });
    await agenda.focus();
    await page.keyboard.press('ArrowDown');
    const table = page.getByRole('region', { name: 'Qui a consulté' });
    await table.getByText('Affichage de l’agenda').first().waitFor();
    await table.getByText('praticien').first().waitFor();
    await check(visitor, 'consultations-ordinateur');
    await page.getByLabel('Ce qui a été fait').selectOption('Suppressions');
    await page.getByText('Personne n’y a eu accès.').waitFor();
    expectNoFaults(visitor);
  });

  it('at a patient is shown on a phone, and saved for that person', async () => {
    const visitor = await visitors.come('camille', '/consultations?patient=alice', { viewport: PHONE });
    const { page } = visitor;
    await page.getByRole('heading', { name: 'Accès à Patient/alice' }).waitFor();
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Enregistrer pour le patient (CSV)' }).click();
    const file = await saved;
    expect(file.suggestedFilename()).toBe('acces-alice.csv');
    expect(readFileSync(await file.path(), 'utf8')).toMatch(/^\uFEFFQuand;Qui;En tant que;Quoi;Résultat\r\n/);
    await check(visitor, 'consultations-telephone');
    expectNoFaults(visitor);
  });

  it('at an agenda of somebody else is refused', async () => {
    const visitor = await visitors.come('camille', '/consultations?agenda=payet');
    await visitor.page.getByText('seuls ceux qui le tiennent voient qui l').waitFor();
  });
});
