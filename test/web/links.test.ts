/** The pages of a link in a mail, as a patient sees them without JavaScript and without a mouse, on a small phone. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type LinkWorld, openLinkWorld } from '../link-world.ts';
import { check, expectNoFaults, hasChromium, Visitors, violationsOf } from './browser.ts';

const NARROW = { width: 320, height: 720 };

/** Runs in the page: the name of what has the focus. */
const FOCUSED = `(({ activeElement: focus, body }) =>
  focus === body ? '' : (focus.getAttribute('aria-label') ?? '') + ' ' + focus.textContent + ' ' +
    (focus.getAttribute('name') ?? ''))(document)`;

let own: LinkWorld;
let visitors: Visitors;

describe.skipIf(!hasChromium)('the pages of a link', () => {
  beforeAll(async () => {
    own = await openLinkWorld();
    visitors = new Visitors(() => own.world.test.server.url);
  });
  afterEach(() => visitors.leave());
  afterAll(async () => {
    await visitors.close();
    await own.close();
  });

  const linkOf = async (patient: string, minutes: number): Promise<string> => {
    await own.book(await own.patient(patient), minutes);
    return own.link(patient, 1);
  };

  it('axe finds nothing on any of them, nothing is wider than 320 points, and none has a script', async () => {
    const path = await linkOf('regarde', 3 * 24 * 60);
    for (const [name, query] of [
      ['link-visit', ''],
      ['link-cancel', '?annuler'],
      ['link-times', '?deplacer'],
      ['link-wait', '?attendre'],
    ]) {
      const visitor = await visitors.come(undefined, `${path}${query}`);
      expect(await visitor.page.evaluate<number>('document.scripts.length')).toBe(0);
      await check(visitor, name!);
      await visitor.page.emulateMedia({ colorScheme: 'dark' });
      expect(await violationsOf(visitor.page)).toEqual([]);
      expectNoFaults(visitor);
    }
  });

  it('somebody moves, waits for something earlier and cancels by keyboard, without JavaScript', async () => {
    const path = await linkOf('clavier', 4 * 24 * 60);
    const visitor = await visitors.come(undefined, path, { javaScript: false, viewport: NARROW });
    const { page } = visitor;
    const go = async (name: RegExp, key = 'Enter'): Promise<void> => {
      for (let i = 0; i < 120; i++) {
        await page.keyboard.press('Tab');
        if (!name.test(await page.evaluate<string>(FOCUSED))) continue;
        await page.keyboard.press(key);
        return;
      }
      throw new Error(`no focus on ${name}`);
    };
    const heading = (name: string) => page.getByRole('heading', { name, level: 1 }).waitFor();
    await heading('Votre rendez-vous');
    await go(/^Déplacer/);
    await heading('Choisir un autre horaire');
    await go(/^08:30, mercredi/);
    await heading('Confirmer le nouvel horaire');
    await go(/Déplacer mon rendez-vous/);
    await page.getByText('Rendez-vous déplacé').waitFor();
    await page.getByText('à 08:30').first().waitFor();
    await go(/Me prévenir/);
    await heading('Être prévenu si un horaire se libère');
    await go(/jour/, 'Space');
    await go(/^ Me prévenir/);
    await heading('Liste d’attente');
    await page.getByText('lundi').waitFor();
    await page.goto(path);
    await go(/^Annuler/);
    await heading('Annuler le rendez-vous');
    await go(/^ Annuler le rendez-vous/);
    await heading('Rendez-vous annulé');
    expectNoFaults(visitor);
  });
});
