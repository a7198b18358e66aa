/**
 * A real Chromium in front of real servers. The console of every page is watched (no error, nothing that the
 * Content-Security-Policy stops); `check` looks at the accessibility of a page and keeps its picture in
 * test/screenshots/. CRENEAU_REQUIRE_CHROMIUM=1 makes a missing Chromium a failure, as `.ci/run` does.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { NOW } from '../harness.ts';

export const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);
const SCREENSHOTS = join(import.meta.dirname, '../screenshots');

export const hasChromium = CHROMIUM !== undefined;
if (!hasChromium) {
  console.log(
    '\n>>> Chromium : introuvable, les parcours des pages sont SAUTÉS / not found, the journeys through the pages' +
      ' are SKIPPED (apt-get install chromium)\n',
  );
  if (process.env['CRENEAU_REQUIRE_CHROMIUM'] === '1') throw new Error('Chromium is required: /usr/bin/chromium');
}

export const DESKTOP = { width: 1360, height: 900 };
export const PHONE = { width: 390, height: 844 };

export interface Visitor {
  page: Page;
  context: BrowserContext;
  /** Errors of the console. */
  faults: string[];
}

/** Waits for the effect of an action: the machine may be busy. */
export const soon = <T>(what: () => Promise<T>) => expect.poll(what, { timeout: 15_000, interval: 50 });

export class Visitors {
  private readonly browser: Promise<Browser>;
  private readonly base: () => string;
  /** One for each person and screen, so that the next visit finds the files of the pages in its cache. */
  private readonly contexts = new Map<string, Promise<BrowserContext>>();
  private here: Pick<Page | BrowserContext, 'close'>[] = [];

  constructor(base: () => string) {
    this.base = base;
    this.browser = chromium.launch({ executablePath: CHROMIUM!, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
    this.browser.catch(() => {});
  }

  /** Opens an address as a person of the demonstration, or as nobody. The browser has the clock of the server. */
  async come(
    person: string | undefined,
    path: string,
    { viewport = DESKTOP, javaScript = true, timezone = 'Europe/Paris' } = {},
  ): Promise<Visitor> {
    const key = JSON.stringify([person, viewport, javaScript, timezone, this.base()]);
    if (person !== undefined && !this.contexts.has(key))
      this.contexts.set(key, this.open(viewport, javaScript, timezone));
    // A visitor who is nobody has an empty cache.
    const context = await (this.contexts.get(key) ?? this.open(viewport, javaScript, timezone));
    if (person !== undefined) {
      await context.clearCookies();
      const reply = await context.request.post('/auth/demo-login', { data: { person } });
      expect(reply.status()).toBe(200);
    }
    const page = await context.newPage();
    this.here.push(person === undefined ? context : page);
    page.setDefaultTimeout(20_000);
    const faults: string[] = [];
    const listen = (tab: Page): void => {
      tab.on('pageerror', (error) => faults.push(String(error)));
      tab.on('console', (message) => {
        if (message.type() === 'error') faults.push(`${message.text()} ${message.location().url}`);
      });
      tab.on('popup', listen);
    };
    listen(page);
    await page.goto(path);
    return { page, context, faults };
  }

  /** Closes every page, after each test. */
  async leave(): Promise<void> {
    await Promise.all(this.here.map((opened) => opened.close()));
    this.here = [];
  }

  private async open(viewport: typeof DESKTOP, javaScript: boolean, timezone: string): Promise<BrowserContext> {
    const context = await (await this.browser).newContext({
      baseURL: this.base(),
      viewport,
      locale: 'fr-FR',
      timezoneId: timezone,
      javaScriptEnabled: javaScript,
      reducedMotion: 'reduce',
    });
    if (javaScript) await context.clock.setFixedTime(new Date(NOW));
    return context;
  }

  async close(): Promise<void> {
    await (await this.browser).close();
  }
}

/** Runs in the page: the elements wider than the screen, except those in a box that scrolls. */
const TOO_WIDE = `(() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const isWide = (element) => element.getBoundingClientRect().right > width + 1;
  const wide = [...document.querySelectorAll('body *')].filter(isWide);
  return wide.slice(0, 5).map(({ outerHTML }) => outerHTML.slice(0, 120));
})()`;

/** The first elements that are wider than the screen. */
export function tooWide(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(TOO_WIDE);
}

/** The file of the picture with this name. */
export function picture(name: string): string {
  mkdirSync(SCREENSHOTS, { recursive: true });
  return join(SCREENSHOTS, `${name}.png`);
}

/** RGAA 10.11 and WCAG 1.4.10: a desktop at 400 %, or the smallest phone. */
const NARROWEST = { width: 320, height: 720 };

/** The rules that axe finds broken on the page, each with its first elements. */
export async function violationsOf(page: Page): Promise<string[]> {
  // Legacy mode leaves out pages in frames, which we do not have, and takes a fifth of the time.
  const { violations } = await new AxeBuilder({ page })
    .setLegacyMode(true)
    .options({ resultTypes: ['violations'] })
    .analyze();
  return violations.map(({ id, nodes }) => {
    const elements = nodes.map((node) => node.html.slice(0, 160));
    return `${id}: ${elements.slice(0, 3).join(' | ')}`;
  });
}

/** Expects that axe finds nothing and that nothing is wider than the screen, at 320 points too; keeps the picture. */
export async function check({ page }: Visitor, name: string): Promise<void> {
  await page.screenshot({ path: picture(name) });
  expect(await violationsOf(page), name).toEqual([]);
  expect(await tooWide(page), `${name} is wider than the screen`).toEqual([]);
  const before = page.viewportSize()!;
  await page.setViewportSize(NARROWEST);
  // A list that hangs on a button finds its place a moment after the screen has changed.
  const message = `${name} is wider than a screen of 320 points`;
  await expect.poll(() => tooWide(page), { timeout: 5_000, interval: 50, message }).toEqual([]);
  await page.setViewportSize(before);
}

/** Matches these texts one after the other, whatever is between them: parts of an accessibility tree. */
export function inOrder(texts: readonly string[]): RegExp {
  const escaped = texts.map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(escaped.join('[\\s\\S]*'));
}

/** `caused`: the failed requests that the test itself has caused, which the browser reports as errors. */
export function expectNoFaults({ faults }: Visitor, caused: RegExp = /$^/): void {
  expect(faults.filter((fault) => !caused.test(fault))).toEqual([]);
}
