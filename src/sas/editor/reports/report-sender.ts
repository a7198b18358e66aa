/**
 * Delivers reports of appointments to the SAS platform over mutual TLS: POST the first time, a conditional PUT from
 * then on and whenever an answer may have been lost, so that the platform never has an appointment twice. Only this
 * file of the editor imports undici. Spec: 6.0, 6.5
 */
import { createSecureContext } from 'node:tls';
import { Agent, request } from 'undici';
import type { Json } from '../../../fhir/resource.ts';
import type { Log } from '../../../runtime/log.ts';
import { POLL_MS, Reloaded } from '../../../runtime/tls/reloaded.ts';
import type { Outbox, OutboxItem } from '../../../store/delivery/outbox.ts';
import { type Delivery, startRelay } from '../../../store/delivery/relay.ts';
import type { Contract } from '../../contract/contract.ts';
import { type ReportMessage, SAS_PLATFORM } from './report-rules.ts';

export interface PlatformLink {
  /** FHIR base of the platform. */
  url: string;
  /** PEM files: the client's certificate and key, the platform's authorities. Read again when they change. */
  certificate: string | undefined;
  key: string | undefined;
  authorities: string | undefined;
}

export interface SenderOptions {
  outbox: Outbox;
  link: PlatformLink;
  log: Log;
  contract: Contract;
  /** For one whole exchange; by default as long as the platform waits for an editor. */
  deadlineMs?: number;
  delayMs?: (attempts: number) => number;
  pollMs?: number;
}

/** Answers are short; the rest of a longer one is not read. */
const MAX_BYTES = 100_000;
/** The platform asks us to try again later. Any other 4xx refuses the report itself. */
const LATER = new Set([408, 425, 429]);

export interface ReportSender {
  /** Puts changed certificates in force at once. */
  reload(): void;
  close(): Promise<void>;
}

export function startReportSender({
  outbox,
  link,
  log,
  contract,
  deadlineMs = contract.limits.deadlineMs,
  ...timing
}: SenderOptions): ReportSender {
  const agent = openAgent(link, deadlineMs);
  const timer = setInterval(() => agent.check(log), POLL_MS);
  timer.unref();

  const exchange = async (method: 'POST' | 'PUT', { identifier, resource }: ReportMessage): Promise<PlatformReply> => {
    const query =
      method === 'PUT' ? `?identifier=${encodeURIComponent(`${identifier.system}|${identifier.value}`)}` : '';
    const reply = await request(`${link.url}/Appointment${query}`, {
      method,
      dispatcher: agent.current,
      signal: AbortSignal.timeout(deadlineMs),
      headers: { accept: 'application/fhir+json', 'content-type': 'application/fhir+json' },
      body: JSON.stringify(resource),
    });
    return {
      status: reply.statusCode,
      location: reply.headers['location'] !== undefined,
      json: await readJson(reply.body),
    };
  };

  const deliver = async (item: OutboxItem): Promise<Delivery> => {
    const message = JSON.parse(item.payload) as ReportMessage;
    // An operator replayed it after a newer report was delivered: the platform must not go back.
    if (item.attempts > 1 && (await outbox.isOvertaken(item)))
      return { outcome: 'failed', reason: 'the platform has a later report of this appointment' };
    const isNew = message.isFirst && item.attempts === 1;
    const answer = await exchange(isNew ? 'POST' : 'PUT', message);
    // The platform has it already, for example after this database was restored.
    const isKnown = isNew && (answer.status === 409 || answer.json?.issue?.[0]?.code === 'duplicate');
    return readReply(isKnown ? await exchange('PUT', message) : answer);
  };

  const relay = startRelay({
    outbox,
    destination: SAS_PLATFORM,
    deliver,
    log,
    leaseMs: 2 * deadlineMs + 2000,
    ...timing,
  });
  return {
    reload: () => void agent.check(log),
    async close() {
      clearInterval(timer);
      await relay.close();
      await agent.current.close();
    },
  };
}

interface PlatformReply {
  status: number;
  location: boolean;
  json: Json;
}

/**
 * The contract promises 201 or 200 with the resource or its address; a page from a proxy does not acknowledge anything.
 */
function readReply({ status, location, json }: PlatformReply): Delivery {
  if (status === 204 || ((status === 200 || status === 201) && (location || json?.resourceType === 'Appointment')))
    return { outcome: 'delivered' };
  const explanation = firstIssue(json);
  if (status >= 400 && status < 500 && !LATER.has(status))
    return { outcome: 'failed', reason: `refused: ${status}${explanation}` };
  const isEmpty = status < 300;
  const reason = isEmpty ? ', but neither an Appointment nor its address' : explanation;
  return { outcome: 'retry', reason: `answered ${status}${reason}` };
}

/** `: code — diagnostics — expression` of an OperationOutcome, for operators. */
function firstIssue(json: Json): string {
  const [issue] = json?.resourceType === 'OperationOutcome' ? (json.issue ?? []) : [];
  if (issue === undefined) return '';
  const { code, diagnostics, details, expression } = issue;
  return `: ${[code, diagnostics ?? details?.text, expression?.join(', ')].filter(Boolean).join(' — ')}`;
}

function openAgent({ certificate, key, authorities }: PlatformLink, timeoutMs: number): Reloaded<Agent> {
  const files = { cert: certificate, key, ca: authorities };
  const names = Object.keys(files).filter((name) => files[name as keyof typeof files] !== undefined);
  const agentOf = (contents: readonly Buffer[]): Agent => {
    // Throws when certificate and key do not match, so that half a renewal changes nothing.
    const secureContext = createSecureContext(Object.fromEntries(names.map((name, i) => [name, contents[i]!])));
    return new Agent({ connect: { secureContext, timeout: timeoutMs }, connections: 8, keepAliveTimeout: 30_000 });
  };
  return new Reloaded(
    names.map((name) => files[name as keyof typeof files]!),
    agentOf,
  );
}

/** `undefined` when the body is not JSON. Throws when the answer breaks off. */
async function readJson(body: AsyncIterable<Buffer> & { destroy(): unknown }): Promise<Json> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAX_BYTES) {
      body.destroy();
      return undefined;
    }
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return undefined;
  }
}
