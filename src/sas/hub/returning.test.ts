/** Each error of the Hub by its number: is the message sent again, as what, or does it wait for an operator? */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Json } from '../../fhir/resource.ts';
import { openLog } from '../../runtime/log.ts';
import type { HubMessage } from '../../store/records/hub-messages.ts';
import { HUB_ERRORS, writeAck, writeError } from './envelope.ts';
import { receive } from './returning.ts';

const NOW = Date.parse('2026-12-01T09:00:00Z');
const AGAIN_MS = 60_000;

const sent = (method: string): HubMessage => ({
  ...{ id: 'ptf_1', n: 1, outbox: 1, appointment: 'a', version: 1, method, recipient: 'fr.health.samu', repeats: 0 },
  ...{ state: 'taken', code: undefined, error: undefined, body: undefined, sentAt: NOW, expiresAt: NOW + AGAIN_MS },
  ...{ takenAt: NOW, endedAt: undefined, againAt: undefined, replacedBy: undefined },
});

/** The end that an error gives to a message, and whether what is due leaves at once. */
async function endedBy(code: number, method: string): Promise<unknown[]> {
  const ends: unknown[] = [];
  const times = { sentAt: NOW, expiresAt: NOW + AGAIN_MS };
  const text = writeError(
    { distributionId: 'hub_1', sender: 'fr.health.hub', recipient: 'fr.health.ptf', kind: 'Error', ...times },
    { code: code as 300, cause: 'x', about: 'ptf_1', source: {} },
  );
  await receive(
    {
      ledger: {
        read: async () => sent(method),
        ended: async (_id, state, _now, more) =>
          void ends.push(state, more?.againAt === undefined ? 'waits' : more.againAt - NOW),
        sendDue: async () => ends.push('leaves'),
        acknowledged: async () => false,
        silent: async () => [],
        putAside: async () => void ends.push('aside'),
      },
      log: openLog('silent'),
      now: () => NOW,
      repeatMs: () => AGAIN_MS,
    },
    'info',
    { text, body: Buffer.from(text), routingKey: '', deathReason: undefined, redelivered: false },
  );
  return ends;
}

it.each(Object.keys(HUB_ERRORS).map(Number))('%d', async (code) => {
  const isLate = code === 400 || code === 500;
  const isThere = code === 409 || code === 701;
  const waits = isLate ? ['expired', AGAIN_MS] : ['failed', 'waits'];
  expect(await endedBy(code, 'UpdateAppointment')).toEqual(waits);
  expect(await endedBy(code, 'CreateAppointment')).toEqual(isThere ? ['failed', 0, 'leaves'] : waits);
});

it('the fifteen of the library, and the 409 of the guide', () => expect(Object.keys(HUB_ERRORS)).toHaveLength(16));

/** Objects that become no text, and texts and numbers that no column holds. */
const HOSTILE: Json[] = [
  { toString: 1, valueOf: 1 },
  ...['\u0000', 'ptf_1\u0000', '\ud800', '', ' ', '1e400', 'x'.repeat(5_000)],
  ...[1e300, -1, 0.5, Number.MAX_SAFE_INTEGER, null, true, [], [[]], {}, [null]],
];

const MESSAGES = [
  writeError(
    {
      distributionId: 'hub_1',
      sender: 'fr.health.hub',
      recipient: 'fr.health.ptf',
      kind: 'Error',
      sentAt: 0,
      expiresAt: 1,
    },
    { code: 300, cause: 'x', about: 'ptf_1', source: { distributionID: 'ptf_1' } },
  ),
  writeAck(
    {
      distributionId: 'lrm_1',
      sender: 'fr.health.samu',
      recipient: 'fr.health.ptf',
      kind: 'Ack',
      sentAt: 0,
      expiresAt: 1,
    },
    'ptf_1',
  ),
];

/** Every place of a JSON value. */
function* placesOf(json: Json): Generator<[holder: Json, key: string]> {
  if (json === null || typeof json !== 'object') return;
  for (const key of Object.keys(json)) {
    yield [json, key];
    yield* placesOf(json[key]);
  }
}

/** The text with some of its places, or of its characters, replaced. */
const mutated = fc
  .tuple(
    fc.constantFrom(...MESSAGES),
    fc.array(fc.tuple(fc.nat(200), fc.oneof(fc.constantFrom(...HOSTILE), fc.jsonValue())), { maxLength: 4 }),
    fc.option(fc.tuple(fc.nat(2_000), fc.string({ maxLength: 5 })), { freq: 4 }),
  )
  .map(([text, changes, cut]) => {
    const json = JSON.parse(text);
    for (const [n, value] of changes) {
      const places = [...placesOf(json)];
      const [holder, key] = places[n % Math.max(1, places.length)] ?? [json, 'distributionID'];
      // A copy: the change after it may go into it.
      holder[key] = structuredClone(value);
    }
    const written = JSON.stringify(json);
    return cut === null ? written : written.slice(0, cut[0]) + cut[1] + written.slice(cut[0] + 3);
  });

it('an answer of any content is done with once, and the ledger gets only what its columns hold', async () => {
  const store = (...values: unknown[]): void => {
    for (const value of values) {
      if (typeof value === 'string') expect(value).not.toContain('\u0000');
      if (typeof value === 'number') expect(Math.abs(value)).toBeLessThan(2 ** 31);
    }
  };
  await fc.assert(
    fc.asyncProperty(mutated, fc.constantFrom('ack', 'info'), async (text, queue) => {
      const ledger = {
        async read(id: string) {
          store(id);
          return id.startsWith('ptf_') ? sent('CreateAppointment') : undefined;
        },
        async ended(id: string, _state: string, _now: number, more?: { code?: number; error?: string }) {
          store(id, more?.code, more?.error);
        },
        async acknowledged(id: string) {
          store(id);
          return true;
        },
        async putAside(from: string, reason: string) {
          store(from, reason);
        },
        sendDue: async () => 0,
        silent: async () => [],
      };
      const tools = { ledger, log: openLog('silent'), now: () => NOW, repeatMs: () => AGAIN_MS };
      const how = { routingKey: '', deathReason: undefined, redelivered: false };
      await receive(tools, queue, { text, body: Buffer.from(text), ...how });
    }),
    { numRuns: 3_000 },
  );
});
