/**
 * The mouse and the keyboard in the calendar: dragging and resizing appointments and opening hours, also to another
 * agenda; the month, the print, the accessibility tree.
 */
import { describe, expect, it } from 'vitest';
import type { Locator, Page } from 'playwright-core';
import { check, DESKTOP, expectNoFaults, hasChromium, inOrder, picture, soon, type Visitors } from './browser.ts';
import { type Practice, usePractice } from './practice.ts';

/** A drag begins with small moves, as hands do: the calendar ignores a first move of a hundred points. */
const STEPS = 16;

describe.skipIf(!hasChromium)('the calendar', () => {
  let practice: Practice;
  let visitors: Visitors;

  usePractice((opened) => {
    ({ practice, visitors } = opened);
  });

  const at = (day: string, time: string) => `2026-${day}T${time}:00+01:00`;
  const appointment = async (id: string) => (await practice.ask('GET', `Appointment/${id}`)).json;
  const times = async (schedule: string, name: string): Promise<string> =>
    JSON.stringify(
      (await practice.ask('GET', `Schedule/${schedule}`)).json.extension.find((extension: object) =>
        JSON.stringify(extension).includes(`"${name}"`),
      ),
    );

  /** Releases the button once the drawing has arrived there. */
  async function drag(
    page: Page,
    from: { x: number; y: number },
    to: { x: number; y: number },
    there?: Locator,
  ): Promise<void> {
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    for (let i = 1; i <= STEPS; i++)
      await page.mouse.move(from.x + ((to.x - from.x) * i) / STEPS, from.y + ((to.y - from.y) * i) / STEPS);
    for (let shake = 0; there !== undefined && (await there.count()) === 0; shake++)
      await page.mouse.move(to.x + (shake % 5), to.y);
    await page.mouse.up();
  }
  async function boxOf(element: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
    await element.waitFor();
    await element.scrollIntoViewIfNeeded();
    return (await element.boundingBox())!;
  }
  it('lengthens an appointment by its lower edge, and undoes it', async () => {
    const id = await practice.book('vasseur', at('12-01', '09:00'), at('12-01', '09:15'));
    const visitor = await visitors.come('camille', '/agenda?view=day&day=2026-12-01');
    const { page } = visitor;
    const event = page.locator('.appt', { hasText: 'MARTIN Alice' });
    const box = await boxOf(event);
    const lower = { x: box.x + 80, y: box.y + box.height - 2 };
    await event.hover();
    await drag(page, lower, { x: lower.x, y: lower.y + box.height });
    await page.getByText('Rendez-vous déplacé').waitFor();
    expect((await appointment(id)).end).toBe(at('12-01', '09:30'));
    await page.getByRole('button', { name: 'Annuler cette action' }).click();
    await soon(async () => (await appointment(id)).end).toBe(at('12-01', '09:15'));
    await soon(async () => Math.round((await event.boundingBox())!.height)).toBe(Math.round(box.height));
    // No visit lasts 25 minutes here: the drawing goes back, and the page shows the reason of the server.
    const again = await boxOf(event);
    await event.hover();
    await drag(
      page,
      { x: again.x + 80, y: again.y + again.height - 2 },
      { x: again.x + 80, y: again.y + again.height - 2 + (again.height * 10) / 15 },
    );
    await page.getByText(/Durée impossible/).waitFor();
    await soon(async () => Math.round((await event.boundingBox())!.height)).toBe(Math.round(again.height));
    expectNoFaults(visitor, /422/);
  });

  it('drags an appointment to another agenda, with a room, a device and a practitioner side by side', async () => {
    const id = await practice.book('vasseur', at('12-02', '11:00'), at('12-02', '11:30'));
    const visitor = await visitors.come('sophie', '/agenda?agendas=vasseur,salle,echographe&day=2026-12-02');
    const { page } = visitor;
    await soon(() => page.locator('.calendar').count()).toBe(3);
    for (const name of ['Dr Camille Vasseur', 'Salle d’échographie', 'Échographe portable'])
      await page.getByRole('heading', { name }).waitFor();
    await check(visitor, 'praticien-salle-appareil-ordinateur');
    const columns = page.locator('.column');
    const box = await boxOf(columns.nth(0).locator('.appt', { hasText: 'MARTIN Alice' }));
    const room = (await columns.nth(1).locator('.calendar').boundingBox())!;
    await drag(
      page,
      { x: box.x + 60, y: box.y + 10 },
      { x: room.x + room.width / 2, y: box.y + 10 },
      columns.nth(1).locator('.appt', { hasText: 'MARTIN Alice' }),
    );
    await page.getByText('Rendez-vous déplacé').waitFor();
    await columns.nth(1).locator('.appt', { hasText: 'MARTIN Alice' }).waitFor();
    await soon(() => page.locator('.appt', { hasText: 'MARTIN Alice' }).count()).toBe(1);
    const moved = await appointment(id);
    expect(
      moved.participant.map((participant: { actor: { reference: string } }) => participant.actor.reference).sort(),
    ).toEqual(['Location/salle', 'Patient/alice']);
    expect([moved.start, moved.end]).toEqual([at('12-02', '11:00'), at('12-02', '11:30')]);
    await page.getByRole('button', { name: 'Annuler cette action' }).click();
    await columns.nth(0).locator('.appt', { hasText: 'MARTIN Alice' }).waitFor();
    await soon(() => page.locator('.appt', { hasText: 'MARTIN Alice' }).count()).toBe(1);
    expectNoFaults(visitor);
  });

  it('puts an appointment back that is dropped on another, and names the nearest free times', async () => {
    await practice.book('vasseur', at('12-03', '09:00'), at('12-03', '09:30'));
    await practice.book('salle', at('12-03', '09:00'), at('12-03', '09:30'), 'bruno');
    const visitor = await visitors.come('sophie', '/agenda?agendas=vasseur,salle&day=2026-12-03');
    const { page } = visitor;
    const columns = page.locator('.column');
    await columns.nth(1).locator('.appt', { hasText: 'DURAND Bruno' }).waitFor();
    const box = await boxOf(columns.nth(0).locator('.appt', { hasText: 'MARTIN Alice' }));
    const other = (await columns.nth(1).locator('.appt', { hasText: 'DURAND Bruno' }).boundingBox())!;
    await drag(
      page,
      { x: box.x + 60, y: box.y + 8 },
      { x: other.x + 60, y: box.y + 8 },
      columns.nth(1).locator('.appt', { hasText: 'MARTIN Alice' }),
    );
    await page
      .getByText(/Cet horaire vient d’être pris\. Les plus proches encore libres : jeudi 3 décembre 2026, 08:30/)
      .waitFor();
    await soon(() => columns.nth(0).locator('.appt', { hasText: 'MARTIN Alice' }).count()).toBe(1);
    expect(await columns.nth(1).locator('.appt', { hasText: 'MARTIN Alice' }).count()).toBe(0);
    expectNoFaults(visitor, /409/);
  });

  it('drags and resizes opening hours with all their weeks, and undoes it', async () => {
    const visitor = await visitors.come('sophie', '/agenda?agendas=leroy&view=week&day=2026-11-25');
    const { page } = visitor;
    const before = await times('leroy', 'leroy-jour');
    await page.getByRole('radiogroup', { name: 'Ce que l’on modifie' }).getByText('Horaires').click();
    // Wednesday, 09:00 to 17:00: the lower edge goes up an hour.
    const wednesday = page.locator('.hours-open').nth(2);
    const box = await boxOf(wednesday);
    const hour = box.height / 8;
    await page.evaluate('window.scrollTo(0, document.body.scrollHeight)');
    const shown = (await wednesday.boundingBox())!;
    await page.mouse.move(shown.x + 40, shown.y + shown.height - 20);
    await drag(
      page,
      { x: shown.x + 40, y: shown.y + shown.height - 2 },
      { x: shown.x + 40, y: shown.y + shown.height - 2 - hour },
    );
    await page.getByText('Horaires modifiés').waitFor();
    const slots = async (from: string, to: string) =>
      (
        await practice.ask(
          'GET',
          `Slot?schedule=leroy&status=free&start=ge${encodeURIComponent(from)}&start=lt${encodeURIComponent(to)}`,
        )
      ).json.total;
    expect([
      await slots(at('11-25', '16:00'), at('11-25', '17:00')),
      await slots(at('12-07', '16:00'), at('12-07', '17:00')),
      await slots(at('12-07', '15:00'), at('12-07', '16:00')),
    ]).toEqual([0, 0, 3]);
    await page.getByRole('button', { name: 'Annuler cette action' }).click();
    await page.getByText('L’action a été annulée').waitFor();
    expect(await times('leroy', 'leroy-jour')).toBe(before);
    await page.getByRole('button', { name: 'Fermer' }).first().click();
    // The whole box goes an hour earlier.
    await page.evaluate('window.scrollTo(0, 0)');
    const top = await boxOf(wednesday);
    await drag(page, { x: top.x + 40, y: top.y + 60 }, { x: top.x + 40, y: top.y + 60 - hour });
    await soon(() => slots(at('12-07', '08:00'), at('12-07', '09:00'))).toBe(3);
    expect(await slots(at('12-07', '16:00'), at('12-07', '17:00'))).toBe(0);
    await page.getByRole('button', { name: 'Annuler cette action' }).click();
    await soon(() => times('leroy', 'leroy-jour')).toBe(before);
    expectNoFaults(visitor);
  });

  it('moves an appointment with the keyboard alone, and keeps the focus on it', async () => {
    const id = await practice.book('vasseur', at('12-04', '09:00'), at('12-04', '09:15'));
    await practice.book('vasseur', at('12-04', '10:00'), at('12-04', '10:15'), 'bruno');
    const visitor = await visitors.come('camille', '/agenda?view=day&day=2026-12-04');
    const { page } = visitor;
    await page.locator('.appt[tabindex="0"]').waitFor();
    const focused = () => page.evaluate('document.activeElement.textContent') as Promise<string>;
    for (let i = 0; i < 30 && !(await focused()).startsWith('09:00 MARTIN Alice'); i++)
      await page.keyboard.press('Tab');
    expect(await focused()).toBe('09:00 MARTIN Alice, vendredi 4 décembre 2026, 09:00 – 09:15, Réservé');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'MARTIN Alice' }).waitFor();
    for (let i = 0; i < 10 && (await focused()) !== 'Déplacer'; i++) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByLabel('Heure').waitFor();
    for (let i = 0; i < 10 && (await page.evaluate('document.activeElement.type')) !== 'time'; i++)
      await page.keyboard.press('Tab');
    await page.keyboard.type('1130');
    await page.keyboard.press('Enter');
    await page.getByText('Rendez-vous déplacé').waitFor();
    expect((await appointment(id)).start).toBe(at('12-04', '11:30'));
    await soon(focused).toBe('11:30 MARTIN Alice, vendredi 4 décembre 2026, 11:30 – 11:45, Réservé');
    // A booking made elsewhere does not take the focus away.
    await practice.book('vasseur', at('12-04', '14:00'), at('12-04', '14:15'), 'bruno');
    await page.locator('.appt', { hasText: '14:00' }).waitFor();
    expect(await focused()).toContain('11:30 MARTIN Alice');
    await page.keyboard.press('ArrowUp');
    expect(await focused()).toContain('10:00 DURAND Bruno');
    expectNoFaults(visitor);
  });

  it('says in the accessibility tree what the week, the list and the dialogs show', async () => {
    await practice.book('vasseur', at('12-08', '09:00'), at('12-08', '09:15'));
    const visitor = await visitors.come('camille', '/agenda?view=day&day=2026-12-08');
    const { page } = visitor;
    await page.locator('.appt').waitFor();
    expect(await page.locator('main').ariaSnapshot()).toMatch(
      inOrder([
        'heading "Agenda" [level=1]',
        'button "Période précédente"',
        'status: mardi 8 décembre 2026',
        'radiogroup "Vue"',
        'heading "Dr Camille Vasseur" [level=2]',
        'region "Dr Camille Vasseur, Cabinet du Port"',
        'button "09:00 MARTIN Alice , mardi 8 décembre 2026, 09:00 – 09:15, Réservé"',
        'list "Légende"',
      ]),
    );
    await page.getByText('Liste', { exact: true }).click();
    await page.getByRole('button', { name: 'Réserver 08:30 – 08:45' }).first().waitFor();
    const day = (await page.locator('main').ariaSnapshot())
      .split('heading "mardi 8 décembre 2026" [level=3]')[1]!
      .split('heading')[0]!;
    expect(day).toMatch(
      inOrder([
        'term: Horaires',
        'button "Modifier 08:30 – 12:00"',
        'term: 1 rendez-vous',
        'button "09:00 – 09:15 MARTIN Alice · Réservé"',
        'term: 29 créneaux libres de 15 min',
        'button "Réserver 08:30 – 08:45"',
        'term: 14 créneaux libres de 30 min',
      ]),
    );
    // The free times of a day are one tab stop, not twenty-nine.
    expect(await page.locator('.time-list').first().locator('.time[tabindex="0"]').count()).toBe(1);
    await page.getByRole('button', { name: '09:00 – 09:15 MARTIN Alice' }).click();
    const dialog = page.getByRole('dialog', { name: 'MARTIN Alice' });
    expect(await dialog.ariaSnapshot()).toMatch(
      inOrder([
        'heading "MARTIN Alice" [level=2]',
        'button "Fermer"',
        'term: Quand',
        'definition: mardi 8 décembre 2026, 09:00 – 09:15',
        'button "Honoré"',
        'button "Déplacer"',
        'button "Annuler le rendez-vous"',
      ]),
    );
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Nouvelle absence' }).click();
    expect(await page.getByRole('dialog', { name: 'Nouvelle absence' }).ariaSnapshot()).toMatch(
      inOrder([
        'radiogroup "Quoi"',
        'textbox "Premier jour"',
        'textbox "Dernier jour"',
        'textbox "De"',
        'textbox "À"',
        'textbox "Motif"',
      ]),
    );
    expectNoFaults(visitor);
  });

  it('shows the month with a name of 300 letters on two lines, and prints a clean page', async () => {
    await practice.book('vasseur', at('12-09', '09:00'), at('12-09', '09:15'), 'long');
    const visitor = await visitors.come('camille', '/agenda?view=month&day=2026-12-09');
    const { page } = visitor;
    const event = page.locator('.appt', { hasText: 'Maximilienne' });
    await event.waitFor();
    expect((await event.boundingBox())!.height).toBeLessThan(45);
    await check(visitor, 'mois-seul-ordinateur');
    await event.click();
    await page.getByRole('dialog').getByText('mercredi 9 décembre 2026, 09:00 – 09:15').waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('Semaine', { exact: true }).click();
    await page.locator('.calendar-week .appt').first().waitFor();
    await page.emulateMedia({ media: 'print' });
    // A4, portrait.
    await page.setViewportSize({ width: 794, height: 1123 });
    const shown = await page.evaluate(
      `[...document.querySelectorAll('button, a, [role=radiogroup], [role=status], header, nav, .banner, .legend')]
        .filter((element) => element.checkVisibility() && !element.closest('.calendar'))
        .map((element) => element.textContent).filter(Boolean)`,
    );
    expect(shown).toEqual(['7–13 décembre 2026']);
    expect(await page.getByRole('heading', { name: 'Dr Camille Vasseur' }).isVisible()).toBe(true);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(794);
    await page.screenshot({ path: picture('impression') });
    await page.emulateMedia({ media: null });
    await page.setViewportSize(DESKTOP);
    expectNoFaults(visitor);
  });
});
