/** Every page of an agenda server as people set their screens: 200 %, text alone at 200 %, colours of their own. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DESKTOP, expectNoFaults, hasChromium, picture, tooWide, type Visitor, Visitors } from './browser.ts';
import { openPractice, type Practice } from './practice.ts';

/** An address, and what is there once it is loaded. */
const PAGES = [
  ['agenda', '/agenda?agendas=vasseur&day=2026-11-25', '.calendar'],
  ['liste', '/agenda?agendas=vasseur&view=list&day=2026-11-25', '.text-list'],
  ['visibilite', '/visibilite?agenda=vasseur', '.sas-offers'],
  ['reservation', '/reservation?agenda=vasseur', '.time'],
  ['validateur', '/validateur', '.validator-form'],
  ['introuvable', '/nimporte', 'h1'],
] as const;

/** A desktop at 200 %. */
const HALF_DESKTOP = { width: DESKTOP.width / 2, height: DESKTOP.height / 2 };

/** Runs in the page: what is chosen or present, and is not marked by a line. */
const UNMARKED = `(() => {
  const chosen = [...document.querySelectorAll('[aria-current="page"], [aria-pressed="true"], label[data-active]')];
  return chosen
    .filter((element) => element.checkVisibility() && getComputedStyle(element).outlineStyle === 'none')
    .map(({ outerHTML }) => outerHTML.slice(0, 120));
})()`;

describe.skipIf(!hasChromium)('a screen set by a person', () => {
  let practice: Practice;
  let visitors: Visitors;

  beforeAll(async () => {
    practice = await openPractice();
    await practice.book('vasseur', '2026-11-25T09:00:00+01:00', '2026-11-25T09:15:00+01:00', 'long');
    visitors = new Visitors(() => practice.url);
  });
  afterEach(() => visitors.leave());
  afterAll(async () => {
    await visitors.close();
    await practice.server.close();
  });

  async function visit(look: (visitor: Visitor, name: string) => Promise<void>): Promise<void> {
    const visitor = await visitors.come('sophie', '/validateur');
    for (const [name, path, loaded] of PAGES) {
      await visitor.page.goto(path);
      await visitor.page.locator(loaded).first().waitFor();
      await look(visitor, name);
    }
    expectNoFaults(visitor, /404/);
  }

  it('at 200 %, and with text alone at 200 %, has nothing wider than itself', () =>
    visit(async ({ page }, name) => {
      await page.setViewportSize(HALF_DESKTOP);
      expect(await tooWide(page), `${name} at 200 %`).toEqual([]);
      await page.screenshot({ path: picture(`${name}-200-pour-cent`) });
      await page.setViewportSize(DESKTOP);
      await page.evaluate("document.documentElement.style.fontSize = '200%'");
      expect(await tooWide(page), `${name} with text at 200 %`).toEqual([]);
      await page.screenshot({ path: picture(`${name}-texte-200-pour-cent`) });
      await page.evaluate("document.documentElement.style.fontSize = ''");
    }));

  it('with colours of the person’s own, marks by a line what is chosen', async () => {
    await visit(async ({ page }, name) => {
      await page.emulateMedia({ forcedColors: 'active' });
      expect(await page.evaluate(UNMARKED), name).toEqual([]);
      await page.screenshot({ path: picture(`${name}-couleurs-forcees`) });
    });
  });
});
