/** The command line, run from a checkout as a process of its own. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { OPTIONS } from '../src/runtime/options/table.ts';
import { openDatabase } from '../src/store/engine/open.ts';
import { Outbox } from '../src/store/delivery/outbox.ts';
import { Unit } from '../src/store/write/unit.ts';
import { call } from './harness.ts';
import { run, startProcess } from './process.ts';
import { testPki } from './tls.ts';

const fixture = join(import.meta.dirname, 'golden/fhir/fixture.json');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'creneau-command-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('creneau', () => {
  it('lists its commands without arguments and with --help, and refuses an unknown command', async () => {
    const help = await run(['--help']);
    expect(help.code).toBe(0);
    for (const name of ['agenda', 'demo', 'load', 'export', 'migrate']) expect(help.out).toContain(`creneau ${name}`);
    const wrong = await run(['agend']);
    expect([wrong.code, wrong.out]).toEqual([2, help.out]);
  });

  it('names every option and its variable in French and English: agenda --help', async () => {
    const { code, out } = await run(['agenda', '--help']);
    expect(code).toBe(0);
    for (const { flag, variable, french, english } of Object.values(OPTIONS))
      for (const text of [`--${flag} `, variable, french, english]) expect(out).toContain(text);
  });

  it.each([
    [['agenda', '--port', 'http'], '--port (PORT): "http"'],
    [['agenda', '--host', '0.0.0.0'], '--auth off est refusé hors de la boucle locale'],
    [['agenda', '--auth', 'token'], '--callers FILE'],
    [['agenda', '--sas-platform-url', 'https://sas.test/fhir'], '--editor-system'],
    [['agenda', '--editor-system', 'ours'], 'urn:oid:1.2.3'],
    [['agenda', '--sas-client-cert', 'a.pem'], '--sas-client-key'],
    [['agenda', '--colour', 'red'], '--colour'],
    [['agenda', '--amqp-url', 'http://broker'], '--amqp-url (AMQP_URL): "http://broker" — amqp://'],
    [['agenda', '--to-key', 'x.key'], '--to-cert et / and --to-key'],
    [['agenda', '--amqp-cert', 'x.pem'], '--amqp-cert et / and --amqp-key'],
    [['hub', 'fr.health.samu330'], 'creneau hub CLIENT...'],
    [['lrm'], 'creneau lrm CLIENT'],
    [['load'], 'donnez au moins un fichier'],
    [['export'], 'donnez un dossier'],
  ])('%j is refused with exit code 2 and a reason', async (args, reason) => {
    const { code, err } = await run([...args, ...(args[0] === 'agenda' ? [] : ['--data', 'memory:'])]);
    expect([code, err.includes(reason)]).toEqual([2, true]);
  });

  it('outbox calls the running server that has the data folder, or reads the database', async () => {
    const data = join(folder, 'outbox');
    const database = await openDatabase({ url: undefined, data, connections: 1, ownBases: [] });
    const unit = new Unit();
    unit.send({ destination: 'nowhere', orderingKey: 'k', payload: '{}' });
    await unit.commit(database);
    await new Outbox(database).failed(1, 'refused: 422');
    await database.close();
    const list =
      /^nowhere : 0 en attente .*, 1 refusés .*\n1 {2}nowhere {2}k {2}failed {2}0× {2}\S+ {2}refused: 422\n$/;
    expect(await run(['outbox', 'list', '--data', data])).toMatchObject({ code: 0, out: expect.stringMatching(list) });
    const server = await startProcess(['agenda', '--data', data]);
    try {
      expect(await run(['outbox', 'list', 'failed', '--data', data])).toMatchObject({
        code: 0,
        out: expect.stringMatching(list),
      });
      expect(await run(['outbox', 'list', '--to', `${server.url}/fhir`])).toMatchObject({
        code: 0,
        out: expect.stringMatching(list),
      });
      expect(await run(['outbox', 'retry', 'nowhere', '--data', data])).toMatchObject({
        code: 0,
        out: '1 remis en route / tried again\n',
      });
      expect(await run(['outbox', 'list', 'lost', '--data', data])).toMatchObject({
        code: 1,
        err: expect.stringContaining('waiting, delivered, failed'),
      });
    } finally {
      await server.kill('SIGTERM');
    }
    expect(await run(['outbox', 'list', 'waiting', '--data', data])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^nowhere : 1 en attente/),
    });
    expect((await run(['outbox', '--data', data])).code).toBe(2);
  });

  it.each(['token', 'mtls'])('outbox and load identify themselves to a server with --auth %s', async (auth) => {
    const pki = await testPki();
    const token = (name: string): { tokenSha256: string } => ({
      tokenSha256: createHash('sha256').update(name).digest('hex'),
    });
    const { callers } = JSON.parse(pki.read('callers.json'));
    pki.write({
      'operator.token': 'secret-1\n',
      'reader.token': 'secret-2',
      'callers.json': JSON.stringify({
        callers: [
          ...callers,
          { name: 'op', roles: ['operator', 'manager'], ...token('secret-1') },
          { name: 'rd', roles: ['reader'], ...token('secret-2') },
        ],
      }),
    });
    const data = join(folder, `asked-${auth}`);
    const tls = ['--tls-cert', pki.at('server.pem'), '--tls-key', pki.at('server.key')];
    const clients = [
      '--tls-client-ca',
      pki.at('ca.pem'),
      '--tls-crl',
      pki.at('ca-root.crl'),
      '--tls-crl',
      pki.at('ca-clients.crl'),
    ];
    const server = await startProcess([
      'agenda',
      '--data',
      data,
      '--auth',
      auth,
      '--callers',
      pki.at('callers.json'),
      ...tls,
      ...(auth === 'mtls' ? clients : []),
    ]);
    const as = (name: string): string[] =>
      auth === 'token'
        ? ['--to-token', pki.at(`${name}.token`)]
        : ['--to-cert', pki.at(`${name}.pem`), '--to-key', pki.at(`${name}.key`)];
    const ca = ['--to-ca', pki.at('ca.pem')];
    try {
      const [unknownCa, nobody, reader, listed, retried, loaded, fromEnvironment] = await Promise.all([
        run(['outbox', 'list', '--data', data, ...as('operator')]),
        run(['outbox', 'list', '--data', data, ...ca]),
        run(['outbox', 'list', '--data', data, ...ca, ...as('reader')]),
        run(['outbox', 'list', '--data', data, ...ca, ...as('operator')]),
        run(['outbox', 'retry', 'sas-platform', '--to', `${server.url}/fhir`, ...ca, ...as('operator')]),
        run(['load', fixture, '--to', `${server.url}/fhir`, ...ca, ...as(auth === 'token' ? 'operator' : 'manager')]),
        run(['outbox', 'list', '--data', data], {
          CRENEAU_TO_CA: pki.at('ca.pem'),
          ...(auth === 'token'
            ? { CRENEAU_TO_TOKEN: pki.at('operator.token') }
            : { CRENEAU_TO_CERT: pki.at('operator.pem'), CRENEAU_TO_KEY: pki.at('operator.key') }),
        }),
      ]);
      expect(unknownCa).toMatchObject({
        code: 1,
        err: expect.stringContaining("son certificat n'est pas reconnu (--to-ca, --to)"),
      });
      expect(nobody).toMatchObject({ code: 1, err: expect.stringContaining('(--to-token, --to-cert, --to-key)') });
      expect(reader).toMatchObject({ code: 1, err: expect.stringContaining("Votre rôle n'ouvre pas") });
      expect(listed).toEqual({ code: 0, out: '', err: '' });
      expect(retried).toMatchObject({ code: 0, out: '0 remis en route / tried again\n' });
      expect(loaded).toMatchObject({ code: 0, out: expect.stringMatching(/^25 ressources chargées, 0 refusées/) });
      expect(fromEnvironment).toEqual({ code: 0, out: '', err: '' });
      expect(await run(['outbox', 'list', '--to', 'http://127.0.0.1:1/fhir'])).toMatchObject({
        code: 1,
        err: expect.stringContaining('ne répond pas'),
      });
    } finally {
      await server.kill('SIGTERM');
      pki.remove();
    }
  });

  it('exports the resources that it has loaded, and loads them again', async () => {
    const data = join(folder, 'one');
    const loaded = await run(['load', fixture, '--data', data]);
    expect([loaded.code, loaded.out]).toEqual([0, expect.stringMatching(/^25 ressources chargées, 0 refusées/)]);
    const first = join(folder, 'export-1');
    const second = join(folder, 'export-2');
    expect((await run(['export', first, '--data', data])).code).toBe(0);
    const files = readdirSync(first).sort();
    expect(files).toContain('Schedule.ndjson');
    const again = await run(['load', ...files.map((file) => join(first, file)), '--data', join(folder, 'two')]);
    expect(again.out).toMatch(/^25 ressources chargées, 0 refusées/);
    expect((await run(['export', second, '--data', join(folder, 'two')])).code).toBe(0);
    expect(readdirSync(second).sort()).toEqual(files);
    const contents = (dir: string): Json[] =>
      files.flatMap((file) =>
        readFileSync(join(dir, file), 'utf8')
          .trim()
          .split('\n')
          .map((line) => ({ ...JSON.parse(line), meta: { ...JSON.parse(line).meta, lastUpdated: '' } })),
      );
    expect(contents(second)).toEqual(contents(first));
  });

  it('respects the lock of the data folder, and loads through the running server', async () => {
    const data = join(folder, 'three');
    const server = await startProcess(['agenda', '--data', data]);
    try {
      expect(server.printed()).toMatch(/embedded database: for trials/);
      const refused = await run(['load', fixture, '--data', data]);
      expect([refused.code, refused.err.includes('est déjà utilisé par le processus')]).toEqual([1, true]);
      const loaded = await run(['load', fixture, '--to', `${server.url}/fhir`]);
      expect(loaded.out).toMatch(/^25 ressources chargées, 0 refusées/);
      expect((await call(`${server.url}/fhir/Schedule?_summary=count`, 'GET')).json.total).toBe(9);
    } finally {
      await server.kill('SIGKILL');
    }
    // The lock of a killed process is taken over.
    const next = await startProcess(['agenda', '--data', data]);
    expect((await call(`${next.url}/fhir/Schedule?_summary=count`, 'GET')).json.total).toBe(9);
    await next.kill('SIGTERM');
    expect(next.child.exitCode).toBe(0);
    expect(readdirSync(data)).not.toContain('creneau.lock');
  });

  it('reports the line that cannot be loaded, and loads the rest', async () => {
    const file = join(folder, 'mixed.ndjson');
    writeFileSync(
      file,
      '{"resourceType":"Patient","id":"a"}\n{"resourceType":"Patient","id":"b","hat":"red"}\nnot json\n{"resourceType":"Schedule","id":"c","actor":[{"reference":"Practitioner/none"}]}\n',
    );
    const { code, out, err } = await run(['load', file, '--data', 'memory:']);
    expect(code).toBe(1);
    expect(out).toMatch(/^1 ressources chargées, 3 refusées/);
    for (const line of [2, 3, 4]) expect(err).toContain(`mixed.ndjson:${line}`);
  });

  it('demo serves a territory and a platform, and prints commands that can be pasted', {
    timeout: 180_000,
  }, async () => {
    const server = await startProcess(['demo', '--data', 'memory:']);
    try {
      while (!/^5\. .*\n {3}curl .*\n/m.test(server.printed()))
        await new Promise((resolve) => setTimeout(resolve, 200));
      const commands = server.printed().match(/^ {3}curl .*$/gm) ?? [];
      expect(commands.length).toBe(5);
      const paste = async (command: string): Promise<string> =>
        (await promisify(execFile)('sh', ['-c', command])).stdout;
      const answers = await Promise.all(commands.slice(0, 3).map(async (command) => JSON.parse(await paste(command))));
      // The aggregated search, at once and as the answers come: every editor's fate is told.
      const fates = JSON.parse(await paste(commands[3]!))
        .entry.filter((entry: Json) => entry.search.mode === 'outcome')
        .map((entry: Json) => entry.resource.issue[0].details.text.split(' :')[0]);
      expect(fates.sort()).toEqual(['Créneau', 'Éditeur en panne', 'Éditeur lent'].sort());
      expect((await paste(commands[4]!)).match(/^event: partner$/gm)).toHaveLength(3);
      expect(answers.map((answer) => answer.resourceType)).toEqual(['Bundle', 'Bundle', 'Appointment']);
      for (const answer of answers.slice(0, 2)) expect(answer.total).toBeGreaterThan(0);
      expect(answers[2].status).toBe('booked');
      const doctor = await call(`${server.url}/p/cabinet-du-phare/anna-lune`, 'GET');
      expect([doctor.status, doctor.text.includes('Premier rendez-vous : <time')]).toEqual([200, true]);
      const count = async (type: string): Promise<number> =>
        (await call(`${server.url}/fhir/${type}?_summary=count`, 'GET')).json.total;
      expect(await count('Practitioner')).toBeGreaterThanOrEqual(200);
      expect(await count('Appointment')).toBeGreaterThan(5000);
      for (const kind of ['Schedule?actor:Location.type=RADDX', 'Device', 'HealthcareService'])
        expect(
          (await call(`${server.url}/fhir/${kind}${kind.includes('?') ? '&' : '?'}_summary=count`, 'GET')).status,
        ).toBe(200);
    } finally {
      await server.kill('SIGTERM');
    }
  });
});

describe('creneau config check', () => {
  it('tries every setting, names the one that fails, and opens no server', async () => {
    const callers = join(folder, 'callers.json');
    writeFileSync(callers, '{"callers": []}');
    const good = await run(['config', 'check', '--data', 'memory:', '--auth', 'token', '--callers', callers]);
    expect([good.code, good.out]).toEqual([0, expect.stringContaining('ok      callers : 0 appelants')]);
    const away = ['--smtp-url', 'smtp://u:geheim@127.0.0.1:1', '--otlp-url', 'http://127.0.0.1:1'];
    const bad = await run(['config', 'check', '--data', 'memory:', ...away]);
    expect([bad.code, bad.out]).toEqual([1, expect.stringContaining('ÉCHEC   smtp-url : connect ECONNREFUSED')]);
    expect(bad.out).toContain('ÉCHEC   otlp-url : fetch failed');
    expect(bad.out + bad.err).not.toContain('geheim');
    const local = await run(['config', 'check', 'local', '--data', 'memory:', '--smtp-url', 'smtp://127.0.0.1:1']);
    expect([local.code, local.out]).toEqual([0, expect.not.stringContaining('smtp')]);
  });

  it('tells a key that belongs to another certificate, and a bundle without its revocation lists', async () => {
    const pki = await testPki();
    const tls = (key: string): string[] => [
      ...['--auth', 'mtls', '--callers', pki.at('callers.json'), '--tls-client-ca', pki.at('ca.pem')],
      ...['--tls-crl', pki.at('ca-root.crl'), '--tls-cert', pki.at('server.pem'), '--tls-key', pki.at(key)],
    ];
    try {
      const good = await run(['config', 'check', '--data', 'memory:', ...tls('server.key')]);
      expect([good.code, good.out]).toEqual([0, expect.stringContaining('ok      tlsKey')]);
      expect(good.out).toContain('no current revocation list of');
      const bad = await run(['config', 'check', '--data', 'memory:', ...tls('operator.key')]);
      expect([bad.code, bad.out]).toEqual([1, expect.stringContaining('ÉCHEC   tlsKey')]);
    } finally {
      pki.remove();
    }
  });
});

describe('a server that is told to read its settings again (SIGHUP)', () => {
  it('takes what can change, names what cannot, and keeps the former settings when the file is wrong', async () => {
    const file = (name: string): string => join(folder, name);
    const callersOf = (token: string): string => {
      const tokenSha256 = createHash('sha256').update(token).digest('hex');
      return JSON.stringify({ callers: [{ name: 'desk', roles: ['reader'], tokenSha256 }] });
    };
    writeFileSync(file('reload-callers.json'), callersOf('first-token'));
    const settings = (...more: string[]): void =>
      writeFileSync(
        file('agenda.env'),
        [`CRENEAU_CALLERS=${file('reload-callers.json')}`, 'CRENEAU_AUTH=token', ...more].join('\n'),
      );
    settings('CRENEAU_LOG_LEVEL=error');
    const log = file('security.log');
    const args = ['--config', file('agenda.env'), '--data', 'memory:', '--security-log', log];
    const server = await startProcess(['agenda', ...args]);
    const read = (token: string): ReturnType<typeof call> =>
      call(`${server.url}/fhir/Patient`, 'GET', undefined, { authorization: `Bearer ${token}` });
    try {
      expect((await read('second-token')).status).toBe(401);
      renameSync(log, file('security.log.1'));
      writeFileSync(file('reload-callers.json'), callersOf('second-token'));
      settings('CRENEAU_LOG_LEVEL=info', 'CRENEAU_PROGRAM_RATE=1', 'CRENEAU_MAX_PAGE=7');
      server.child.kill('SIGHUP');
      await expect.poll(server.printed).toContain('"reloaded: files and settings are those of now"');
      expect(server.printed()).toContain(
        '"settings":["--max-page"],"msg":"these settings change at the next start only"',
      );
      expect((await read('first-token')).status).toBe(401);
      const { status, headers } = await read('second-token');
      expect([status, headers['ratelimit']]).toEqual([200, '"points";r=7;t=10']);
      expect(readFileSync(log, 'utf8')).toContain('"log":"security"');

      settings('CRENEAU_COLOUR=red');
      server.child.kill('SIGHUP');
      await expect.poll(server.printed).toContain('CRENEAU_COLOUR — réglage inconnu');
      expect((await read('second-token')).status).toBe(200);
    } finally {
      await server.kill('SIGTERM');
    }
    expect(server.child.exitCode).toBe(0);
  });
});
