/**
 * The table `dates.txt`, through the server: parsed, stored as columns, compared in SQL; on computed slots compared in
 * memory.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseSearch } from '../src/fhir/search/parse.ts';
import { startTest } from '../src/agenda/slots/slot-window.ts';
import { startTestServer, type TestServer } from './harness.ts';

const rows = readFileSync(join(import.meta.dirname, 'dates.txt'), 'utf8')
  .split('\n')
  .filter((line) => line.trim() !== '' && !line.startsWith('#'))
  .map((line) => line.trim().split(/\s+/) as [string, string, 'yes' | 'no']);

let test: TestServer;
const ids = new Map<string, string>();
beforeAll(async () => {
  test = await startTestServer();
  for (const stored of new Set(rows.map(([one]) => one))) {
    const { status, json, text } = await test.request('POST', 'Appointment', {
      resourceType: 'Appointment',
      status: 'cancelled',
      created: stored,
      participant: [{ actor: { display: 'x' }, status: 'accepted' }],
    });
    if (status !== 201) throw new Error(`${stored}: ${text}`);
    ids.set(stored, json.id);
  }
});
afterAll(() => test.close());

describe('dates', () => {
  it('has at least 150 rows', () => expect(rows.length).toBeGreaterThanOrEqual(150));

  it.each(rows)('%s created=%s: %s', async (stored, asked, expected) => {
    const { status, json } = await test.request(
      'GET',
      `Appointment?_id=${ids.get(stored)}&created=${encodeURIComponent(asked)}&_summary=count`,
    );
    expect([status, json.total]).toEqual([200, expected === 'yes' ? 1 : 0]);
  });

  const instants = rows.filter(([stored]) => /T\d\d:\d\d:\d\d/.test(stored));
  it.each(instants)('a computed slot at %s, start=%s: %s', (stored, asked, expected) => {
    const [criterion] = parseSearch('Slot', `start=${encodeURIComponent(asked)}`).criteria;
    // A stored second without milliseconds covers that second; a slot starts at its first millisecond.
    if (criterion?.is !== 'parameter' || (!stored.includes('.') && /:\d\d\.\d/.test(asked))) return;
    expect(startTest([criterion])(Date.parse(stored))).toBe(expected === 'yes');
  });

  it.each([
    '0000',
    '0000-01-01',
    '2026-13',
    '2026-02-30',
    '2026-00-10',
    '2026-1-1',
    '26',
    '2026-05-17T25:00',
    '2026-05-17T10:61',
    '2026-05-17T10:00+25:00',
    'tomorrow',
    'ge',
    'xx2026',
    '2026-05-17T',
    '+2026',
    '2026-05-17 10:00x',
  ])('%s is not a date: 400', async (asked) => {
    const { status, json } = await test.request('GET', `Appointment?created=${encodeURIComponent(asked)}`);
    expect([status, json.issue?.[0].code]).toEqual([400, 'value']);
  });
});
