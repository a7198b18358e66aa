/** What the mouse and the keyboard do in the calendar itself: dragging and resizing appointments and times, from one agenda to another; month, print, what a screen reader hears. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Locator, Page } from 'playwright-core';
import { check, expectNoFaults, hasChromium, type Visitor, Visitors } from './browser.ts';
import { openPractice, type Practice } from './practice.ts';

/** The calendar takes a first move of a hundred points at once for no drag at all; hands begin slowly. */
const STEPS = 16;

const soon = <T>(what: () => Promise<T>) => expect.poll(what, { timeout: 15_000, interval: 50 });

describe.skipIf(!hasChromium)('the calendar', () => {
  let practice: Practice;
  let visitors: Visitors;
  const open: Visitor[] = [];

  beforeAll(async () => {
    practice = await openPractice();
    visitors = new Visitors(() => practice.url);
  });
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });
  afterAll(async () => {
    await visitors.close();
    await practice.server.close();
  });

  const come = async (...args: Parameters<Visitors['come']>): Promise<Visitor> => {
    const visitor = await visitors.come(...args);
    open.push(visitor);
    return visitor;
  };
  const at = (day: string, time: string) => `2026-${day}T${time}:00+01:00`;
  const appointment = async (id: string) => (await practice.ask('GET', `Appointment/${id}`)).json;
  const times = async (schedule: string, name: string): Promise<string> => JSON.stringify((await practice.ask('GET', `Schedule/${schedule}`)).json.extension.find((one: object) => JSON.stringify(one).includes(`"${name}"`)));

  /** Lets go when what is dragged is drawn there. */
  async function drag(page: Page, from: { x: number; y: number }, to: { x: number; y: number }, there?: Locator): Promise<void> {
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    for (let i = 1; i <= STEPS; i++) await page.mouse.move(from.x + ((to.x - from.x) * i) / STEPS, from.y + ((to.y - from.y) * i) / STEPS);
    for (let shake = 0; there !== undefined && (await there.count()) === 0; shake++) await page.mouse.move(to.x + (shake % 5), to.y);
    await page.mouse.up();
  }
  async function boxOf(element: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
    await element.waitFor();
    await element.scrollIntoViewIfNeeded();
    return (await element.boundingBox())!;
  }
  it('an appointment is made longer by its lower edge, and shorter again by undoing', async () => {
    const id = await practice.book('vasseur', at('12-01', '09:00'), at('12-01', '09:15'));
    const visitor = await come('camille', '/agenda?view=day&day=2026-12-01');
    const { page } = visitor;
    const event = page.locator('.appt', { hasText: 'Alice Martin' });
    const box = await boxOf(event);
    const lower = { x: box.x + 80, y: box.y + box.height - 2 };
    await event.hover();
    await drag(page, lower, { x: lower.x, y: lower.y + box.height });
    await page.getByText('Rendez-vous déplacé').waitFor();
    expect((await appointment(id)).end).toBe(at('12-01', '09:30'));
    await page.getByRole('button', { name: 'Annuler cette action' }).click();
    await soon(async () => (await appointment(id)).end).toBe(at('12-01', '09:15'));
    // No visit lasts 25 minutes here: the drawing goes back, and the server's reason is told.
    const again = await boxOf(event);
    await event.hover();
    await drag(page, { x: again.x + 80, y: again.y + again.height - 2 }, { x: again.x + 80, y: again.y + again.height - 2 + (again.height * 10) / 15 });
    await page.getByText(/Durée impossible/).waitFor();
    await soon(async () => Math.round((await event.boundingBox())!.height)).toBe(Math.round(again.height));
    expectNoFaults(visitor, /422/);
  });

  it('an appointment is dragged from one agenda to another, a room, a device and a practitioner side by side', async () => {
    const id = await practice.book('vasseur', at('12-02', '11:00'), at('12-02', '11:30'));
    const visitor = await come('sophie', '/agenda?agendas=vasseur,salle,echographe&day=2026-12-02');
    const { page } = visitor;
    await soon(() => page.locator('.calendar').count()).toBe(3);
    for (const name of ['Dr Camille Vasseur', 'Salle d’échographie', 'Échographe portable']) await page.getByRole('heading', { name }).waitFor();
    await check(visitor, 'praticien-salle-appareil-ordinateur');
    const columns = page.locator('.column');
    const box = await boxOf(columns.nth(0).locator('.appt', { hasText: 'Alice Martin' }));
    const room = (await columns.nth(1).locator('.calendar').boundingBox())!;
    await drag(page, { x: box.x + 60, y: box.y + 10 }, { x: room.x + room.width / 2, y: box.y + 10 }, columns.nth(1).locator('.appt', { hasText: 'Alice Martin' }));
    await page.getByText('Rendez-vous déplacé').waitFor();
    await columns.nth(1).locator('.appt', { hasText: 'Alice Martin' }).waitFor();
    await soon(() => page.locator('.appt', { hasText: 'Alice Martin' }).count()).toBe(1);
    const moved = await appointment(id);
    expect(moved.participant.map((one: { actor: { reference: string } }) => one.actor.reference).sort()).toEqual(['Location/salle', 'Patient/alice']);
    expect([moved.start, moved.end]).toEqual([at('12-02', '11:00'), at('12-02', '11:30')]);
    await page.getByRole('button', { name: 'Annuler cette action' }).click();
    await columns.nth(0).locator('.appt', { hasText: 'Alice Martin' }).waitFor();
    await soon(() => page.locator('.appt', { hasText: 'Alice Martin' }).count()).toBe(1);
    expectNoFaults(visitor);
  });

  it('dropped where somebody else is, it goes back, and the nearest free times are told', async () => {
    await practice.book('vasseur', at('12-03', '09:00'), at('12-03', '09:30'));
    await practice.book('salle', at('12-03', '09:00'), at('12-03', '09:30'), 'bruno');
    const visitor = await come('sophie', '/agenda?agendas=vasseur,salle&day=2026-12-03');
    const { page } = visitor;
    const columns = page.locator('.column');
    await columns.nth(1).locator('.appt', { hasText: 'Bruno Durand' }).waitFor();
    const box = await boxOf(columns.nth(0).locator('.appt', { hasText: 'Alice Martin' }));
    const other = (await columns.nth(1).locator('.appt', { hasText: 'Bruno Durand' }).boundingBox())!;
    await drag(page, { x: box.x + 60, y: box.y + 8 }, { x: other.x + 60, y: box.y + 8 }, columns.nth(1).locator('.appt', { hasText: 'Alice Martin' }));
    await page.getByText(/Cet horaire vient d’être pris\. Les plus proches encore libres : jeudi 3 décembre 2026, 08:30/).waitFor();
    await soon(() => columns.nth(0).locator('.appt', { hasText: 'Alice Martin' }).count()).toBe(1);
    expect(await columns.nth(1).locator('.appt', { hasText: 'Alice Martin' }).count()).toBe(0);
    expectNoFaults(visitor, /409/);
  });

  it('opening hours are dragged and resized: all their weeks follow, and undo puts them back', async () => {
    const visitor = await come('sophie', '/agenda?agendas=leroy&view=week&day=2026-11-25');
    const { page } = visitor;
    const before = await times('leroy', 'leroy-jour');
    await page.getByRole('radiogroup', { name: 'Ce que l’on modifie' }).getByText('Horaires').click();
    // Wednesday, 09:00 to 17:00: its lower edge an hour up.
    const wednesday = page.locator('.hours-open').nth(2);
    const box = await boxOf(wednesday);
    const hour = box.height / 8;
    await page.evaluate('window.scrollTo(0, document.body.scrollHeight)');
    const shown = (await wednesday.boundingBox())!;
    await page.mouse.move(shown.x + 40, shown.y + shown.height - 20);
    await drag(page, { x: shown.x + 40, y: shown.y + shown.height - 2 }, { x: shown.x + 40, y: shown.y + shown.height - 2 - hour });
    await page.getByText('Horaires modifiés').waitFor();
    const slots = async (from: string, to: string) => (await practice.ask('GET', `Slot?schedule=leroy&status=free&start=ge${encodeURIComponent(from)}&start=lt${encodeURIComponent(to)}`)).json.total;
    expect([await slots(at('11-25', '16:00'), at('11-25', '17:00')), await slots(at('12-07', '16:00'), at('12-07', '17:00')), await slots(at('12-07', '15:00'), at('12-07', '16:00'))]).toEqual([0, 0, 3]);
    await page.getByRole('button', { name: 'Annuler cette action' }).click();
    await page.getByText('L’action a été annulée').waitFor();
    expect(await times('leroy', 'leroy-jour')).toBe(before);
    await page.getByRole('button', { name: 'Fermer' }).first().click();
    // The whole of it an hour earlier.
    await page.evaluate('window.scrollTo(0, 0)');
    const top = await boxOf(wednesday);
    await drag(page, { x: top.x + 40, y: top.y + 60 }, { x: top.x + 40, y: top.y + 60 - hour });
    await soon(() => slots(at('12-07', '08:00'), at('12-07', '09:00'))).toBe(3);
    expect(await slots(at('12-07', '16:00'), at('12-07', '17:00'))).toBe(0);
    await page.getByRole('button', { name: 'Annuler cette action' }).click();
    await soon(() => times('leroy', 'leroy-jour')).toBe(before);
    expectNoFaults(visitor);
  });
});
