/**
 * Light exchanges: compressed where it is asked and pays, nothing sent that the caller has, parts of resources, changes
 * instead of wholes.
 */
import { get, type IncomingHttpHeaders } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadFixture } from './fixture.ts';
import { startTestServer, type TestServer } from './harness.ts';

let test: TestServer;
beforeAll(async () => {
  test = await startTestServer();
  await loadFixture(test.base);
});
afterAll(() => test.close());

function bytes(path: string, headers: Record<string, string>): Promise<{ headers: IncomingHttpHeaders; body: Buffer }> {
  return new Promise((resolve, reject) => {
    get(`${test.base}/${path}`, { headers }, async (reply) => {
      const chunks: Buffer[] = [];
      for await (const chunk of reply) chunks.push(chunk);
      resolve({ headers: reply.headers, body: Buffer.concat(chunks) });
    }).on('error', reject);
  });
}

describe('light exchanges', () => {
  const LONG =
    'Slot?status=free&schedule=vasseur-paris&start=ge2026-11-25&start=lt2026-12-10&_count=200&_include=Slot:schedule';

  it.each([
    ['gzip', gunzipSync],
    ['br', brotliDecompressSync],
  ] as const)('a long answer in %s is the same answer, and far shorter', async (encoding, open) => {
    const plain = await bytes(LONG, {});
    const small = await bytes(LONG, { 'accept-encoding': encoding });
    expect(plain.body.length).toBeGreaterThan(20_000);
    expect([
      plain.headers['content-encoding'],
      small.headers['content-encoding'],
      small.headers['content-type'],
      small.headers['vary'],
    ]).toEqual([undefined, encoding, 'application/fhir+json; charset=utf-8', 'Accept-Encoding']);
    expect(JSON.parse(open(small.body).toString())).toEqual(JSON.parse(plain.body.toString()));
    expect(small.body.length).toBeLessThan(plain.body.length / 6);
  });

  it('a short answer is not compressed, nor one for a caller that does not ask for it or refuses it', async () => {
    expect(
      (await bytes('Patient/alice', { 'accept-encoding': 'br, gzip' })).headers['content-encoding'],
    ).toBeUndefined();
    expect((await bytes(LONG, { 'accept-encoding': 'gzip;q=0, br;q=0' })).headers['content-encoding']).toBeUndefined();
    expect((await bytes(LONG, { 'accept-encoding': 'zstd' })).headers['content-encoding']).toBeUndefined();
  });

  it('304 for a version that the caller has, only the asked parts, and only the version after a write', async () => {
    const whole = await test.request('GET', 'Schedule/vasseur-paris');
    const same = await test.request('GET', 'Schedule/vasseur-paris', undefined, {
      'if-none-match': whole.headers['etag']!,
    });
    expect([same.status, same.text]).toEqual([304, '']);
    const part = await test.request('GET', 'Schedule/vasseur-paris?_elements=actor');
    expect([part.json.actor, part.json.extension, part.json.meta.tag[0].code]).toEqual([
      whole.json.actor,
      undefined,
      'SUBSETTED',
    ]);
    expect((await test.request('GET', 'Schedule?_summary=count')).json.entry).toBeUndefined();
    const patch = [{ op: 'add', path: '/comment', value: 'court' }];
    const patched = await test.request('PATCH', 'Schedule/vasseur-paris', patch, {
      'content-type': 'application/json-patch+json',
      prefer: 'return=minimal',
    });
    expect([patched.status, patched.text, patched.headers['etag']]).toEqual([200, '', 'W/"2"']);
    const fhirpath = {
      resourceType: 'Parameters',
      parameter: [
        {
          name: 'operation',
          part: [
            { name: 'type', valueCode: 'delete' },
            { name: 'path', valueString: 'Schedule.comment' },
          ],
        },
      ],
    };
    const again = await test.request('PATCH', 'Schedule/vasseur-paris', fhirpath, { prefer: 'return=minimal' });
    expect([again.status, again.text, again.headers['etag']]).toEqual([200, '', 'W/"3"']);
  });
});
