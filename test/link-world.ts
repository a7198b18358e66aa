/** A practice with kinds, patients who read their mail, and what a browser does with the links in it. */
import { expect } from 'vitest';
import type { LoadedAgenda } from '../src/agenda/agendas.ts';
import type { Json } from '../src/fhir/resource.ts';
import type { Config } from '../src/runtime/config.ts';
import { call, type Reply } from './harness.ts';
import { audience, coding, EIGHT, entry, type KindWorld, MINUTE, openKindWorld, part } from './kind-world.ts';
import { openPostbox, type Postbox } from './postbox.ts';

export const ORIGIN = 'https://agenda.example';
/** `asked` needs an answer of the practice; `inside` is for the desk alone. */
export const LINK_CATALOGUE = [
  entry('visit', ...audience('everyone'), { url: 'before', valueString: 'Venez à jeun.' }),
  entry('asked', ...audience('everyone'), part('approval', true)),
  entry('inside'),
];
export const LINK_MINUTES = { visit: 15, asked: 30, inside: 15 };

/** They are due by the clock of the database, which is not that of the test: the relay would try them in vain. */
const NO_REMINDERS = { reminderHours: 0 };

export interface LinkWorld {
  world: KindWorld;
  postbox: Postbox;
  loaded: LoadedAgenda;
  /** A patient who agreed to mail. */
  patient(id: string): Promise<string>;
  /** Books as the desk does. */
  book(patient: string, minutesAfterEight: number, more?: Json): Promise<Json>;
  appointment(id: string): Promise<Json>;
  /** Waits until every mail that is due has left. */
  settled(): Promise<void>;
  /** The path of the newest link that the patient has received. */
  link(patient: string, letters: number): Promise<string>;
  get(path: string): Promise<Reply>;
  post(path: string, fields: Record<string, string>): Promise<Reply>;
  close(): Promise<void>;
}

export const at = (minutesAfterEight: number): number => EIGHT + minutesAfterEight * MINUTE;

export async function openLinkWorld(
  settings: Partial<Config> = {},
  more: Parameters<typeof openKindWorld>[1] = () => [],
): Promise<LinkWorld> {
  const postbox = await openPostbox();
  const world = await openKindWorld(
    {
      publicPages: true,
      publicUrl: ORIGIN,
      smtpUrl: postbox.url,
      ...NO_REMINDERS,
      ...settings,
    },
    more,
  );
  const loaded = await world.practice('vasseur', LINK_CATALOGUE, LINK_MINUTES);
  const { test } = world;
  return {
    ...{ world, postbox, loaded },
    async patient(id) {
      const agreed = [{ url: 'urn:creneau:fhir:notify', valueBoolean: true }];
      const telecom = [{ system: 'email', value: `${id}@example.org`, extension: agreed }];
      await world.put({ resourceType: 'Patient', id, name: [{ family: 'Secretnom', given: [id] }], telecom });
      return id;
    },
    async book(patient, minutes, more = {}) {
      const { status, json } = await test.request('POST', 'Appointment', {
        ...{ resourceType: 'Appointment', status: 'booked', serviceType: [{ coding: [coding('visit')] }] },
        start: new Date(at(minutes)).toISOString(),
        end: new Date(at(minutes + 15)).toISOString(),
        participant: ['PractitionerRole/vasseur', `Patient/${patient}`].map((reference) => ({
          ...{ actor: { reference }, status: 'accepted' },
        })),
        ...more,
      });
      expect([status, json.issue?.[0]?.diagnostics]).toEqual([201, undefined]);
      return json;
    },
    appointment: async (id) => (await test.request('GET', `Appointment/${id}`)).json,
    async link(patient, letters) {
      const own = await postbox.until(letters, `${patient}@example.org`);
      const found = own.at(letters - 1)?.links.find((link) => link.startsWith(`${ORIGIN}/r/`));
      return found!.slice(ORIGIN.length);
    },
    async settled() {
      const waiting = async (): Promise<number> => {
        const [row] = await test.sql<{ n: number }>(
          `SELECT count(*)::int AS n FROM outbox WHERE destination = 'mail' AND delivered_at IS NULL
             AND failed_at IS NULL AND payload NOT LIKE '%"kind":"reminder"%'`,
        );
        return row!.n;
      };
      for (let i = 0; i < 600 && (await waiting()) > 0; i++) await new Promise((resolve) => setTimeout(resolve, 25));
      expect(await waiting()).toBe(0);
    },
    get: (path) => call(`${test.server.url}${path}`, 'GET'),
    post: (path, fields) =>
      call(`${test.server.url}${path}`, 'POST', new URLSearchParams(fields).toString(), {
        'content-type': 'application/x-www-form-urlencoded',
        // As a browser sends it from a page that asks for no referrer.
        origin: 'null',
        'sec-fetch-site': 'same-origin',
      }),
    async close() {
      await test.close();
      await postbox.close();
    },
  };
}

/** The form on a page that moves the appointment: the new slot, and the time that was read. */
export function moveForm(page: string): Record<string, string> {
  const field = (name: string): string => new RegExp(`name="${name}" value="([^"]*)"`).exec(page)?.[1] ?? '';
  return { faire: 'deplacer', creneau: field('creneau'), vu: field('vu') };
}
