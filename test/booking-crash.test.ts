/** The server is killed (SIGKILL) between and within the steps of a booking: nothing is half done, nothing double. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { call, isEmbedded } from './harness.ts';
import { audience, entry } from './kind-world.ts';
import { type ServerProcess, startProcess } from './process.ts';
import { ANNE, codeIn, PublicVisitor } from './public-visitor.ts';
import { openPublicWorld, type PublicWorld } from './public-world.ts';

/** Within a commit of the booking, each time a little later. */
const MOMENTS_MS = [0, 5, 15, 40];

let folder: string;
let world: PublicWorld;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'creneau-booking-'));
  world = await openPublicWorld({ data: folder });
  await world.publish('crash', [entry('first', ...audience('everyone'))]);
  // The embedded database belongs to one process.
  if (isEmbedded) await world.close();
});
afterAll(async () => {
  if (!isEmbedded) await world.close();
  rmSync(folder, { recursive: true, force: true });
});

it('a visitor whose server dies at each step has one appointment in the end', { timeout: 300_000 }, async () => {
  const messages = join(folder, 'messages');
  const { databaseUrl } = world.world.test;
  const start = (): Promise<ServerProcess> =>
    startProcess(
      [
        ...['agenda', '--data', folder, '--log-level', 'error', '--public', 'true'],
        ...['--sms-url', pathToFileURL(messages).href],
      ],
      databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl },
    );
  let server = await start();
  const again = async (...visitors: PublicVisitor[]): Promise<void> => {
    await server.kill('SIGKILL');
    server = await start();
    for (const visitor of visitors) visitor.moveTo(server.url);
  };
  for (const [i, moment] of MOMENTS_MS.entries()) {
    const person = { ...ANNE, given: `Anne${i}`, phone: `061234570${i}` };
    const visitor = new PublicVisitor(server.url, '');
    await visitor.choose('/p/crash/crash', 'first', 3 * i);
    if (i === 0) await again(visitor);
    await visitor.get('/p/crash/crash/rendez-vous/patient');
    expect(visitor.words).toContain('Ce créneau vous est gardé');
    await visitor.fill(person);
    const code = codeIn(
      readFileSync(messages, 'utf8')
        .trim()
        .split('\n')
        .at(-1)!
        .replace(/"to":"[^"]*"/, ''),
    );
    if (i === 0) await again(visitor);
    await visitor.get('/p/crash/crash/rendez-vous/code');
    expect(visitor.title).toBe('Vérification');
    const sent = visitor.press('Confirmer', { code }).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, moment));
    await again(visitor);
    await sent;
    await visitor.get('/p/crash/crash/rendez-vous/code');
    if (visitor.title === 'Vérification') await visitor.press('Confirmer', { code });
    expect([moment, visitor.title]).toEqual([moment, 'Rendez-vous pris']);
    const { json } = await call(`${server.url}/fhir/Appointment?actor=PractitionerRole/crash`, 'GET');
    expect([moment, json.total]).toEqual([moment, i + 1]);
    const patients = await call(`${server.url}/fhir/Patient?_summary=count`, 'GET');
    expect([moment, patients.json.total]).toEqual([moment, i + 1]);
  }
  await server.kill('SIGKILL');
});
