/** CalDAV by programs that people use: vdirsyncer and khal of Debian, where they are installed. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { closuresOf, linksTo } from './calendar-kit.ts';
import { loadFixture } from './fixture.ts';
import { startTestServer, type TestServer } from './harness.ts';
import { runProgram } from './calendar-programs.ts';

const isInstalled = ['vdirsyncer', 'khal'].every((program) => spawnSync(program, ['--version']).status === 0);

describe.runIf(isInstalled)('vdirsyncer and khal', () => {
  let test: TestServer;
  let folder: string;
  beforeAll(async () => {
    test = await startTestServer();
    await loadFixture(test.base);
    folder = mkdtempSync(join(tmpdir(), 'creneau-caldav-'));
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await test.close();
  });

  const vdirsyncer = async (...args: string[]): Promise<string> =>
    runProgram('vdirsyncer', ['-c', join(folder, 'config'), ...args]);
  const configure = (remote: string, collections: string): void => {
    mkdirSync(join(folder, 'local'), { recursive: true });
    const local = `[storage here]\ntype = "filesystem"\npath = "${folder}/local"\nfileext = ".ics"\n`;
    const pair = `[pair both]\na = "here"\nb = "there"\ncollections = ${collections}\nconflict_resolution = "b wins"\n`;
    const text = `[general]\nstatus_path = "${folder}/status"\n${pair}${local}[storage there]\n${remote}`;
    writeFileSync(join(folder, 'config'), text);
  };

  async function book(start: string): Promise<Json> {
    const { json } = await test.request('POST', 'Appointment', {
      ...{ resourceType: 'Appointment', status: 'booked', start, end: start.replace(':00:00+', ':15:00+') },
      participant: [
        { actor: { reference: 'Patient/alice' }, status: 'accepted' },
        { actor: { reference: 'PractitionerRole/vasseur-paris' }, status: 'accepted' },
      ],
    });
    return json;
  }

  it('sync an agenda both ways', async () => {
    const booked = await book('2026-12-09T08:00:00+01:00');
    const { json } = await test.request('POST', 'Schedule/vasseur-paris/$calendar-device');
    const [url, username, password] = ['url', 'username', 'password'].map((name) => {
      const { name: _, ...value } = json.parameter.find((parameter: Json) => parameter.name === name);
      return Object.values(value)[0];
    });
    configure(
      `type = "caldav"\nurl = "${url}"\nusername = "${username}"\npassword = "${password}"\n`,
      '["vasseur-paris"]',
    );
    const calendars = join(folder, 'local', 'vasseur-paris');
    mkdirSync(calendars, { recursive: true });
    await vdirsyncer('discover');
    await vdirsyncer('sync');
    const texts = (): string[] => readdirSync(calendars).map((name) => readFileSync(join(calendars, name), 'utf8'));
    expect(texts().some((text) => text.includes(`X-CRENEAU-APPOINTMENT:${booked.id}`))).toBe(true);
    const config = join(folder, 'khal');
    const zone = '[locale]\nlocal_timezone = Europe/Paris\ndefault_timezone = Europe/Paris\ndateformat = %Y-%m-%d\n';
    writeFileSync(
      config,
      `[calendars]\n[[own]]\npath = ${calendars}\n[sqlite]\npath = ${folder}/khal.db\n${zone}timeformat = %H:%M\n` +
        'longdateformat = %Y-%m-%d\ndatetimeformat = %Y-%m-%d %H:%M\nlongdatetimeformat = %Y-%m-%d %H:%M\n',
    );
    const khal = (...args: string[]): Promise<string> => runProgram('khal', ['-c', config, ...args]);
    expect(await khal('list', '2026-12-09', '1d')).toMatch(/08:00-08:15/);
    await khal('new', '-a', 'own', '2026-12-17', '12:00', '13:00', 'Dentiste');
    await vdirsyncer('sync');
    expect(await closuresOf(test, 'vasseur-paris')).toContain('2026-12-17T12:00:00+01:00');
    expect((await vdirsyncer('sync')).match(/Uploading|Copying|Deleting/g)).toBeNull();
    const own = readdirSync(calendars).find((name) =>
      readFileSync(join(calendars, name), 'utf8').includes('Dentiste'),
    )!;
    rmSync(join(calendars, own));
    await vdirsyncer('sync');
    expect(await closuresOf(test, 'vasseur-paris')).not.toContain('2026-12-17T12:00:00+01:00');
    expect((await test.request('GET', `Appointment/${booked.id}`)).json.status).toBe('booked');
  });

  it('read the feed of a link', async () => {
    const booked = await book('2026-12-10T08:00:00+01:00');
    const { url } = await linksTo(test, 'Schedule/vasseur-paris');
    rmSync(folder, { recursive: true });
    mkdirSync(join(folder, 'local'), { recursive: true });
    configure(`type = "http"\nurl = "${url}"\n`, 'null');
    await vdirsyncer('discover');
    await vdirsyncer('sync');
    const texts = readdirSync(join(folder, 'local')).map((name) => readFileSync(join(folder, 'local', name), 'utf8'));
    expect(texts.some((text) => text.includes(`X-CRENEAU-APPOINTMENT:${booked.id}`))).toBe(true);
  });
});
