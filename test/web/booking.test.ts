/** The booking of a patient in a real browser: without JavaScript, by keyboard, on the narrowest screen; and axe. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { audience, entry, part } from '../kind-world.ts';
import { type BookingTest, codeIn, openBookingTest } from '../public-visitor.ts';
import { check, expectNoFaults, hasChromium, tooWide, type Visitor, Visitors } from './browser.ts';
import { tabTo } from './keyboard.ts';

const NARROW = { width: 320, height: 640 };

describe.skipIf(!hasChromium)('a patient books', () => {
  let test: BookingTest;
  let visitors: Visitors;

  beforeAll(async () => {
    test = await openBookingTest();
    const kinds = [
      entry('first', ...audience('everyone')),
      entry('shot', ...audience('everyone'), part('approval', true)),
    ];
    await test.publish('web', kinds);
    visitors = new Visitors(() => test.world.test.server.url);
  });
  afterEach(() => visitors.leave());
  afterAll(async () => {
    await visitors.close();
    await test.close();
  });

  const heading = ({ page }: Visitor) => page.getByRole('heading', { level: 1 }).textContent();
  const last = (): string => codeIn(test.messages().at(-1)!.text);

  /** Tab, type, Space and Enter: nothing else. */
  async function enter({ page }: Visitor, name: string | RegExp): Promise<void> {
    await tabTo(page, name);
    await Promise.all([page.waitForEvent('domcontentloaded'), page.keyboard.press('Enter')]);
  }

  async function type({ page }: Visitor, name: string, text: string): Promise<void> {
    await tabTo(page, name);
    await page.keyboard.type(text);
  }

  it('without JavaScript, by keyboard, at 320 points, from the practitioner to the confirmation', async () => {
    const visitor = await visitors.come(undefined, '/p/web/web', { viewport: NARROW, javaScript: false });
    const { page } = visitor;
    const seen: (string | null)[] = [];
    const look = async (): Promise<void> => {
      seen.push(await heading(visitor));
      expect(await tooWide(page), page.url()).toEqual([]);
      expect(`${page.url()} ${await page.title()}`).not.toMatch(/zyxcanary|1980|exemple\.fr|0612345678/i);
    };
    await look();
    await page.goto('/p/web/web/rendez-vous');
    await look();
    await enter(visitor, 'first');
    await look();
    await enter(visitor, '10 h 00, mardi 24 novembre 2026');
    await look();
    await enter(visitor, 'Continuer');
    expect(await page.getByRole('alert').textContent()).toContain('champs sont à corriger');
    await tabTo(page, 'Pour moi');
    await page.keyboard.press('Space');
    await type(visitor, 'Nom de naissance', 'Zyxcanary');
    await type(visitor, 'Prénom', 'Anne');
    await type(visitor, 'Date de naissance', '03021980');
    await type(visitor, 'Téléphone mobile', '0612345678');
    await enter(visitor, 'Continuer');
    if ((await page.getByText('Merci de vérifier').count()) > 0) await enter(visitor, 'Continuer');
    await look();
    await type(visitor, 'Code à 6 chiffres', last());
    await enter(visitor, 'Confirmer');
    await look();
    expect(seen).toEqual([
      'web',
      'Prendre rendez-vous avec web',
      'Choisir le jour et l’heure',
      'Le patient et vous',
      'Vérification',
      'Rendez-vous pris',
    ]);
    // The back button shows nothing that could be sent again.
    await page.goBack();
    expect(await heading(visitor)).toBe('Rendez-vous pris');
    const { json } = await test.world.test.request('GET', 'Appointment?actor=PractitionerRole/web&_summary=count');
    expect(json.total).toBe(1);
  });

  it('on screens in which axe finds nothing', async () => {
    const visitor = await visitors.come(undefined, '/p/web/web/rendez-vous');
    const { page } = visitor;
    const go = async (name: string | RegExp, role: 'link' | 'button' = 'button'): Promise<void> => {
      await page.getByRole(role, { name }).first().click();
    };
    await check(visitor, 'booking-kinds');
    await go('first', 'link');
    await check(visitor, 'booking-times');
    await go(/^10 h 30/);
    await check(visitor, 'booking-patient');
    await go('Continuer');
    await check(visitor, 'booking-faults');
    await page.getByLabel('Pour un proche').check();
    await page.getByLabel('Nom de naissance').fill('Zyxcanary');
    await page.getByLabel('Prénom', { exact: true }).fill('Zoe');
    await page.getByLabel('Date de naissance').fill('2001-01-02');
    await page.getByLabel('Votre nom').fill('Zyxcanary');
    await page.getByLabel('Votre prénom').fill('Anne');
    await page.getByLabel('Téléphone mobile').fill('0612345679');
    await go('Continuer');
    if ((await page.getByText('Merci de vérifier').count()) > 0) await go('Continuer');
    await check(visitor, 'booking-code');
    await page.getByLabel('Code à 6 chiffres').fill('12');
    await go('Confirmer');
    await check(visitor, 'booking-code-fault');
    await page.getByLabel('Code à 6 chiffres').fill(last());
    await go('Confirmer');
    expect(await heading(visitor)).toBe('Rendez-vous pris');
    await check(visitor, 'booking-booked');
    // A refused form has a status, which the browser reports.
    expectNoFaults(visitor, /status of 4/);
  });
});
