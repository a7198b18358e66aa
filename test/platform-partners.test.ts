/**
 * Partners, callers and accounts of the platform: the settings file and its reload, mutual TLS to a real editor, who
 * owns which appointment, INT_R02.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPartner } from '../src/cli/commands/partner.ts';
import type { Json } from '../src/fhir/resource.ts';
import { readPartners } from '../src/sas/platform/partners/partner.ts';
import { RegulatorLogin } from '../src/sas/platform/reports/regulator-login.ts';
import { testConfig, type TestServer } from './harness.ts';
import { startPlatform } from '../src/cli/servers/platform.ts';
import { fatesOf, partnerEntry, rpps, slotQuery, slotsOf, startTestPlatform, type TestPlatform } from './platform.ts';
import { client, startTlsServer, type TestPki, testPki, within10s } from './tls.ts';

const folder = mkdtempSync(join(tmpdir(), 'creneau-partners-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = join(folder, 'partners.json');
const write = (...partners: object[]): void => writeFileSync(file, JSON.stringify({ partners }));
let test: TestPlatform;
const closing: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  const [a, b] = await Promise.all(
    [1, 2].map((seed) => startPartner({ mood: 'good', port: 0, host: '127.0.0.1', seed })),
  );
  write(partnerEntry('a', a!.url, { deadlineMs: 3000 }), partnerEntry('b', b!.url, { practitioners: [rpps(5)] }));
  test = await startTestPlatform({ partners: file });
  closing.push(test.close, a!.close, b!.close);
});
afterAll(async () => {
  for (const one of closing) await one();
});

it('a port that is taken is named', async () => {
  const port = Number(new URL(test.url).port);
  await expect(startPartner({ mood: 'good', port, host: '127.0.0.1', seed: 1 })).rejects.toThrow(
    `le port ${port} est déjà pris`,
  );
});

describe('the settings file', () => {
  const asked = async (n: number): Promise<string[]> =>
    Object.values(fatesOf((await test.request('GET', slotQuery([rpps(n)]))).json))
      .filter((fate) => fate.fate === 'ok')
      .map((fate) => fate.partner);
  const change = (edit: (partners: Json[]) => Json[]): void =>
    write(...edit(JSON.parse(readFileSync(file, 'utf8')).partners));

  it('makes Endpoints and Organizations, which are changed there and nowhere else', async () => {
    const { json } = await test.request('GET', 'Endpoint/a');
    expect(json).toMatchObject({
      status: 'active',
      name: 'Éditeur a',
      managingOrganization: { reference: 'Organization/a' },
      meta: { source: 'urn:creneau:partners-file' },
    });
    expect((await test.request('GET', 'Organization/a')).json.name).toBe('Éditeur a');
    for (const [method, path] of [
      ['PUT', 'Endpoint/a'],
      ['DELETE', 'Endpoint/a'],
      ['DELETE', 'Organization/b'],
    ] as const) {
      const reply = await test.request(
        method,
        path,
        method === 'PUT' ? { ...json, address: 'https://elsewhere.example/fhir' } : undefined,
      );
      expect([path, reply.status, reply.json.issue[0].details.text]).toEqual([
        path,
        422,
        'Cet éditeur vient du fichier de paramètres : modifiez-le là.',
      ]);
    }
  });

  it('says who is where: only they are asked', async () => {
    expect([await asked(5), await asked(6)]).toEqual([['b'], ['a', 'b']]);
  });

  it('is read again when it changes: one more, one disabled, one gone', async () => {
    test.clock.now += 1000;
    change((partners) => [...partners, { ...partners[0], id: 'c', name: 'Éditeur c' }]);
    expect(
      await within10s(
        () => asked(6),
        (ids) => ids.length === 3,
      ),
    ).toEqual(['a', 'b', 'c']);
    test.clock.now += 1000;
    change((partners) =>
      partners
        .filter((partner) => partner.id !== 'a')
        .map((partner) => (partner.id === 'b' ? { ...partner, enabled: false } : partner)),
    );
    expect(
      await within10s(
        () => asked(6),
        (ids) => ids.length === 1,
      ),
    ).toEqual(['c']);
    // Somebody who is known to be there is not silently nowhere.
    expect(fatesOf((await test.request('GET', slotQuery([rpps(5), rpps(6)]))).json)).toMatchObject({
      b: { fate: 'disabled', text: 'Éditeur b : éditeur désactivé, non interrogé.' },
      c: { fate: 'ok' },
    });
  });

  it('a wrong one changes nothing, and is seen to be wrong', async () => {
    const before = readFileSync(file, 'utf8');
    writeFileSync(file, before.replace('"kinds":["PS"', '"kinds":["XX"'));
    const failure = await within10s(
      async () =>
        (await test.request('GET', '$partners')).json.parameter.find(
          (parameter: Json) => parameter.name === 'fileError',
        )?.valueString,
      (text) => text !== undefined,
    );
    expect(failure).toMatch(/partners\.json: partners\[0\] "b": kinds are PS, CPTS, SOS, at least one; not "XX"/);
    expect(await asked(6)).toEqual(['c']);
    expect((await test.request('GET', '/metrics')).text).toContain('creneau_partners_file_wrong 1');
    writeFileSync(file, before);
    await within10s(
      async () => (await test.request('GET', '$partners')).json.parameter.length,
      (n) => n === 2,
    );
    expect((await test.request('GET', '/metrics')).text).toContain('creneau_partners_file_wrong 0');
  });

  it('a wrong one is refused at start', async () => {
    const wrong = join(folder, 'wrong.json');
    writeFileSync(
      wrong,
      JSON.stringify({
        partners: [
          partnerEntry('a', 'https://a.example'),
          { ...partnerEntry('b', 'https://b.example'), deadlineMs: 8000 },
        ],
      }),
    );
    await expect(startPlatform(testConfig(undefined, { partners: wrong }))).rejects.toThrow(
      'wrong.json: partners[1] "b": deadlineMs is a whole number from 1 to 7000',
    );
  });
});

describe('the history of partners', () => {
  /** Points of one partner: `[at, answers, failures, mean, longest]`. */
  async function points(hours: number): Promise<unknown[]> {
    const { json } = await test.request('GET', `$partner-history?hours=${hours}`);
    const parts = json.parameter
      .filter((parameter: Json) => parameter.name === 'point')
      .map((parameter: Json) =>
        Object.fromEntries(parameter.part.map(({ name, ...value }: Json) => [name, Object.values(value)[0]])),
      );
    return [
      json.parameter[0].valueInteger,
      ...parts
        .filter((part: Json) => part.partner === 'old')
        .map((part: Json) => [part.at.slice(5, 16), part.answers, part.failures, part.meanDelay, part.maxDelay]),
    ];
  }

  it('is counted by five minutes, and told in spans that a chart shows apart', async () => {
    const row = (at: string, answers: number, failures: number, sum: number, max: number): string =>
      `('old', '2026-11-${at}Z', ${answers}, ${failures}, ${sum}, ${max})`;
    const rows = [
      row('24T08:55', 3, 0, 300, 150),
      row('24T08:50', 1, 1, 500, 500),
      row('24T08:40', 0, 4, 0, 0),
      row('20T02:00', 2, 0, 20, 15),
    ];
    await test.sql(
      `INSERT INTO partner_health (partner, at, answers, failures, delay_sum, delay_max) VALUES ${rows.join(', ')}`,
    );
    expect(await points(1)).toEqual([
      5,
      ['11-24T08:40', 0, 4, undefined, undefined],
      ['11-24T08:50', 1, 1, 500, 500],
      ['11-24T08:55', 3, 0, 100, 150],
    ]);
    expect(await points(24)).toEqual([
      15,
      ['11-24T08:30', 0, 4, undefined, undefined],
      ['11-24T08:45', 4, 1, 200, 500],
    ]);
    expect(await points(168)).toEqual([60, ['11-20T02:00', 2, 0, 10, 15], ['11-24T08:00', 4, 5, 200, 500]]);
    expect(await points(720)).toEqual([360, ['11-20T00:00', 2, 0, 10, 15], ['11-24T06:00', 4, 5, 200, 500]]);
  });

  it.each(['0', '745', 'x', '1.5'])('hours=%s is refused', async (hours) => {
    const { status, json } = await test.request('GET', `$partner-history?hours=${hours}`);
    expect([status, json.issue[0].code, json.issue[0].expression]).toEqual([400, 'value', ['hours']]);
  });
});

describe('lines of the settings file', () => {
  const line = { id: 'a', name: 'A', url: 'https://a.example/fhir/', kinds: ['PS'] };
  const read = (...partners: unknown[]) =>
    readPartners(Buffer.from(JSON.stringify({ partners })), '/nowhere/partners.json');
  it('have sensible values for what is not said', () => {
    expect(read(line)).toMatchObject([
      {
        url: 'https://a.example/fhir',
        enabled: true,
        deadlineMs: 7000,
        connections: 8,
        maxBytes: 8_000_000,
        caller: 'a',
        practitioners: undefined,
      },
    ]);
    expect(
      read({
        ...line,
        practitioners: [
          '10100050075',
          '810100050075',
          'urn:oid:1.2.250.1.71.4.2.2|350000000000001',
          'https://rpps.esante.gouv.fr|10100050075',
        ],
      })[0]!.practitioners,
    ).toEqual([
      ...Array(2).fill('urn:oid:1.2.250.1.71.4.2.1|810100050075'),
      'urn:oid:1.2.250.1.71.4.2.2|350000000000001',
      'urn:oid:1.2.250.1.71.4.2.1|810100050075',
    ]);
  });
  it.each([
    [null, 'is no object'],
    [{ ...line, id: 'a.b' }, 'id is 1 to 31 letters'],
    [{ ...line, name: ' ' }, 'name is missing'],
    [{ ...line, url: 'http://a.example' }, 'url is https'],
    [{ ...line, url: 'https://a.example/?x=1' }, 'url is https'],
    [{ ...line, kinds: [] }, 'kinds are'],
    [{ ...line, enabled: 'yes' }, 'enabled is true or false'],
    [{ ...line, deadline: 5 }, '"deadline" is not known'],
    [{ ...line, cert: 'a.pem' }, 'cert and key go together'],
    [{ ...line, ca: 'missing.pem' }, '/nowhere/missing.pem'],
    [{ ...line, practitioners: ['urn:x|1'] }, 'is no national identifier'],
  ])('%j: %s', (entry, message) =>
    expect(() =>
      read(line, {
        ...(entry as object),
        ...(entry === null ? {} : { id: (entry as Json).id === 'a' ? 'b' : (entry as Json).id }),
      }),
    ).toThrow(entry === null ? 'id is missing' : message),
  );
  it('an id twice', () => expect(() => read(line, line)).toThrow('partners[1] "a": the id is there twice'));
});

const appointment = (value: string, more: object = {}): Json => ({
  resourceType: 'Appointment',
  meta: { profile: ['http://sas.fr/fhir/StructureDefinition/FrAppointmentSAS'] },
  extension: [
    {
      url: 'http://interopsante.org/fhir/StructureDefinition/FrAppointmentOperator',
      valueReference: {
        identifier: {
          type: { coding: [{ system: 'http://interopsante.org/fhir/CodeSystem/fr-v2-0203', code: 'INTRN' }] },
          system: 'urn:oid:1.2.250.1.213.3.6',
          value: 'u-1',
        },
      },
    },
  ],
  identifier: [{ system: 'urn:oid:1.2.250.1.999.7', value }],
  ...{ status: 'booked', start: '2026-11-25T14:00:00.000+01:00', end: '2026-11-25T14:15:00.000+01:00' },
  participant: [
    {
      actor: {
        identifier: {
          type: { coding: [{ system: 'http://interopsante.org/fhir/CodeSystem/fr-v2-0203', code: 'IDNPS' }] },
          system: 'urn:oid:1.2.250.1.71.4.2.1',
          value: rpps(1),
        },
      },
      status: 'accepted',
    },
  ],
  ...more,
});

describe('behind mutual TLS', () => {
  let pki: TestPki;
  let agenda: TestServer;
  let platform: TestPlatform;
  beforeAll(async () => {
    pki = await testPki();
    agenda = await startTlsServer(pki);
    const manager = client(agenda, pki, 'manager');
    for (const { resource } of JSON.parse(readFileSync(join(import.meta.dirname, 'golden/sas/fixture.json'), 'utf8'))
      .entry)
      await manager.call('PUT', `/fhir/${resource.resourceType}/${resource.id}`, JSON.stringify(resource));
    await manager.close();
    const url = `${agenda.server.url.replace('127.0.0.1', 'localhost')}/sas`;
    pki.write({
      'partners.json': JSON.stringify({
        partners: [
          { ...partnerEntry('a', url), cert: 'sas-platform.pem', key: 'sas-platform.key', ca: 'ca.pem' },
          { ...partnerEntry('b', url), ca: 'ca.pem' },
        ],
      }),
    });
    platform = await startTestPlatform({ ...pki.settings(), partners: pki.at('partners.json') });
  });
  afterAll(async () => {
    await platform.close();
    await agenda.close();
    pki.remove();
  });

  it('a real editor answers over one connection; a platform without a certificate is told so', async () => {
    let connections = 0;
    agenda.server.app.server.on('secureConnection', () => connections++);
    const regulator = client(platform, pki, 'regulator');
    for (let i = 0; i < 4; i++) {
      const { json } = await regulator.call(
        'GET',
        `/fhir/${slotQuery(['810000000011', '810000000022'], '2026-11-24T10:00:00', '2026-11-26T23:59:59')}`,
      );
      const fates = fatesOf(json);
      expect(fates).toMatchObject({ a: { fate: 'ok', invalid: 0 }, b: { fate: 'error' } });
      expect(fates['b']!.text).toContain('a répondu 401');
      if (i === 0) expect(fates['a']!.count).toBeGreaterThan(0);
      expect(slotsOf(json).every((slot) => slot.id.startsWith('a.'))).toBe(true);
    }
    await regulator.close();
    // `b` is refused, and its connection closed, each time.
    expect(connections).toBeLessThanOrEqual(1 + 4);
  });

  it('an appointment belongs to the certificate that reported it; each change reaches the hub once', async () => {
    const [editor, other, regulator] = ['editor', 'good', 'regulator'].map((name) => client(platform, pki, name));
    const at = (value: string): string => `/fhir/Appointment?identifier=urn:oid:1.2.250.1.999.7%7C${value}`;
    const send = async (who: typeof editor, method: string, path: string, body: Json): Promise<number> =>
      (await who!.call(method, path, JSON.stringify(body))).status;
    try {
      expect(await send(editor, 'POST', '/fhir/Appointment', appointment('1'))).toBe(201);
      expect(await send(other, 'PUT', at('1'), appointment('1', { status: 'cancelled' }))).toBe(403);
      expect(await send(other, 'PUT', at('1'), appointment('1'))).toBe(403);
      expect(await send(other, 'POST', '/fhir/Appointment', appointment('1'))).toBe(403);
      expect(
        await send(
          editor,
          'PUT',
          at('1'),
          appointment('1', {
            status: 'fulfilled',
            meta: { ...appointment('1').meta, source: 'urn:creneau:caller:good' },
          }),
        ),
      ).toBe(200);
      expect(await send(editor, 'PUT', at('1'), appointment('1', { status: 'fulfilled' }))).toBe(200);
      const found = (await regulator!.call('GET', '/fhir/Appointment?identifier=1')).json;
      expect(found.entry[0].resource).toMatchObject({
        status: 'fulfilled',
        meta: { versionId: '2', source: 'urn:creneau:caller:editor' },
      });
      const id = found.entry[0].resource.id;
      const messages = await platform.sql<{ ordering_key: string; payload: string }>(
        `SELECT ordering_key, payload FROM outbox WHERE destination = 'hub' ORDER BY id`,
      );
      expect(messages.map((message) => [message.ordering_key, JSON.parse(message.payload)])).toEqual([
        [id, { appointment: id, version: 1, method: 'CreateAppointment' }],
        [id, { appointment: id, version: 2, method: 'UpdateAppointment' }],
      ]);
      // Many at once, each twice: one appointment, one message each.
      const statuses = await Promise.all(
        Array.from({ length: 20 }, (_, i) => send(editor, 'PUT', at(`c${i % 10}`), appointment(`c${i % 10}`))),
      );
      expect(statuses.sort()).toEqual([...Array(10).fill(200), ...Array(10).fill(201)]);
      expect(await platform.sql(`SELECT count(*)::int AS n FROM outbox`)).toEqual([{ n: 12 }]);
      const rows = (
        await client(platform, pki, 'operator').call('GET', '/activity?from=2026-11-25&to=2026-11-25&by=partner,status')
      ).json;
      expect(rows.rows).toEqual([
        { partner: 'editor', status: 'booked', count: 10 },
        { partner: 'editor', status: 'fulfilled', count: 1 },
      ]);
    } finally {
      for (const one of [editor, other, regulator]) await one!.close();
    }
  });
});

describe('regulator accounts at partners (INT_R02)', () => {
  const TYPE = 'http://interopsante.org/fhir/CodeSystem/fr-v2-0203';
  const technical = {
    type: { coding: [{ system: TYPE, code: 'INTRN' }] },
    system: 'urn:oid:1.2.250.1.213.3.6',
    value: 'u-1',
  };
  const national = {
    type: { coding: [{ system: TYPE, code: 'IDNPS' }] },
    system: 'urn:oid:1.2.250.1.71.4.2.1',
    value: '3456780581/11242343',
  };
  const account = (more: object = {}): Json => ({
    ...{
      resourceType: 'Practitioner',
      id: 'r',
      meta: { profile: ['https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/FrPractitionerRegul'] },
      active: true,
    },
    ...{
      identifier: [technical],
      name: [{ family: 'Vasseur', given: ['Camille', 'Anne'] }],
      telecom: [{ system: 'email', value: 'c.vasseur@samu.example' }],
    },
    ...more,
  });
  const received: { method: string; path: string; body: Json }[] = [];
  let isDown = false;
  const flaky = createServer((request, response) => {
    let text = '';
    request
      .on('data', (chunk) => (text += chunk))
      .on('end', () => {
        if (isDown) return void response.writeHead(503).end();
        received.push({ method: request.method!, path: decodeURIComponent(request.url!), body: JSON.parse(text) });
        response.writeHead(201, { location: '/Practitioner/1' }).end();
      });
  });
  let good: Awaited<ReturnType<typeof startPartner>>;
  beforeAll(async () => {
    good = await startPartner({ mood: 'good', port: 0, host: '127.0.0.1', seed: 1 });
    await new Promise<void>((resolve) => flaky.listen(0, '127.0.0.1', resolve));
    write(
      partnerEntry('flaky', `http://127.0.0.1:${(flaky.address() as AddressInfo).port}`),
      partnerEntry('good', good.url),
    );
    await within10s(
      async () =>
        (await test.request('GET', '$partners')).json.parameter.map((parameter: Json) => parameter.part[0].valueString),
      (ids) => ids.join() === 'flaky,good',
    );
  });
  afterAll(async () => {
    await good.close();
    flaky.closeAllConnections();
    flaky.close();
  });

  const states = (json: Json): Record<string, string> =>
    Object.fromEntries(
      (json.parameter ?? []).map((parameter: Json) => [
        parameter.part[0].valueString,
        parameter.part.find((part: Json) => part.name === 'state').valueCode,
      ]),
    );
  const settled = async (wanted: object): Promise<void> => {
    await expect
      .poll(async () => states((await test.request('GET', 'Practitioner/r/$partners')).json), {
        timeout: 30_000,
        interval: 100,
      })
      .toEqual(wanted);
  };
  const announce = () => test.request('POST', 'Practitioner/r/$announce');

  it('are sent at login, not before; once', async () => {
    expect((await test.request('PUT', 'Practitioner/r', account())).status).toBe(201);
    expect(states((await test.request('GET', 'Practitioner/r/$partners')).json)).toEqual({});
    await announce();
    await settled({ flaky: 'current', good: 'current' });
    await announce();
    await settled({ flaky: 'current', good: 'current' });
    expect(received).toEqual([
      {
        method: 'POST',
        path: '/Practitioner',
        body: {
          resourceType: 'Practitioner',
          meta: { source: 'urn:oid:1.2.250.1.213.3.6', profile: account().meta.profile },
          identifier: [technical],
          active: true,
          name: [{ family: 'Vasseur', given: ['Camille Anne'] }],
          telecom: [{ system: 'email', value: 'c.vasseur@samu.example' }],
        },
      },
    ]);
    expect([...good.accounts.keys()]).toEqual(['urn:oid:1.2.250.1.213.3.6|u-1']);
  });

  it('a change waits for the next login, and finds the account by what the partner knows', async () => {
    received.length = 0;
    await test.request('PUT', 'Practitioner/r', account({ identifier: [national, technical] }));
    await settled({ flaky: 'outdated', good: 'outdated' });
    await announce();
    await settled({ flaky: 'current', good: 'current' });
    expect(received.map((one) => [one.method, one.path, one.body.identifier])).toEqual([
      ['PUT', '/Practitioner?identifier=urn:oid:1.2.250.1.213.3.6|u-1', [national]],
    ]);
    expect([...good.accounts.keys()]).toEqual(['urn:oid:1.2.250.1.71.4.2.1|3456780581/11242343']);
  });

  it('a regulator who logs in is announced, by the national identifier or the e-mail', async () => {
    const { backend, log } = test.server;
    const login = new RegulatorLogin(backend.repository, backend.announcer, log);
    const identity = { name: 'Camille', issuer: 'x', subject: 'x', fromSas: false };
    expect(await login.of({ ...identity, subjectNameId: '3456780581/99' })).toBeUndefined();
    expect(await login.of({ ...identity, email: 'vasseur@samu.example' })).toBeUndefined();
    await test.request(
      'PUT',
      'Practitioner/r',
      account({ identifier: [national, technical], name: [{ family: 'Vasseur', given: ['Anne'] }] }),
    );
    await settled({ flaky: 'outdated', good: 'outdated' });
    const person = {
      roles: ['regulator'],
      agendas: [],
      places: [],
      regulator: { account: 'Practitioner/r', operator: { identifier: national } },
    };
    expect(await login.of({ ...identity, subjectNameId: national.value })).toEqual(person);
    await settled({ flaky: 'current', good: 'current' });
    expect(await login.of({ ...identity, email: 'C.Vasseur@samu.example' })).toEqual(person);
  });

  it('a deactivation is sent at once, and until it has arrived', async () => {
    received.length = 0;
    isDown = true;
    await test.request('PUT', 'Practitioner/r', account({ identifier: [national, technical], active: false }));
    await settled({ flaky: 'waiting', good: 'current' });
    expect(good.accounts.get('urn:oid:1.2.250.1.71.4.2.1|3456780581/11242343')!['active']).toBe(false);
    await expect
      .poll(async () => JSON.stringify((await test.request('GET', 'Practitioner/r/$partners')).json), {
        timeout: 20_000,
      })
      .toContain('Éditeur flaky answered 503');
    isDown = false;
    await settled({ flaky: 'current', good: 'current' });
    expect(received.map((one) => [one.method, one.path, one.body.active])).toEqual([
      ['PUT', '/Practitioner?identifier=urn:oid:1.2.250.1.71.4.2.1|3456780581/11242343', false],
    ]);
  });
});
