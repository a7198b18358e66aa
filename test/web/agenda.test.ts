/** Journeys of people who keep an agenda, in a real browser: booking, opening hours, moving, changes made elsewhere. */
import { describe, expect, it } from 'vitest';
import { check, expectNoFaults, hasChromium, PHONE, soon, type Visitor, type Visitors } from './browser.ts';
import { calendar, closure, importText } from '../calendar-kit.ts';
import { LONG_NAME, type Practice, usePractice } from './practice.ts';

describe.skipIf(!hasChromium)('the agenda', () => {
  let practice: Practice;
  let visitors: Visitors;

  usePractice((opened) => {
    ({ practice, visitors } = opened);
  });

  const at = (day: string, time: string, offset = '+01:00') => `2026-${day}T${time}:00${offset}`;

  async function choosePatient({ page }: Visitor, letters: string, name: string): Promise<void> {
    await page.getByRole('combobox', { name: 'Patient' }).fill(letters);
    await page.getByRole('option', { name }).click();
  }

  it('lets a visitor choose a person, shows the week, and books with the keyboard', async () => {
    const visitor = await visitors.come(undefined, '/');
    const { page } = visitor;
    await page.getByRole('button', { name: /Camille Vasseur/ }).waitFor();
    await check(visitor, 'connexion-ordinateur');
    await page.getByRole('button', { name: /Camille Vasseur/ }).press('Enter');
    await page.getByRole('heading', { name: 'Dr Camille Vasseur' }).waitFor();
    await page.getByRole('button', { name: 'Nouveau rendez-vous' }).press('Enter');
    await choosePatient(visitor, 'mart', 'MARTIN Alice');
    await page.getByLabel('Date').fill('2026-11-25');
    await page.getByRole('button', { name: '08:45' }).press('Enter');
    await page.getByLabel('Remarque (facultatif)').fill('Première visite');
    await check(visitor, 'reservation-ordinateur');
    await page.getByRole('button', { name: 'Réserver', exact: true }).press('Enter');
    await page.getByText('Rendez-vous réservé').waitFor();
    await page.locator('.appt', { hasText: 'MARTIN Alice' }).waitFor();
    await check(visitor, 'agenda-ordinateur');
    const { json } = await practice.ask('GET', 'Appointment?patient=alice');
    expect(json.entry[0].resource).toMatchObject({
      status: 'booked',
      start: at('11-25', '08:45'),
      comment: 'Première visite',
      serviceType: [{ text: 'Consultation' }],
    });
    expectNoFaults(visitor);
  });

  it('lists requests without time, gives one of the free times and declines, by the keyboard', async () => {
    const ask = async (patient: string, status: string): Promise<string> => {
      const { json } = await practice.ask('POST', 'Appointment', {
        ...{ resourceType: 'Appointment', status, requestedPeriod: [{ start: '2026-12-17', end: '2026-12-18' }] },
        participant: [`Patient/${patient}`, 'Practitioner/vasseur'].map((reference) => ({
          ...{ actor: { reference }, status: 'needs-action' },
        })),
      });
      return json.id;
    };
    const [first, second] = [await ask('bruno', 'proposed'), await ask('alice', 'waitlist')];
    const visitor = await visitors.come('camille', '/agenda');
    const { page } = visitor;
    const box = page.getByRole('region', { name: 'À traiter' });
    await box.getByText('À traiter : 2 demandes').waitFor();
    expect(await box.getByRole('listitem').first().textContent()).toContain('souhaite du 17/12/2026 au 18/12/2026');
    await check(visitor, 'demandes-ordinateur');
    await box.getByRole('button', { name: 'Donner un horaire : DURAND Bruno' }).press('Enter');
    await page.getByRole('button', { name: '09:15', exact: true }).press('Enter');
    await check(visitor, 'demande-horaire-ordinateur');
    await page.getByRole('button', { name: 'Réserver', exact: true }).press('Enter');
    await box.getByText('À traiter : 1 demande').waitFor();
    const { json } = await practice.ask('GET', `Appointment/${first}`);
    expect([json.status, json.start]).toEqual(['booked', at('12-17', '09:15')]);
    await box.getByRole('button', { name: 'Refuser : MARTIN Alice' }).press('Enter');
    await page.getByLabel('Motif du refus (facultatif)').fill('Complet');
    await page.getByRole('dialog').getByRole('button', { name: 'Refuser' }).press('Enter');
    await page.getByText('Demande refusée').waitFor();
    await box.waitFor({ state: 'detached' });
    const declined = await practice.ask('GET', `Appointment/${second}`);
    expect([declined.json.status, declined.json.cancelationReason.text]).toEqual(['cancelled', 'Complet']);
    expectNoFaults(visitor);
  });

  it('lists appointments that a calendar closed over until each is moved or cancelled by the keyboard', async () => {
    const first = await practice.book('vasseur', at('12-22', '09:00'), at('12-22', '09:15'), 'bruno');
    const second = await practice.book('vasseur', at('12-22', '09:15'), at('12-22', '09:30'));
    const visitor = await visitors.come('camille', '/agenda');
    const { page } = visitor;
    await page.locator('.calendar').waitFor();
    const text = calendar(...closure('leave', '20261222', '20261223'));
    expect((await importText({ base: `${practice.url}/fhir` }, text, 'vasseur')).status).toBe(200);
    const box = page.getByRole('region', { name: 'À traiter' });
    await box.getByText('À traiter : 2 rendez-vous dans une fermeture').waitFor();
    await check(visitor, 'fermetures-ordinateur');
    await box.getByRole('button', { name: 'Déplacer : DURAND Bruno, mardi 22 décembre 2026, 09:00' }).press('Enter');
    await page.getByLabel('Date').fill('2026-12-23');
    await page.getByRole('dialog').getByRole('button', { name: 'Déplacer' }).press('Enter');
    await soon(() => page.locator(':focus').textContent()).toBe('À traiter : 1 rendez-vous dans une fermeture');
    await box.getByRole('button', { name: 'Annuler le rendez-vous : MARTIN Alice' }).press('Enter');
    await page.getByRole('dialog').getByRole('button', { name: 'Annuler le rendez-vous' }).press('Enter');
    await box.waitFor({ state: 'detached' });
    const [moved, cancelled] = [first, second].map((id) => practice.ask('GET', `Appointment/${id}`));
    expect((await moved!).json).toMatchObject({ status: 'booked', start: at('12-23', '09:00') });
    expect((await cancelled!).json.status).toBe('cancelled');
    expectNoFaults(visitor);
  });

  it('shows a booking made elsewhere within two seconds', async () => {
    const visitor = await visitors.come('camille', '/agenda?day=2026-11-26');
    const { page } = visitor;
    await page.locator('.calendar').waitFor();
    await page.waitForTimeout(500);
    await practice.book('vasseur', at('11-26', '09:00'), at('11-26', '09:15'), 'bruno');
    const began = Date.now();
    await page.locator('.appt', { hasText: 'DURAND Bruno' }).waitFor({ timeout: 10_000 });
    expect(Date.now() - began).toBeLessThan(2000);
    expectNoFaults(visitor);
  });

  it('gives a slot to one of two browsers; the other may overbook, or take the nearest free time', async () => {
    const [first, second] = await Promise.all([
      visitors.come('camille', '/agenda'),
      visitors.come('sophie', '/agenda?agendas=vasseur'),
    ]);
    // Two patients: the same one twice at one time would be refused for that.
    const choices = [
      [first, 'dur', 'DURAND Bruno'],
      [second, 'mart', 'MARTIN Alice'],
    ] as const;
    for (const [visitor, letters, name] of choices) {
      await visitor.page.getByRole('button', { name: 'Nouveau rendez-vous' }).click();
      await choosePatient(visitor, letters, name);
      await visitor.page.getByLabel('Date').fill('2026-11-27');
      await visitor.page.getByRole('button', { name: '10:30' }).click();
    }
    await Promise.all(
      [first, second].map(({ page }) => page.getByRole('button', { name: 'Réserver', exact: true }).click()),
    );
    const results = await Promise.all(
      [first, second].map(({ page }) =>
        Promise.race([
          page
            .getByText('Rendez-vous réservé')
            .waitFor()
            .then(() => 'booked'),
          page
            .getByText('Cet horaire vient d’être pris.')
            .waitFor()
            .then(() => 'taken'),
        ]),
      ),
    );
    expect(results.sort()).toEqual(['booked', 'taken']);
    const late = (await first.page.getByText('Cet horaire vient d’être pris.').count()) > 0 ? first : second;
    await check(late, 'conflit-ordinateur');
    await soon(() =>
      late.page
        .getByRole('dialog')
        .getByRole('button', { name: /vendredi 27 novembre 2026, / })
        .count(),
    ).toBe(3);
    await late.page.getByRole('button', { name: 'Réserver quand même (surnuméraire)' }).click();
    await late.page.getByText('Deux patients auront le même horaire.').waitFor();
    await late.page.getByRole('button', { name: 'Renoncer' }).click();
    // The dialog was left on purpose, and what was typed went with it; the nearest time is one click away.
    await late.page.getByRole('button', { name: 'Nouveau rendez-vous' }).click();
    const [, letters, name] = choices.find(([visitor]) => visitor === late)!;
    await choosePatient(late, letters, name);
    await late.page.getByLabel('Date').fill('2026-11-27');
    await late.page.getByLabel('Heure').fill('10:30');
    await late.page.getByRole('button', { name: 'Réserver', exact: true }).click();
    await late.page
      .getByRole('dialog')
      .getByRole('button', { name: /vendredi 27 novembre 2026, 10:45/ })
      .click();
    await late.page.getByRole('button', { name: 'Réserver', exact: true }).click();
    await late.page.getByText('Rendez-vous réservé').waitFor();
    const { json } = await practice.ask('GET', 'Appointment?patient=bruno,alice&date=2026-11-27');
    expect(json.entry.map((entry: { resource: { start: string } }) => entry.resource.start).sort()).toEqual([
      at('11-27', '10:30'),
      at('11-27', '10:45'),
    ]);
    for (const visitor of [first, second]) expectNoFaults(visitor, /409/);
  });

  it('overbooks on purpose', async () => {
    await practice.book('vasseur', at('12-01', '09:00'), at('12-01', '09:15'));
    const visitor = await visitors.come('sophie', '/agenda?agendas=vasseur&day=2026-12-01');
    const { page } = visitor;
    await page.getByRole('button', { name: 'Nouveau rendez-vous' }).click();
    await choosePatient(visitor, 'dur', 'DURAND Bruno');
    await page.getByLabel('Heure').fill('09:00');
    await page.getByRole('button', { name: 'Réserver', exact: true }).click();
    await page.getByRole('button', { name: 'Réserver quand même (surnuméraire)' }).click();
    // A double click books once.
    await page.getByRole('button', { name: 'Confirmer le surnuméraire' }).dblclick();
    await page.locator('.appt-over', { hasText: 'DURAND Bruno' }).waitFor();
    expect((await practice.ask('GET', 'Appointment?patient=bruno&date=2026-12-01')).json.total).toBe(1);
    expectNoFaults(visitor, /409/);
  });

  it('marks an appointment, moves it, cancels it, and undoes each', async () => {
    const id = await practice.book('vasseur', at('12-02', '09:00'), at('12-02', '09:15'));
    await practice.book('vasseur', at('12-02', '10:00'), at('12-02', '10:15'), 'bruno');
    const visitor = await visitors.come('camille', '/agenda?view=day&day=2026-12-02');
    const { page } = visitor;
    const status = async () => (await practice.ask('GET', `Appointment/${id}`)).json.status;
    const event = page.locator('.appt', { hasText: 'MARTIN Alice' });
    await event.click();
    await check(visitor, 'rendez-vous-ordinateur');
    await page.getByText('provisoire', { exact: true }).waitFor();
    await page.getByLabel('Pièce présentée').selectOption('Passeport');
    await page.getByRole('button', { name: 'Traits vérifiés sur la pièce' }).click();
    await page.getByText('validée', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Honoré', exact: true }).click();
    await page.getByText('Rendez-vous noté honoré').waitFor();
    expect(await status()).toBe('fulfilled');
    await page.getByRole('button', { name: 'Annuler cette action' }).click();
    await soon(status).toBe('booked');
    await event.click();
    await page.getByRole('button', { name: 'Déplacer' }).click();
    await page.getByLabel('Heure').fill('10:00');
    await page.getByRole('button', { name: 'Déplacer' }).click();
    await page.getByText('Cet horaire vient d’être pris.').waitFor();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /2 décembre 2026, 09:45/ })
      .click();
    await page.getByText('Rendez-vous déplacé').waitFor();
    expect((await practice.ask('GET', `Appointment/${id}`)).json.start).toBe(at('12-02', '09:45'));
    await event.click();
    await page.getByRole('button', { name: 'Annuler le rendez-vous' }).click();
    await page.getByLabel('Motif de l’annulation (facultatif)').fill('Empêchement');
    await page.getByRole('button', { name: 'Annuler le rendez-vous' }).click();
    await soon(status).toBe('cancelled');
    expectNoFaults(visitor, /409/);
  });

  it('drags an appointment with the mouse, and puts it back when the server refuses', async () => {
    const id = await practice.book('vasseur', at('12-03', '09:00'), at('12-03', '09:15'));
    const visitor = await visitors.come('camille', '/agenda?view=day&day=2026-12-03');
    const { page } = visitor;
    const event = page.locator('.appt', { hasText: 'MARTIN Alice' });
    const drag = async (minutes: number) => {
      await event.scrollIntoViewIfNeeded();
      const box = (await event.boundingBox())!;
      await page.mouse.move(box.x + 60, box.y + 8);
      await page.mouse.down();
      for (let i = 1; i <= 8; i++)
        await page.mouse.move(box.x + 60, box.y + 8 + ((box.height / 15) * minutes - 3) * (i / 8));
      await page.mouse.up();
    };
    await event.waitFor();
    await drag(30);
    await page.getByText('Rendez-vous déplacé').waitFor();
    expect((await practice.ask('GET', `Appointment/${id}`)).json.start).toBe(at('12-03', '09:30'));
    await drag(-90);
    await page
      .getByText(/n'est pas ouvert/)
      .first()
      .waitFor();
    expect((await practice.ask('GET', `Appointment/${id}`)).json.start).toBe(at('12-03', '09:30'));
    expectNoFaults(visitor, /422/);
  });

  it('goes through the appointments with the arrows, which are one tab stop together', async () => {
    for (const [time, end] of [
      ['08:30', '08:45'],
      ['09:30', '09:45'],
      ['11:00', '11:15'],
    ] as const)
      await practice.book('vasseur', at('12-04', time), at('12-04', end), 'bruno');
    const visitor = await visitors.come('camille', '/agenda?view=day&day=2026-12-04');
    const { page } = visitor;
    await soon(() => page.locator('.appt').count()).toBe(3);
    await soon(() => page.locator('.appt[tabindex="0"]').count()).toBe(1);
    await page.locator('.appt[tabindex="0"]').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    expect(await page.locator(':focus').textContent()).toContain('11:00');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByText('vendredi 4 décembre 2026, 11:00 – 11:15').waitFor();
    await page.keyboard.press('Escape');
    expect(await page.locator(':focus').textContent()).toContain('11:00');
    expectNoFaults(visitor);
  });

  it('opens hours every week, draws others with the mouse, adds an absence, undoes', async () => {
    const visitor = await visitors.come('sophie', '/agenda?agendas=leroy&day=2026-11-24');
    const { page } = visitor;
    const schedule = async () => JSON.stringify((await practice.ask('GET', 'Schedule/leroy')).json.extension);
    await page.getByRole('button', { name: 'Nouvelle disponibilité' }).click();
    await page.getByLabel('De *', { exact: true }).fill('18:00');
    await page.getByLabel('À *', { exact: true }).fill('20:00');
    await page.getByLabel('Répéter chaque semaine').check();
    await page.getByLabel('jeudi').check();
    await page.getByLabel('Jusqu’au').fill('2027-06-30');
    await check(visitor, 'disponibilite-ordinateur');
    await page.getByRole('button', { name: 'Enregistrer' }).click();
    await page.getByText('Horaires ajoutés').waitFor();
    const { json } = await practice.ask(
      'GET',
      'Slot?schedule=leroy&status=free&start=ge2026-12-03T18:00:00%2B01:00&start=lt2026-12-03T20:00:00%2B01:00',
    );
    expect(json.total).toBe(6);
    await page.getByRole('button', { name: 'Annuler cette action' }).click();
    await page.getByText('L’action a été annulée').waitFor();
    expect(await schedule()).not.toContain('18:00');
    await page.getByRole('radiogroup', { name: 'Ce que l’on modifie' }).getByText('Horaires').click();
    const hours = page.locator('.hours-open').last();
    await hours.evaluate(({ ownerDocument: { body } }) => body.scrollIntoView(false));
    const opening = await hours.evaluate((drawn) => drawn.getBoundingClientRect().toJSON());
    await page.mouse.move(opening.x + 20, opening.y + opening.height + 6);
    await page.mouse.down();
    for (let i = 1; i <= 5; i++) await page.mouse.move(opening.x + 20, opening.y + opening.height + 6 + i * 6);
    await page.mouse.up();
    expect(await page.getByLabel('De *', { exact: true }).inputValue()).toBe('17:00');
    await page.getByRole('button', { name: 'Renoncer' }).click();
    await page.getByRole('button', { name: 'Nouvelle absence' }).click();
    await page.getByLabel('Premier jour').fill('2026-11-26');
    await page.getByLabel('Dernier jour').fill('2026-11-27');
    await page.getByLabel('Motif').fill('Formation');
    await page.getByRole('button', { name: 'Enregistrer' }).click();
    await page.locator('.hours-closed', { hasText: 'Formation' }).first().waitFor();
    const closed = await practice.ask('GET', 'Slot?schedule=leroy&status=free&start=ge2026-11-26&start=lt2026-11-28');
    expect(closed.json.total).toBe(0);
    await check(visitor, 'horaires-ordinateur');
    expectNoFaults(visitor);
  });

  it('shows several agendas side by side, the month, and the same as text', async () => {
    const visitor = await visitors.come('sophie', '/agenda?agendas=vasseur,leroy&day=2026-11-25');
    const { page } = visitor;
    await soon(() => page.locator('.calendar').count()).toBe(2);
    await check(visitor, 'agendas-cote-a-cote-ordinateur');
    await page.getByText('Mois', { exact: true }).click();
    await soon(() => page.locator('.calendar').count()).toBe(2);
    await check(visitor, 'mois-ordinateur');
    await page.getByText('Liste', { exact: true }).click();
    await page.getByText('créneaux libres').first().waitFor();
    await check(visitor, 'liste-ordinateur');
    await page.emulateMedia({ media: 'print' });
    expect(await page.getByRole('banner').isVisible()).toBe(false);
    expect(await page.getByRole('button', { name: 'Imprimer' }).isVisible()).toBe(false);
    expectNoFaults(visitor);
  });

  it('shows the agenda of a practitioner in Réunion in local hours, seen from Paris', async () => {
    await practice.book('payet', at('11-25', '08:00', '+04:00'), at('11-25', '08:20', '+04:00'));
    const visitor = await visitors.come('marie', '/agenda?day=2026-11-25');
    const { page } = visitor;
    await page.locator('.appt', { hasText: '08:00 MARTIN Alice' }).waitFor();
    await page.getByText('heure : La Réunion').waitFor();
    await page.locator('.appt', { hasText: 'MARTIN Alice' }).click();
    await page.getByRole('dialog').getByText('mercredi 25 novembre 2026, 08:00 – 08:20').waitFor();
    expectNoFaults(visitor);
  });

  it('shows 3,000 slots of one answer, and names of any length and script', async () => {
    for (const [i, patient] of ['long', 'rtl', 'emoji'].entries())
      await practice.book('vasseur', at('12-07', `1${4 + i}:00`), at('12-07', `1${4 + i}:15`), patient);
    const visitor = await visitors.come('sophie', '/agenda?agendas=centre&view=list&day=2026-12-07');
    const { page } = visitor;
    for (const text of ['288 créneaux libres de 5 min', '144 créneaux libres de 10 min'])
      await soon(() => page.getByText(text).count()).toBe(7);
    await page.goto('/agenda?agendas=vasseur&day=2026-12-07');
    await page.locator('.appt', { hasText: 'PETIT 🦊 Zoé' }).waitFor();
    await page.locator('.appt', { hasText: 'السيد محمد' }).waitFor();
    await page.locator('.appt', { hasText: LONG_NAME.toLocaleUpperCase('fr').slice(0, 60) }).click();
    await check(visitor, 'nom-long-ordinateur');
    expectNoFaults(visitor);
  });

  it('explains a refused time, and has no buttons on a read-only agenda', async () => {
    const visitor = await visitors.come('camille', '/agenda?agendas=leroy');
    await visitor.page.locator('.calendar').waitFor();
    expect(await visitor.page.getByRole('button', { name: 'Nouveau rendez-vous' }).count()).toBe(0);
    await visitor.page.goto('/agenda?day=2026-11-24');
    await visitor.page.getByRole('button', { name: 'Nouveau rendez-vous' }).click();
    await choosePatient(visitor, 'mart', 'MARTIN Alice');
    await visitor.page.getByLabel('Heure').fill('13:00');
    await visitor.page.getByRole('button', { name: 'Réserver', exact: true }).click();
    await visitor.page.getByText(/n'est pas ouvert à cet horaire/).waitFor();
    expect(await visitor.page.getByText('MARTIN Alice', { exact: true }).isVisible()).toBe(true);
    expectNoFaults(visitor, /422/);
  });

  it('fits a phone', async () => {
    const visitor = await visitors.come('camille', '/agenda?day=2026-11-25', { viewport: PHONE });
    await visitor.page.locator('.calendar').waitFor();
    await check(visitor, 'agenda-telephone');
    // A desktop at 400 % and a small phone are 320 points wide.
    await visitor.page.setViewportSize({ width: 320, height: 640 });
    expect(await visitor.page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320);
    await visitor.page.setViewportSize(PHONE);
    await visitor.page.getByRole('button', { name: 'Nouveau rendez-vous' }).click();
    await visitor.page.getByRole('combobox', { name: 'Patient' }).waitFor();
    await check(visitor, 'reservation-telephone');
    expectNoFaults(visitor);
  });
});
