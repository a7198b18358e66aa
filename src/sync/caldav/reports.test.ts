/** Addresses of objects in answers: as the client wrote them, and escaped once. */
import { expect, it } from 'vitest';
import { readDavXml } from './dav-xml.ts';
import { reportOf, type ReportParts } from './reports.ts';

const PATH = '/dav/calendars/45/';
const NAMES = ['a b', 'a%20b', 'réunion', 'q?x', 'h#y', 'a+b@c.d;e&f'].map((name) => `${name}.ics`);
const objects = NAMES.map((name, i) => ({ name, etag: `"${i}"`, text: 'BEGIN:VCALENDAR' }));

async function report(xml: string): Promise<{ hrefs: string[]; missing: number }> {
  const collections = { stateOf: async () => new Map([['gone #1.ics', '"x"']]), tokenOf: async () => '2' };
  const parts = { path: PATH, objects, collections, now: 0, owned: { row: { schedule: '45' } } };
  const answer = await reportOf(readDavXml(xml), parts as unknown as ReportParts);
  const body = String(answer.body).replaceAll('&amp;', '&');
  const hrefs = [...body.matchAll(/<d:href>(.*?)<\/d:href>/g)].map(([, href]) => href!);
  return { hrefs, missing: body.split('HTTP/1.1 404').length - 1 };
}

const multiget = (hrefs: readonly string[]): string =>
  `<calendar-multiget xmlns="DAV:"><prop><getetag/></prop>${hrefs
    .map((href) => `<href>${href.replaceAll('&', '&amp;')}</href>`)
    .join('')}</calendar-multiget>`;

it.each([
  ['escaped as little as may be', NAMES.map((name) => PATH + encodeURI(name).replace(/[?#]/g, encodeURIComponent))],
  ['escaped as much as may be', NAMES.map((name) => PATH + encodeURIComponent(name))],
  ['absolute', NAMES.map((name) => `https://agenda.example${PATH}${encodeURIComponent(name)}`)],
])('a multiget of addresses %s finds all, by the same addresses', async (_how, hrefs) => {
  expect(await report(multiget(hrefs))).toEqual({ hrefs, missing: 0 });
});

it('an address of nothing comes back as it was asked for, not escaped again', async () => {
  const hrefs = [`${PATH}gone%20%25.ics`, `${PATH}%E0%A4%A`, '/elsewhere/a%20b.ics'];
  expect(await report(multiget(hrefs))).toEqual({ hrefs, missing: 3 });
});

it('addresses that the server tells lead to their objects', async () => {
  const { hrefs, missing } = await report('<sync-collection xmlns="DAV:"><sync-token>1</sync-token></sync-collection>');
  expect(missing).toBe(1);
  const own = hrefs.filter((href) => href.startsWith(PATH));
  expect(own.map((href) => decodeURIComponent(new URL(href, 'https://x').pathname))).toEqual(
    [...NAMES, 'gone #1.ics'].map((name) => PATH + name),
  );
  expect(await report(multiget(own.slice(0, -1)))).toEqual({ hrefs: own.slice(0, -1), missing: 0 });
});
