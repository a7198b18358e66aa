/** Secretaries hear by mail of closures on patients of their agendas, by the rights of the day, if they asked. */
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { demoIdentity } from '../src/rest/access/people.ts';
import type { PersonEntry } from '../src/rest/access/person.ts';
import type { Json } from '../src/fhir/resource.ts';
import { calendar, closure, importText } from './calendar-kit.ts';
import { bookingOf, freeSlots, loadFixture } from './fixture.ts';
import { startTestServer, type TestServer } from './harness.ts';
import { TestBrowser } from './oidc-provider.ts';

let test: TestServer;
let smtp: SMTPServer;
const received: { to: string; text: string }[] = [];

beforeAll(async () => {
  smtp = new SMTPServer({
    ...{ authOptional: true, disabledCommands: ['STARTTLS', 'AUTH'] },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const [to] = session.envelope.rcptTo as { address: string }[];
        received.push({ to: to!.address, text: decoded(Buffer.concat(chunks).toString()) });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve));
  const smtpUrl = `smtp://127.0.0.1:${(smtp.server.address() as AddressInfo).port}`;
  test = await startTestServer({ demoLogin: true, smtpUrl });
  await loadFixture(test.base);
});
afterAll(async () => {
  await test.close();
  await new Promise<void>((resolve) => smtp.close(resolve));
});

/** Soft line breaks and the escapes of quoted-printable. */
function decoded(raw: string): string {
  const octets = raw
    .replaceAll('=\r\n', '')
    .replace(/=([0-9A-F]{2})/g, (_all, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(octets, 'latin1').toString('utf8');
}

interface Somebody {
  rights: PersonEntry;
  /** The answer of `$closure-mail`, its status and `active`. */
  ask(active?: boolean): Promise<unknown[]>;
}

async function arrive(id: string, entry: Partial<PersonEntry>, email?: string): Promise<Somebody> {
  const identity = demoIdentity(id, id, email === undefined ? {} : { email });
  const rights: PersonEntry = {
    ...{ name: id, subject: identity.subject, roles: ['secretary'], agendas: [], places: [], ...entry },
  };
  test.server.people.introduce([{ person: { id, roles: rights.roles, description: '', identity }, rights }]);
  const browser = new TestBrowser();
  const { json } = await browser.json('POST', `${test.server.url}/auth/demo-login`, { person: id });
  const headers = { 'x-csrf-token': json.csrfToken, 'content-type': 'application/fhir+json' };
  return {
    rights,
    async ask(active) {
      const parameter = active === undefined ? [] : [{ name: 'active', valueBoolean: active }];
      const body = { resourceType: 'Parameters', ...(parameter.length > 0 ? { parameter } : {}) };
      const answer = await browser.json('POST', `${test.base}/$closure-mail`, body, headers);
      const value = answer.json.parameter?.find(({ name }: Json) => name === 'active')?.valueBoolean;
      return [answer.status, value];
    },
  };
}

/** Closes the agenda over a new appointment; the people who were told, once the queue of mail is empty. */
async function close(day: string): Promise<string[]> {
  received.length = 0;
  const [free] = await freeSlots(test, `schedule=vasseur-paris&start=${day}`);
  expect((await test.request('POST', 'Appointment', bookingOf(free!.id))).status).toBe(201);
  const date = day.replaceAll('-', '');
  await importText(test, calendar(...closure(`leave-${date}`, `${date}T000000Z`, `${date}T235900Z`)), 'vasseur-paris');
  await expect
    .poll(
      () => test.sql(`SELECT 1 FROM outbox WHERE destination = 'mail' AND delivered_at IS NULL AND failed_at IS NULL`),
      { timeout: 20_000 },
    )
    .toEqual([]);
  return received.map(({ to }) => to).sort();
}

it('each setting and right counts on the day, and no name of a patient leaves', async () => {
  const anne = await arrive('anne', { agendas: ['Schedule/vasseur-paris'] }, 'anne@example.org');
  const bea = await arrive('bea', { agendas: ['Schedule/vasseur-paris'] }, 'bea@example.org');
  const carl = await arrive('carl', { agendas: ['Schedule/reunion'] }, 'carl@example.org');
  const nobody = await arrive('nobody', { agendas: ['Schedule/vasseur-paris'] });
  const doctor = await arrive('doctor', { roles: ['practitioner'], practitioner: 'Practitioner/vasseur' }, 'd@e.org');

  expect([await anne.ask(), await nobody.ask(), await nobody.ask(true), await doctor.ask(true)]).toEqual([
    ...[
      [200, false],
      [200, false],
      [422, undefined],
      [403, undefined],
    ],
  ]);
  expect((await test.request('POST', '$closure-mail', { resourceType: 'Parameters' })).status).toBe(403);
  expect(await close('2026-12-02')).toEqual([]);

  expect([await anne.ask(true), await carl.ask(true), await bea.ask()]).toEqual([
    ...[
      [200, true],
      [200, true],
      [200, false],
    ],
  ]);
  expect(await close('2026-12-03')).toEqual(['anne@example.org']);
  const [mail] = received;
  expect(mail!.text).toMatch(/jeudi 3 décembre 2026/);
  expect(mail!.text).not.toMatch(/Martin|Alice|Bruno/i);

  expect(await bea.ask(true)).toEqual([200, true]);
  anne.rights.agendas = [];
  expect(await close('2026-12-09')).toEqual(['bea@example.org']);
  bea.rights.roles = [];
  anne.rights.agendas = ['Schedule/vasseur-paris'];
  expect(await close('2026-12-10')).toEqual(['anne@example.org']);

  const [, link] = /Ne plus recevoir ces messages : (\S+)/.exec(received[0]!.text)!;
  expect((await fetch(link!, { method: 'POST' })).status).toBe(200);
  expect(await anne.ask()).toEqual([200, false]);
  expect(await close('2026-12-16')).toEqual([]);
});
