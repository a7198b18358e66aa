/** Journeys with the keyboard alone: nothing but `page.keyboard`, no locator is focused, clicked or filled. */
import { describe, expect, it } from 'vitest';
import { check, expectNoFaults, hasChromium, soon, type Visitor, type Visitors } from './browser.ts';
import { focused, stopsOf, tabTo } from './keyboard.ts';
import { type Practice, usePractice } from './practice.ts';

describe.skipIf(!hasChromium)('the keyboard alone', () => {
  let practice: Practice;
  let visitors: Visitors;

  usePractice((opened) => {
    ({ practice, visitors } = opened);
  });

  const at = (day: string, time: string) => `2026-${day}T${time}:00+01:00`;

  const expectFocus = ({ page }: Visitor, name: string) => soon(async () => (await focused(page)).name).toContain(name);

  async function openBooking(visitor: Visitor): Promise<void> {
    await visitor.page.locator('.calendar').waitFor();
    await tabTo(visitor.page, 'Nouveau rendez-vous');
    await visitor.page.keyboard.press('Enter');
    await expectFocus(visitor, 'Patient');
  }

  async function choosePatient(visitor: Visitor, letters: string, name: string): Promise<void> {
    await visitor.page.keyboard.type(letters);
    await visitor.page.getByRole('option', { name }).waitFor();
    await visitor.page.keyboard.press('ArrowDown');
    await visitor.page.keyboard.press('Enter');
  }

  it('books for a known patient, from the agenda and back to it', async () => {
    const visitor = await visitors.come('camille', '/agenda?view=day&day=2026-11-25');
    const { page } = visitor;
    await openBooking(visitor);
    await choosePatient(visitor, 'mart', 'MARTIN Alice');
    // The patient who appears is said, and the next stop is within the form.
    await expectFocus(visitor, 'Pour MARTIN Alice');
    await tabTo(page, 'Motif');
    await tabTo(page, '09:15');
    await page.keyboard.press('Enter');
    await tabTo(page, 'Remarque');
    await page.keyboard.type('Au clavier');
    await tabTo(page, 'Réserver');
    await page.keyboard.press('Enter');
    await page.getByText('Rendez-vous réservé').waitFor();
    await expectFocus(visitor, 'Nouveau rendez-vous');
    const { json } = await practice.ask('GET', 'Appointment?patient=alice&date=2026-11-25');
    expect(json.entry[0].resource).toMatchObject({ start: at('11-25', '09:15'), comment: 'Au clavier' });
    expectNoFaults(visitor);
  });

  it('creates the patient whose name was typed, and goes back and forth between the steps', async () => {
    const visitor = await visitors.come('camille', '/agenda?view=day&day=2026-11-26');
    const { page } = visitor;
    await openBooking(visitor);
    await choosePatient(visitor, 'Lefèvre', 'Créer « Lefèvre »');
    await expectFocus(visitor, 'Nom *');
    await check(visitor, 'nouveau-patient-ordinateur');
    await tabTo(page, 'Chercher un patient connu');
    await page.keyboard.press('Enter');
    await expectFocus(visitor, 'Patient');
    await tabTo(page, 'Nouveau patient');
    await page.keyboard.press('Enter');
    await expectFocus(visitor, 'Nom *');
    expect(await page.getByLabel('Nom *').inputValue()).toBe('Lefèvre');
    await tabTo(page, 'Prénom');
    await page.keyboard.type('Marie');
    await tabTo(page, '09:30');
    await page.keyboard.press('Enter');
    await tabTo(page, 'Réserver');
    await page.keyboard.press('Enter');
    await page.getByText('Rendez-vous réservé').waitFor();
    expect((await practice.ask('GET', 'Patient?family=Lefèvre&given=Marie')).json.total).toBe(1);
    expectNoFaults(visitor);
  });

  it('reads that the time is taken, and overbooks after the warning', async () => {
    const visitor = await visitors.come('sophie', '/agenda?agendas=vasseur&view=day&day=2026-11-27');
    const { page } = visitor;
    await openBooking(visitor);
    await choosePatient(visitor, 'dur', 'DURAND Bruno');
    await tabTo(page, '10:30');
    await page.keyboard.press('Enter');
    await practice.book('vasseur', at('11-27', '10:30'), at('11-27', '10:45'));
    await tabTo(page, 'Réserver');
    await page.keyboard.press('Enter');
    await expectFocus(visitor, 'Cet horaire vient d’être pris.');
    await tabTo(page, 'Réserver quand même');
    await page.keyboard.press('Enter');
    await expectFocus(visitor, 'Deux patients auront le même horaire.');
    await tabTo(page, 'Confirmer le surnuméraire');
    await page.keyboard.press('Enter');
    await page.getByText('Rendez-vous réservé').waitFor();
    expect((await practice.ask('GET', 'Appointment?patient=bruno&date=2026-11-27')).json.total).toBe(1);
    expectNoFaults(visitor, /409/);
  });

  it('moves an appointment, changes its mind, and cancels with a reason', async () => {
    const id = await practice.book('vasseur', at('12-01', '09:00'), at('12-01', '09:15'));
    await practice.book('vasseur', at('12-01', '10:00'), at('12-01', '10:15'), 'bruno');
    const visitor = await visitors.come('camille', '/agenda?view=day&day=2026-12-01');
    const { page } = visitor;
    await page.locator('.appt', { hasText: 'MARTIN Alice' }).waitFor();
    await tabTo(page, '09:00 MARTIN Alice');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'MARTIN Alice' }).waitFor();
    await expectFocus(visitor, 'MARTIN Alice');
    await tabTo(page, 'Déplacer');
    await page.keyboard.press('Enter');
    await expectFocus(visitor, 'Date');
    await tabTo(page, 'Renoncer');
    await page.keyboard.press('Enter');
    await expectFocus(visitor, 'Déplacer');
    await page.keyboard.press('Enter');
    await tabTo(page, 'Heure');
    await page.keyboard.type('1000AM');
    await tabTo(page, 'Déplacer');
    await page.keyboard.press('Enter');
    await expectFocus(visitor, 'Cet horaire vient d’être pris.');
    await tabTo(page, /09:45$/);
    await page.keyboard.press('Enter');
    await page.getByText('Rendez-vous déplacé').waitFor();
    expect((await practice.ask('GET', `Appointment/${id}`)).json.start).toBe(at('12-01', '09:45'));
    await expectFocus(visitor, 'MARTIN Alice');
    await page.keyboard.press('Enter');
    await tabTo(page, 'Annuler le rendez-vous');
    await page.keyboard.press('Enter');
    await expectFocus(visitor, 'Motif de l’annulation');
    await page.keyboard.type('Empêchement');
    await page.keyboard.press('Enter');
    await soon(async () => (await practice.ask('GET', `Appointment/${id}`)).json.status).toBe('cancelled');
    expectNoFaults(visitor, /409/);
  });

  it('stays within every dialog, in every step of it', async () => {
    await practice.book('vasseur', at('12-02', '09:00'), at('12-02', '09:15'));
    const visitor = await visitors.come('camille', '/agenda?view=day&day=2026-12-02');
    const { page } = visitor;
    await openBooking(visitor);
    expect(await stopsOf(page)).toEqual(expect.arrayContaining(['Fermer', 'Nouveau patient', 'Réserver']));
    await page.keyboard.press('Escape');
    await soon(() => page.getByRole('dialog').count()).toBe(0);
    for (const name of ['Nouvelle disponibilité', 'Nouvelle absence']) {
      await tabTo(page, name);
      await page.keyboard.press('Enter');
      await page.getByRole('dialog', { name }).waitFor();
      expect(await stopsOf(page)).toEqual(expect.arrayContaining(['Fermer', 'Enregistrer']));
      await page.keyboard.press('Escape');
      await expectFocus(visitor, name);
    }
    await page.goto('/visibilite');
    await page.getByRole('button', { name: 'Nouvelle offre' }).waitFor();
    await tabTo(page, 'Nouvelle offre');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Nouvelle offre' }).waitFor();
    expect(await stopsOf(page)).toEqual(expect.arrayContaining(['Fermer', 'Enregistrer']));
    expectNoFaults(visitor);
  });

  it('asks before Escape or a click beside the dialog loses typed text', async () => {
    const visitor = await visitors.come('camille', '/agenda?view=day&day=2026-12-03');
    const { page } = visitor;
    await openBooking(visitor);
    await tabTo(page, 'Remarque');
    await page.keyboard.type('À garder');
    await page.keyboard.press('Escape');
    await expectFocus(visitor, 'Continuer la saisie');
    await check(visitor, 'saisie-non-enregistree-ordinateur');
    expect(await stopsOf(page)).toEqual(expect.arrayContaining(['Continuer la saisie', 'Fermer sans enregistrer']));
    await page.keyboard.press('Escape');
    await expectFocus(visitor, 'Remarque');
    // The only pointer of this file: beside the dialog.
    await page.mouse.click(5, 500);
    expect(await page.getByLabel('Remarque (facultatif)').inputValue()).toBe('À garder');
    await page.keyboard.press('Escape');
    await tabTo(page, 'Fermer sans enregistrer');
    await page.keyboard.press('Enter');
    await soon(() => page.getByRole('dialog').count()).toBe(0);
    await expectFocus(visitor, 'Nouveau rendez-vous');
    expectNoFaults(visitor);
  });
});
