/** Partners of the platform: the settings file and its reload, its faults, and the history of answers. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPartner } from '../src/sas/simulator/simulated-partner.ts';
import type { Json } from '../src/fhir/resource.ts';
import { readPartners } from '../src/sas/platform/partners/partners-file.ts';
import { testConfig } from './harness.ts';
import { startPlatform } from '../src/cli/servers/platform.ts';
import { fatesOf, partnerEntry, rpps, slotQuery, startTestPlatform, type TestPlatform } from './platform.ts';
import { within10s } from './tls.ts';

const folder = mkdtempSync(join(tmpdir(), 'creneau-partners-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = join(folder, 'partners.json');
const write = (...partners: object[]): void => writeFileSync(file, JSON.stringify({ partners }));
let test: TestPlatform;
const closing: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  const [a, b] = await Promise.all(
    [1, 2].map((seed) => startPartner({ mood: 'good', port: 0, host: '127.0.0.1', seed }, Date.now)),
  );
  write(partnerEntry('a', a!.url, { deadlineMs: 3000 }), partnerEntry('b', b!.url, { practitioners: [rpps(5)] }));
  test = await startTestPlatform({ partners: file });
  closing.push(test.close, a!.close, b!.close);
});
afterAll(async () => {
  for (const close of closing) await close();
});

it('a partner on a port that is in use names the port', async () => {
  const port = Number(new URL(test.url).port);
  await expect(startPartner({ mood: 'good', port, host: '127.0.0.1', seed: 1 }, Date.now)).rejects.toThrow(
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

  it('makes Endpoints and Organizations, which only the file changes', async () => {
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

  it('names the partners that know a practitioner: only those are asked', async () => {
    expect([await asked(5), await asked(6)]).toEqual([['b'], ['a', 'b']]);
  });

  it('is read again when it changes: a partner added, one disabled, one removed', async () => {
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

  it('leaves the partners as they were when it is wrong, and the fault is shown', async () => {
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

  it('is refused at start when it is wrong', async () => {
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

  it('is counted by five minutes, and given in steps that a chart can show', async () => {
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
  it('have sensible defaults', () => {
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
    [null, 'is not an object'],
    [{ ...line, id: 'a.b' }, 'id is 1 to 31 letters'],
    [{ ...line, name: ' ' }, 'name is missing'],
    [{ ...line, url: 'http://a.example' }, 'url is https'],
    [{ ...line, url: 'https://a.example/?x=1' }, 'url is https'],
    [{ ...line, kinds: [] }, 'kinds are'],
    [{ ...line, enabled: 'yes' }, 'enabled is true or false'],
    [{ ...line, sasVersion: '2.0.0' }, 'sasVersion is 1.1.0 or 1.2.0'],
    [{ ...line, deadline: 5 }, '"deadline" is not known'],
    [{ ...line, cert: 'a.pem' }, 'cert and key go together'],
    [{ ...line, ca: 'missing.pem' }, '/nowhere/missing.pem'],
    [{ ...line, practitioners: ['urn:x|1'] }, 'is not a national identifier'],
  ])('%j: %s', (entry, message) =>
    expect(() =>
      read(line, {
        ...(entry as object),
        ...(entry === null ? {} : { id: (entry as Json).id === 'a' ? 'b' : (entry as Json).id }),
      }),
    ).toThrow(entry === null ? 'id is missing' : message),
  );
  it('are refused when an id is there twice', () =>
    expect(() => read(line, line)).toThrow('partners[1] "a": the id is there twice'));
});
