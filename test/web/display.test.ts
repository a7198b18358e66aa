/** Every page as people set their screens: 200 %, text alone at 200 %, colours of their own, a dark screen. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  DESKTOP,
  expectNoFaults,
  hasChromium,
  picture,
  soon,
  tooWide,
  violationsOf,
  type Visitor,
  Visitors,
} from './browser.ts';
import { openPractice, type Practice } from './practice.ts';
import { openRegion, type Region } from './region.ts';

/** Of a person: an address, and an element that is there once the page is loaded. */
type Visit = readonly [name: string, person: string, path: string, loaded: string];

const OF_THE_PRACTICE: readonly Visit[] = [
  ['agenda', 'sophie', '/agenda?agendas=vasseur&day=2026-11-25', '.calendar .appt'],
  ['mois', 'sophie', '/agenda?agendas=vasseur&view=month&day=2026-11-25', '.calendar'],
  ['liste', 'sophie', '/agenda?agendas=vasseur&view=list&day=2026-11-25', '.text-list'],
  ['visibilite', 'sophie', '/visibilite?agenda=vasseur', '.sas-offers'],
  ['reservation', 'sophie', '/reservation?agenda=vasseur', '.time'],
  ['validateur', 'sophie', '/validateur', '.validator-form'],
  ['introuvable', 'sophie', '/nimporte', 'h1'],
];
const OF_THE_REGION: readonly Visit[] = [
  ['recherche', 'ines', '/recherche?name=vasseur', 'a.slot'],
  ['declares', 'ines', '/rendez-vous-declares', 'h1'],
  ['supervision', 'marc', '/supervision', '.recharts-surface'],
  ['messages', 'marc', '/supervision?tab=outbox', 'table'],
  ['activite', 'marc', '/supervision?tab=activity', 'h2'],
];

/** A desktop at 200 %. */
const HALF_DESKTOP = { width: DESKTOP.width / 2, height: DESKTOP.height / 2 };

/** Runs in the page: elements that are chosen or current, and not marked by a line. */
const UNMARKED = `(() => {
  const chosen = [...document.querySelectorAll('[aria-current="page"], [aria-pressed="true"], label[data-active]')];
  return chosen
    .filter((element) => element.checkVisibility() && getComputedStyle(element).outlineStyle === 'none')
    .map(({ outerHTML }) => outerHTML.slice(0, 120));
})()`;

/** The largest part of the colour behind the page: 0 is black, 255 white. */
async function lightnessOf(page: Visitor['page']): Promise<number> {
  const ground = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
  return Math.max(...ground.match(/\d+/g)!.slice(0, 3).map(Number));
}

describe.skipIf(!hasChromium)('a screen set by a person', () => {
  let practice: Practice;
  let region: Region;
  let ofPractice: Visitors;
  let ofRegion: Visitors;

  beforeAll(async () => {
    practice = await openPractice();
    await practice.book('vasseur', '2026-11-25T09:00:00+01:00', '2026-11-25T09:15:00+01:00', 'long');
    region = await openRegion();
    region.slow.release();
    ofPractice = new Visitors(() => practice.url);
    ofRegion = new Visitors(() => region.platform.url);
  });
  afterEach(() => Promise.all([ofPractice.leave(), ofRegion.leave()]));
  afterAll(async () => {
    await Promise.all([ofPractice.close(), ofRegion.close()]);
    await practice.server.close();
    await region.close();
  });

  /** One visit for all settings: most of the time goes into opening the page. */
  async function look(visitors: Visitors, [name, person, path, loaded]: Visit): Promise<void> {
    const visitor = await visitors.come(person, path);
    const { page } = visitor;
    await page.locator(loaded).first().waitFor();

    await page.setViewportSize(HALF_DESKTOP);
    expect(await tooWide(page), 'at 200 %').toEqual([]);
    await page.screenshot({ path: picture(`${name}-200-pour-cent`) });
    await page.setViewportSize(DESKTOP);
    await page.evaluate("document.documentElement.style.fontSize = '200%'");
    expect(await tooWide(page), 'with text at 200 %').toEqual([]);
    await page.screenshot({ path: picture(`${name}-texte-200-pour-cent`) });
    await page.evaluate("document.documentElement.style.fontSize = ''");

    await page.emulateMedia({ forcedColors: 'active' });
    expect(await page.evaluate(UNMARKED), 'without a line in forced colours').toEqual([]);
    await page.screenshot({ path: picture(`${name}-couleurs-forcees`) });

    await page.emulateMedia({ forcedColors: 'none', colorScheme: 'dark' });
    await soon(() => lightnessOf(page)).toBeLessThan(64);
    await page.screenshot({ path: picture(`${name}-sombre`) });
    expect(await violationsOf(page), 'on a dark screen').toEqual([]);
    expectNoFaults(visitor, /404/);
  }

  const TITLE = '%s: nothing too wide at 200 %, a line around each choice in forced colours, readable when dark';
  it.each(OF_THE_PRACTICE)(TITLE, (...visit) => look(ofPractice, visit));
  it.each(OF_THE_REGION)(TITLE, (...visit) => look(ofRegion, visit));
});
