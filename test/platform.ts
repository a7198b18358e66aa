/** A real SAS platform for tests, on the database of the running project, and what tests ask of it. */
import { get } from 'node:http';
import type { Json } from '../src/fhir/resource.ts';
import { SEARCHED_TYPES } from '../src/fhir/search/parameters.ts';
import { type PlatformServer, startPlatform } from '../src/cli/servers/platform.ts';
import type { Config } from '../src/runtime/config.ts';
import type { Partner } from '../src/sas/platform/partners/partner.ts';
import { tableOf } from '../src/store/resources/schema.ts';
import { call, freshDatabase, NOW, type Reply, testConfig, retryDeadlock } from './harness.ts';

export interface TestPlatform {
  server: PlatformServer;
  url: string;
  base: string;
  clock: { now: number };
  request(method: string, path: string, body?: Json, headers?: Record<string, string>): Promise<Reply>;
  sql<T = Record<string, unknown>>(text: string, params?: unknown[]): Promise<T[]>;
  reset(): Promise<void>;
  close(): Promise<void>;
}

export async function startTestPlatform(changes: Partial<Config> = {}): Promise<TestPlatform> {
  const { url, drop } = await freshDatabase();
  const clock = { now: NOW };
  const server = await startPlatform(testConfig(url, changes), () => clock.now);
  const base = `${server.url}/fhir`;
  return {
    ...{ server, base, clock, url: server.url },
    request: (method, path, body, headers) =>
      call(path.startsWith('/') ? server.url + path : `${base}/${path}`, method, body, headers),
    sql: (text, params) => server.database.query(text, params) as never,
    reset: async () => {
      await server.backend.settle();
      await retryDeadlock(() =>
        server.database.script(
          'TRUNCATE history, condition, business_key, outbox, known_at, partner_account, ' +
            `${SEARCHED_TYPES.map(tableOf).join(', ')} RESTART IDENTITY`,
        ),
      );
      await server.backend.registry.refresh();
    },
    async close() {
      await server.close();
      await drop();
    },
  };
}

/** A partner as the settings file has it. */
export function partnerEntry(id: string, url: string, more: Partial<Omit<Partner, 'identity'>> = {}): object {
  return { id, name: `Éditeur ${id}`, url, kinds: ['PS', 'CPTS', 'SOS'], ...more };
}

export const rpps = (n: number): string => `8${String(10_000_000_000 + n)}`;

/** The search of a day for these practitioners; `from`, `to`: as they are written. */
export function slotQuery(
  identifiers: readonly string[],
  from = '2026-11-24T10:00:00',
  to = '2026-11-26T23:59:59',
): string {
  return `Slot?status=free&start=ge${from}&start=le${to}&schedule.actor:Practitioner.identifier=${identifiers.map((identifier) => `urn:oid:1.2.250.1.71.4.2.1%7C${identifier}`).join(',')}`;
}

export interface PartnerOutcome {
  partner: string;
  fate: string;
  delay: number;
  count: number;
  invalid: number;
  folded: number;
  batchesAnswered: number;
  batches: number;
  text: string;
}

/** The outcome of each partner, by id, from the outcome entries of a searchset. */
export function fatesOf(bundle: Json): Record<string, PartnerOutcome> {
  const outcomes = (bundle.entry ?? [])
    .filter((entry: Json) => entry.search.mode === 'outcome' && entry.resource.extension !== undefined)
    .map((entry: Json) => entry.resource);
  return Object.fromEntries(
    outcomes.map((outcome: Json) => {
      const parts = Object.fromEntries(
        outcome.extension[0].extension.map((part: Json) => [
          part.url,
          part.valueString ?? part.valueCode ?? part.valueInteger,
        ]),
      );
      return [parts['partner'], { ...parts, text: outcome.issue[0].details.text }];
    }),
  );
}

export function slotsOf(bundle: Json): Json[] {
  return (bundle.entry ?? [])
    .map((entry: Json) => entry.resource)
    .filter((resource: Json) => resource.resourceType === 'Slot');
}

/** All events of a stream with the time of each, ms after the request. */
export function eventsOf(url: string): Promise<{ event: string; at: number; data: Json }[]> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    get(url, { headers: { accept: 'text/event-stream' } }, (reply) => {
      const events: { event: string; at: number; data: Json }[] = [];
      let text = '';
      reply.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          const found = /^event: (\S+)\ndata: (.*)$/s.exec(text.slice(0, end));
          if (found) events.push({ event: found[1]!, at: performance.now() - started, data: JSON.parse(found[2]!) });
          text = text.slice(end + 2);
        }
      });
      reply.on('end', () => resolve(events)).on('error', reject);
    }).on('error', reject);
  });
}
