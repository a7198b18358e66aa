/** Calendars for tests over HTTP: texts, imports, links, and a site elsewhere whose answers a test decides. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { type Component, readCalendar, textOf } from '../src/sync/ical/text/read-calendar.ts';
import { call, type Reply, type TestServer } from './harness.ts';
import { endlessly } from './listener.ts';

export function calendar(...lines: string[]): string {
  return ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//x//y//', ...lines, 'END:VCALENDAR', ''].join('\r\n');
}

const kind = (text: string): string =>
  text.length === 8 ? ';VALUE=DATE' : text.endsWith('Z') ? '' : ';TZID=Indian/Reunion';

export function closure(uid: string, start: string, end: string, ...more: string[]): string[] {
  return [
    'BEGIN:VEVENT',
    `UID:${uid}`,
    `DTSTART${kind(start)}:${start}`,
    `DTEND${kind(end)}:${end}`,
    ...more,
    'END:VEVENT',
  ];
}

export function importText(
  test: Pick<TestServer, 'base'>,
  text: string | Buffer,
  schedule = 'reunion',
  type = 'text/calendar; charset=utf-8',
): Promise<Reply> {
  return call(`${test.base}/Schedule/${schedule}/$import-ical`, 'POST', text as string, { 'content-type': type });
}

/** Parameters of `$calendar-link`, by name. */
export async function linksTo(test: TestServer, subject: string, names = false): Promise<Record<string, string>> {
  const { status, json } = await test.request('POST', `${subject}/$calendar-link`, {
    resourceType: 'Parameters',
    parameter: [{ name: 'patient-names', valueBoolean: names }],
  });
  expect(status).toBe(201);
  return Object.fromEntries(json.parameter.map(({ name, valueUrl }: Json) => [name, valueUrl]));
}

export const get = (url: string, headers: Record<string, string> = {}): Promise<Reply> =>
  call(url, 'GET', undefined, headers);

export function componentsOf(text: string): Component[] {
  return readCalendar(Buffer.from(text)).calendars[0]!.components;
}

/** Events of an appointment, as their properties. */
export function eventsOf(text: string, id: string): Record<string, string>[] {
  return componentsOf(text)
    .filter(({ name }) => name === 'vevent')
    .map((event) => Object.fromEntries(event.properties.map(({ name }) => [name, textOf(event, name)!])))
    .filter((event) => event['x-creneau-appointment'] === id);
}

/** Starts of the closures of an agenda, as they are written. */
export async function closuresOf(test: TestServer, schedule = 'reunion'): Promise<string[]> {
  return availabilitiesOf(await test.request('GET', `Schedule/${schedule}`))
    .filter((parts) => parts.some((part) => part.valueCoding?.code === 'busy-unavailable'))
    .map((parts) => parts.find((part) => part.url === 'start').valueDateTime);
}

/** Names of the availabilities of an agenda, without the calendars that they come from. */
export async function namesOf(test: TestServer, schedule = 'reunion'): Promise<string[]> {
  return availabilitiesOf(await test.request('GET', `Schedule/${schedule}`)).map(
    (parts) => parts.find((part) => part.url === 'identifier').valueIdentifier.value,
  );
}

function availabilitiesOf({ json }: Reply): Json[][] {
  return (json.extension ?? []).flatMap(({ url, extension }: Json) => (/availability/i.test(url) ? [extension] : []));
}

/** Appointments to come on which a closure falls, as the agenda tells them. */
export async function closedOverOf(test: TestServer, schedule = 'reunion'): Promise<string[]> {
  const { json } = await test.request('GET', `Schedule/${schedule}/$agenda`);
  return json.parameter
    .filter(({ name }: Json) => name === 'closed-over')
    .map(({ part }: Json) => part.find(({ name }: Json) => name === 'resource').resource.id);
}

/** A calendar elsewhere: what it answers, and the `If-None-Match` that it was asked with. */
export interface Site {
  text: string | Buffer;
  type: string;
  etag: string;
  status: number;
  asked: (string | undefined)[];
  url(name: string): string;
  close(): void;
}

export async function openSite(): Promise<Site> {
  const server = createServer((request, response) => {
    site.asked.push(request.headers['if-none-match'] as string | undefined);
    if (request.url === '/endless.ics') return void endlessly(response);
    if (site.status === 302) return void response.writeHead(302, { location: '/other' }).end();
    if (site.status === 200 && request.headers['if-none-match'] === site.etag)
      return void response.writeHead(304).end();
    response.writeHead(site.status, { etag: site.etag, 'content-type': site.type }).end(site.text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const site: Site = {
    ...{ text: '', type: 'text/calendar', etag: '"1"', status: 200, asked: [] },
    url: (name) => `http://127.0.0.1:${port}/${name}`,
    close: () => server.close(),
  };
  return site;
}
