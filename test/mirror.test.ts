/**
 * Two agenda servers as processes, and a mirror between them as a third: the manager's own agenda, and one that it has
 * delegated. GAP, both scenarios.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { formatInstant } from '../src/scheduling/zone.ts';
import { DAY } from '../src/runtime/tls/pki.ts';
import { call, type Reply } from './harness.ts';
import { type CommandProcess, startCommand } from './process.ts';

const TOKENS = { cabinet: 'c'.repeat(32), mirror: 'm'.repeat(32) };
const CALLERS = {
  callers: Object.entries(TOKENS).map(([name, token]) => ({
    ...{ name, roles: ['manager', 'declare'] },
    tokenSha256: createHash('sha256').update(token).digest('hex'),
  })),
};
const AVAILABILITY = 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-schedule-availability-time';

type Name = 'manager' | 'other';
const folder = mkdtempSync(join(tmpdir(), 'creneau-mirror-'));
const bases = {} as Record<Name, string>;
const ports = {} as Record<Name, number>;
const running = new Map<string, CommandProcess>();

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

async function start(name: Name): Promise<void> {
  const own = ['--port', String(ports[name]), '--data', join(folder, name), '--log-level', 'warn'];
  const args = ['agenda', '--auth', 'token', '--callers', join(folder, 'callers.json'), ...own];
  running.set(name, await startCommand(args, /\/fhir /, { CRENEAU_ALLOW_PRIVATE_ENDPOINTS: 'true' }));
}

async function startMirror(): Promise<void> {
  const token = join(folder, 'token');
  const [from, to] = [bases.manager, bases.other];
  const args = ['mirror', '--from', from, '--from-token', token, '--to', to, '--to-token', token, '--port', '0'];
  const own = ['--delegate', 'mirror', '--mirror-state', join(folder, 'state.json'), '--mirror-seconds', '5'];
  running.set('mirror', await startCommand([...args, ...own], /⇄/));
}

beforeAll(async () => {
  writeFileSync(join(folder, 'callers.json'), JSON.stringify(CALLERS));
  writeFileSync(join(folder, 'token'), TOKENS.mirror);
  for (const name of ['manager', 'other'] as const) {
    ports[name] = await freePort();
    bases[name] = `http://127.0.0.1:${ports[name]}/fhir`;
  }
  await Promise.all([start('manager'), start('other')]);
});
afterAll(async () => {
  for (const child of running.values()) await child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const ask = (name: Name, method: string, path: string, body?: Json): Promise<Reply> =>
  call(`${bases[name]}/${path}`, method, body, { authorization: `Bearer ${TOKENS.cabinet}` });
async function must(name: Name, method: string, path: string, body?: Json): Promise<Json> {
  const { status, json } = await ask(name, method, path, body);
  expect([status < 300, JSON.stringify(json?.issue ?? '')]).toEqual([true, '""']);
  return json;
}

/** Tomorrow in Paris, whatever the clock of this machine. */
const tomorrow = formatInstant(Date.now() + DAY, 'Europe/Paris', true);
const at = (time: string): string => `${tomorrow.slice(0, 10)}T${time}:00${tomorrow.slice(-6)}`;
const opening = (from: string, to: string): Json => ({
  url: AVAILABILITY,
  extension: [
    { url: 'identifier', valueIdentifier: { system: 'urn:x', value: from } },
    { url: 'type', valueCode: 'free' },
    { url: 'start', valueDateTime: at(from) },
    { url: 'end', valueDateTime: at(to) },
  ],
});
const agenda = (id: string, ...extension: Json[]): Json => ({
  ...{ resourceType: 'Schedule', id, active: true, identifier: [{ system: 'urn:agenda', value: id }], extension },
  actor: [{ reference: `Practitioner/${id}` }, { reference: `PractitionerRole/${id}` }],
});

/** Agendas, slots and appointments by business identifiers and times: the same on both servers. */
async function view(name: Name): Promise<Json> {
  const lines: string[] = [];
  for (const id of ['own', 'delegated']) {
    const slots = (await must(name, 'GET', `Slot?schedule.identifier=urn:agenda|${id}&start=ge${at('00:00')}`)).entry;
    for (const { resource } of slots ?? []) lines.push(`${id} ${resource.status} ${resource.start}`);
  }
  const query = 'Appointment?identifier=urn:visit|&_include=Appointment:actor';
  const { entry = [] } = await must(name, 'GET', query);
  const resources: Json[] = entry.map(({ resource }: Json) => resource);
  const names = new Map(
    resources.map((resource) => [`${resource.resourceType}/${resource.id}`, resource.identifier[0].value]),
  );
  for (const { resourceType, identifier, status, start, participant } of resources)
    if (resourceType === 'Appointment')
      lines.push(
        [
          identifier[0].value,
          status,
          start,
          ...participant.map((who: Json) => names.get(who.actor.reference)).sort(),
        ].join(),
      );
  return lines.sort();
}

/** Asks seldom: each question is several requests. */
async function eventually(holds: () => Promise<boolean>, says = () => running.get('mirror')!.printed()): Promise<void> {
  for (const end = Date.now() + 90_000; !(await holds()); ) {
    if (Date.now() > end) throw new Error(`not reached: ${says()}`);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

/** Both servers give these answers in the end. */
async function inStep(isReached: (lines: string[]) => boolean): Promise<string[]> {
  let views: string[][] = [];
  await eventually(
    async () => {
      views = [await view('manager'), await view('other')];
      return isReached(views[0]!) && JSON.stringify(views[0]) === JSON.stringify(views[1]);
    },
    () => `${running.get('mirror')?.printed()}\n${JSON.stringify(views, null, 1)}`,
  );
  return views[0]!;
}

async function visit(name: Name, value: string, id: string, time: string): Promise<Json> {
  const [whom] = (await must(name, 'GET', `Practitioner?identifier=urn:who|${id}`)).entry;
  const [role] = (await must(name, 'GET', `PractitionerRole?identifier=urn:role|${id}`)).entry;
  const patient = await must(name, 'PUT', `Patient?identifier=urn:patient|${value}`, {
    ...{ resourceType: 'Patient', identifier: [{ system: 'urn:patient', value }], name: [{ family: value }] },
  });
  const end = at(time.replace(/..$/, (minutes) => String(Number(minutes) + 15).padStart(2, '0')));
  const actors = [`Practitioner/${whom.resource.id}`, `PractitionerRole/${role.resource.id}`, `Patient/${patient.id}`];
  return must(name, 'POST', 'Appointment', {
    ...{ resourceType: 'Appointment', status: 'booked', start: at(time), end },
    identifier: [{ system: 'urn:visit', value }],
    participant: actors.map((reference) => ({ actor: { reference }, status: 'accepted' })),
  });
}

describe('a mirrored pair of servers', () => {
  it('has the agendas of the manager on both, and bookings of either', async () => {
    for (const id of ['own', 'delegated']) {
      const person = { resourceType: 'Practitioner', id, identifier: [{ system: 'urn:who', value: id }] };
      await must('manager', 'PUT', `Practitioner/${id}`, person);
      await must('manager', 'PUT', `PractitionerRole/${id}`, {
        ...{ resourceType: 'PractitionerRole', id, identifier: [{ system: 'urn:role', value: id }] },
        practitioner: { reference: `Practitioner/${id}` },
      });
    }
    await must('manager', 'PUT', 'Schedule/own', agenda('own', opening('09:00', '11:00')));
    const delegation = {
      url: 'urn:creneau:fhir:delegation',
      extension: [
        { url: 'caller', valueString: 'mirror' },
        { url: 'scope', valueCode: 'whole' },
      ],
    };
    await must('manager', 'PUT', 'Schedule/delegated', agenda('delegated', opening('09:00', '10:00'), delegation));
    await visit('manager', 'first', 'own', '09:00');
    await startMirror();
    await inStep((lines) => lines.some((line) => line.startsWith('first,booked')));
    await visit('other', 'second', 'own', '09:15');
    await visit('other', 'third', 'delegated', '09:00');
    const lines = await inStep((found) => found.filter((line) => line.includes(',booked,')).length === 3);
    expect(lines.filter((line) => / free /.test(line)).length).toBe(9);
  });

  it('takes the availabilities of a delegate, and keeps its own', async () => {
    const copy = async (id: string): Promise<Json> =>
      (await must('other', 'GET', `Schedule?identifier=urn:agenda|${id}`)).entry[0].resource;
    for (const id of ['own', 'delegated']) {
      const schedule = await copy(id);
      const extension = [opening('09:00', '12:00')];
      await must('other', 'PUT', `Schedule/${schedule.id}`, { ...schedule, extension });
    }
    const lines = await inStep((found) => found.filter((line) => line.startsWith('delegated free')).length === 11);
    expect(lines.filter((line) => line.startsWith('own free')).length).toBe(6);
    const { extension } = await must('manager', 'GET', 'Schedule/delegated');
    expect(extension.map(({ url }: Json) => url).sort()).toEqual([AVAILABILITY, 'urn:creneau:fhir:delegation'].sort());
    expect((await ask('manager', 'PATCH', 'Schedule/delegated', [])).status).not.toBe(500);
  });

  it('refuses the booking of a time that the manager has given away, and says so where it was booked', async () => {
    await running.get('mirror')!.kill('SIGKILL');
    await visit('manager', 'winner', 'own', '10:00');
    const { id } = await visit('other', 'loser', 'own', '10:00');
    await startMirror();
    await eventually(async () => (await must('other', 'GET', `Appointment/${id}`)).status === 'cancelled');
    const refused = await must('other', 'GET', `Appointment/${id}`);
    expect(refused.cancelationReason.text).toMatch(/^Refusé par le gestionnaire de l'agenda : L'horaire .* déjà pris/);
    expect(running.get('mirror')!.printed()).toContain(`Appointment/${id}: refused by the manager`);
    await eventually(async () => (await view('other')).some((line: string) => line.startsWith('winner,booked')));
    expect((await view('manager')).some((line: string) => line.startsWith('loser'))).toBe(false);
    await must('other', 'DELETE', `Appointment/${id}`);
  });

  it('survives either server, and gives equal answers afterwards', async () => {
    for (const name of ['manager', 'other'] as const) {
      const up = name === 'manager' ? 'other' : 'manager';
      await running.get(name)!.kill('SIGKILL');
      await visit(up, `while-${name}`, 'own', name === 'manager' ? '10:15' : '10:30');
      const query = 'Appointment?identifier=urn:visit|first';
      const { resource } = (await must(up, 'GET', query)).entry[0];
      await must(up, 'PUT', `Appointment/${resource.id}`, { ...resource, comment: `changed by ${up}` });
      await start(name);
      await inStep((lines) => lines.some((line) => line.startsWith(`while-${name},booked`)));
      await eventually(async () => (await must(name, 'GET', query)).entry[0].resource.comment === `changed by ${up}`);
    }
    const cancelled = (await must('other', 'GET', 'Appointment?identifier=urn:visit|first')).entry[0].resource;
    await must('other', 'PUT', `Appointment/${cancelled.id}`, { ...cancelled, status: 'cancelled' });
    await inStep((lines) => lines.some((line) => line.startsWith('first,cancelled')));
  });
});
