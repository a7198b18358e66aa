/** Calendars that are made to take all time or memory: they end, and nobody else waits for them. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HOSTILE } from '../src/sync/ical/hostile-calendars.test-data.ts';
import { calendar, importText } from './calendar-kit.ts';
import { loadFixture } from './fixture.ts';
import { startTestServer, type TestServer } from './harness.ts';

let test: TestServer;
beforeAll(async () => {
  test = await startTestServer();
  await loadFixture(test.base);
});
afterAll(() => test.close());

it.each(HOSTILE)('%s', async (title, lines) => {
  const id = `hostile-${HOSTILE.findIndex(([other]) => other === title)}`;
  const actor = [{ reference: 'Location/paris' }];
  await test.request('PUT', `Schedule/${id}`, { resourceType: 'Schedule', id, actor });
  let isDone = false;
  const importing = importText(test, calendar(...lines), id).finally(() => {
    isDone = true;
  });
  // Meanwhile others are served.
  const waits: number[] = [];
  do {
    const before = performance.now();
    expect((await test.request('GET', 'Slot?schedule=vasseur-paris&_count=1')).status).toBe(200);
    waits.push(performance.now() - before);
  } while (!isDone);
  expect([200, 400, 422], JSON.stringify((await importing).json)).toContain((await importing).status);
  waits.sort((a, b) => a - b);
  // Half of the requests, so that a busy machine is not taken for a busy server.
  expect(waits[Math.floor(waits.length / 2)]).toBeLessThan(1_000);
  const before = performance.now();
  expect((await test.request('GET', `Slot?schedule=${id}&start=ge2026-12-01&start=lt2027-02-25`)).status).toBe(200);
  expect(performance.now() - before).toBeLessThan(5_000);
});
