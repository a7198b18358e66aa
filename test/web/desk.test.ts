/** Journeys of a desk on the telephone: a time found over several agendas, kept while the patient is found or created. */
import { describe, expect, it } from 'vitest';
import { check, expectNoFaults, hasChromium, PHONE, soon, type Visitor, type Visitors } from './browser.ts';
import { focused, stopsOf } from './keyboard.ts';
import { type Practice, usePractice } from './practice.ts';

describe.skipIf(!hasChromium)('the desk', () => {
  let practice: Practice;
  let visitors: Visitors;

  usePractice((opened) => {
    ({ practice, visitors } = opened);
  });

  it('says that the people of a demonstration are still being made, until they are there', async () => {
    const visitor = await visitors.come(undefined, '/validateur');
    const { page } = visitor;
    let isReady = false;
    await page.route('**/auth/demo-people', (route) =>
      isReady ? route.continue() : route.fulfill({ json: { people: [] } }),
    );
    await page.goto('/agenda');
    await page.getByText('Le territoire fictif se prépare').waitFor();
    isReady = true;
    await page.getByRole('button', { name: /Camille Vasseur/ }).waitFor();
    expect(await page.getByText('Le territoire fictif se prépare').count()).toBe(0);
    expectNoFaults(visitor);
  });

  const times = ({ page }: Visitor) => page.getByRole('region', { name: 'Premiers créneaux libres' });
  const starting = (time: string) => `2026-11-26T${time}:00+01:00`;

  it('finds, keeps and books the next free time by the keyboard, within 12 keys and what is typed', async () => {
    const visitor = await visitors.come('sophie', '/agenda');
    const { page } = visitor;
    await page.getByRole('button', { name: 'Trouver un créneau' }).waitFor();
    await page.locator('.calendar').waitFor();
    let keys = 0;
    const press = async (key: string): Promise<void> => {
      keys++;
      await page.keyboard.press(key);
    };
    await press('/');
    await times(visitor).getByRole('button').first().waitFor();
    await check(visitor, 'trouver-ordinateur');
    await press('Enter');
    await press('Enter');
    await soon(async () => (await focused(page)).name).toContain('Patient');
    await page.getByText('Gardé pour vous jusqu’à').waitFor();
    await check(visitor, 'trouver-garde-ordinateur');
    await page.keyboard.type('dur');
    await page.getByRole('option', { name: 'DURAND Bruno' }).waitFor();
    await press('ArrowDown');
    await press('Enter');
    await soon(async () => (await focused(page)).name).toContain('Pour DURAND Bruno');
    for (let i = 0; i < 8 && !(await focused(page)).name.startsWith('Réserver'); i++) await press('Tab');
    await press('Enter');
    await page.getByText('Rendez-vous réservé').waitFor();
    expect(keys).toBeLessThanOrEqual(12);
    console.log(`the next free time by the keyboard: ${keys} keys and 3 letters`);
    const { json } = await practice.ask('GET', 'Appointment?patient=bruno&status=booked');
    expect(json.entry[0].resource.participant[0]).toEqual({
      actor: { reference: 'Patient/bruno' },
      status: 'accepted',
    });
    expect(json.entry[0].resource.extension ?? []).toEqual([]);
    expectNoFaults(visitor);
  });

  it('takes a kept time away from the other desk within a second, and gives it back when it is not wanted', async () => {
    const [first, second] = await Promise.all([
      visitors.come('sophie', '/agenda?agendas=vasseur'),
      visitors.come('camille', '/agenda?agendas=vasseur'),
    ]);
    for (const { page } of [first, second]) {
      await page.getByRole('button', { name: 'Trouver un créneau' }).click();
      await page.getByLabel('À partir du').fill('2026-12-02');
      await page.getByLabel('Moment').selectOption('L’après-midi');
    }
    await first.page.getByLabel('Avec qui').selectOption({ label: 'Dr Camille Vasseur · Cabinet du Port' });
    await second.page.getByLabel('Avec qui').selectOption({ label: 'Dr Camille Vasseur · Cabinet du Port' });
    const theirs = times(second).getByRole('button', { name: 'mer. 2 déc. 14:00' });
    await theirs.waitFor();
    await times(first).getByRole('button', { name: 'mer. 2 déc. 14:00' }).click();
    await first.page.getByText('Gardé pour vous').waitFor();
    const began = Date.now();
    await theirs.waitFor({ state: 'detached' });
    console.log(`a kept time is gone from the other desk after ${Date.now() - began} ms`);
    expect(Date.now() - began).toBeLessThan(3000);
    expect(await stopsOf(first.page)).toEqual(expect.arrayContaining(['Réserver', 'Choisir un autre créneau']));
    await first.page.getByRole('button', { name: 'Choisir un autre créneau' }).press('Enter');
    await theirs.waitFor();
    for (const visitor of [first, second]) expectNoFaults(visitor);
  });

  it('keeps what was typed when the time was lost, and books the nearest one, on the phone', async () => {
    const visitor = await visitors.come('sophie', '/agenda', { viewport: PHONE });
    const { page } = visitor;
    await page.getByRole('button', { name: 'Trouver un créneau' }).click();
    await page.getByLabel('Avec qui').selectOption({ label: 'Dr Hugo Leroy · Cabinet du Port' });
    await page.getByLabel('À partir du').fill('2026-11-26');
    await check(visitor, 'trouver-telephone');
    await times(visitor).getByRole('button', { name: 'jeu. 26 nov. 09:20' }).click();
    await page.getByRole('combobox', { name: 'Patient' }).fill('Kowalski');
    await page.getByRole('option', { name: 'Créer « Kowalski »' }).click();
    await check(visitor, 'trouver-patient-telephone');
    // The page slept, the hold ended, and somebody else came.
    const { json } = await practice.ask('GET', 'Appointment?status=pending&actor=Practitioner/leroy');
    await practice.ask('PUT', `Appointment/${json.entry[0].resource.id}`, {
      ...json.entry[0].resource,
      status: 'cancelled',
    });
    await practice.book('leroy', starting('09:20'), starting('09:40'));
    await page.getByRole('button', { name: 'Réserver', exact: true }).click();
    await page.getByRole('button', { name: 'jeudi 26 novembre 2026, 09:40' }).click();
    await page.getByText('Gardé pour vous').waitFor();
    await page.getByText('Pour KOWALSKI').waitFor();
    await page.getByRole('button', { name: 'Réserver', exact: true }).click();

    await page.getByText('Rendez-vous réservé').waitFor();
    const created = await practice.ask('GET', 'Appointment?patient.family=Kowalski&status=booked');
    expect(created.json.entry.map(({ resource }: { resource: { start: string } }) => resource.start)).toEqual([
      starting('09:40'),
    ]);
    expectNoFaults(visitor, /409/);
  });
});
