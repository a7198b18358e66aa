/**
 * `creneau mirror --from URL --to URL`: keeps the same agendas on two servers, as a client of both. Subscriptions wake
 * it up; a round every minute finds what no notification has told.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Json } from '../../fhir/resource.ts';
import { stringifyJson } from '../../fhir/json.ts';
import type { Config } from '../../runtime/config.ts';
import { Mirror } from '../../sync/mirror/mirror.ts';
import { Side } from '../../sync/mirror/side.ts';
import { Steps } from '../../sync/mirror/steps.ts';
import { TOPICS } from '../../sync/subscriptions/subscription.ts';
import { openRemote, type Remote } from './remote.ts';
import { untilSignal } from './signal.ts';

/** After a server that did not answer. */
const RETRY_MS = 1000;
const MAX_RETRY_MS = 30_000;

export async function mirror(config: Config): Promise<void> {
  const { from, to } = config;
  if (from === undefined || to === undefined)
    throw new Error('mirror --from URL --to URL : donnez les deux serveurs / give both servers');
  const { fromToken: toToken, fromCert: toCert, fromKey: toKey, fromCa: toCa } = config;
  const remotes = { manager: openRemote(from, { toToken, toCert, toKey, toCa }), other: openRemote(to, config) };
  const tell = (line: string): void => void process.stdout.write(`${line}\n`);
  const rounds = new Mirror({
    manager: sideOf(from, remotes.manager),
    other: sideOf(to, remotes.other),
    steps: new Steps(config.mirrorState),
    delegate: config.delegate,
    agendas: config.mirroredAgendas,
    now: Date.now,
    tell,
  });
  const bell = new Bell();
  const { url, close } = await listen(config, () => bell.ring());
  tell(`${from} ⇄ ${to} ; notifications : ${url}`);
  const stopped = untilSignal().then(() => bell.stop());
  await turn(rounds, [remotes.manager, remotes.other], { bell, url, seconds: config.mirrorSeconds, tell });
  await stopped;
  await Promise.all([close(), remotes.manager.close(), remotes.other.close()]);
}

interface Turning {
  bell: Bell;
  /** Where notifications go. */
  url: string;
  seconds: number;
  tell: (line: string) => void;
}

async function turn(rounds: Mirror, remotes: readonly Remote[], { bell, url, seconds, tell }: Turning): Promise<void> {
  let failures = 0;
  while (!bell.isStopped) {
    try {
      // First: whatever changes while the round reads rings the bell.
      for (const remote of remotes) await subscribe(remote, url);
      bell.heard();
      await rounds.round();
      if (failures > 0) tell('de nouveau accordés / in step again');
      failures = 0;
      await bell.wait(seconds * 1000);
    } catch (error) {
      if (failures++ === 0) tell((error as Error).message);
      await bell.pause(Math.min(RETRY_MS * failures, MAX_RETRY_MS));
    }
  }
}

function sideOf(base: string, remote: Remote): Side {
  return new Side(base, (method, path, body, ifMatch) =>
    remote.ask(method, path, body, {
      accept: 'application/fhir+json',
      ...(body === undefined ? {} : { prefer: 'return=representation' }),
      ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
    }),
  );
}

/** Each server tells of its agendas and appointments; a subscription that it has given up begins again. */
async function subscribe(remote: Remote, endpoint: string): Promise<void> {
  const { entry = [] } = await remote.ask('GET', `Subscription?url=${encodeURIComponent(endpoint)}`);
  const known: Json[] = entry.map(({ resource }: Json) => resource);
  for (const criteria of [TOPICS.schedule, TOPICS.appointment]) {
    const own = known.find((subscription) => subscription.criteria === criteria);
    if (own === undefined) await remote.ask('POST', 'Subscription', stringifyJson(subscriptionTo(criteria, endpoint)));
    else if (own.status === 'error' || own.status === 'off')
      await remote.ask(
        'PUT',
        `Subscription/${own.id}`,
        stringifyJson({ ...own, status: 'requested', error: undefined }),
      );
  }
}

/** A notification says that something has changed, and nothing else: it needs no protection. */
function subscriptionTo(criteria: string, endpoint: string): Json {
  const content = {
    url: 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-payload-content',
    valueCode: 'empty',
  };
  return {
    ...{ resourceType: 'Subscription', status: 'requested', reason: 'creneau mirror', criteria },
    channel: { type: 'rest-hook', endpoint, payload: 'application/fhir+json', _payload: { extension: [content] } },
  };
}

/** Wakes the mirror; a ring during a round is heard after it. */
class Bell {
  isStopped = false;
  private hasRung = false;
  private wake: () => void = () => {};

  ring(): void {
    this.hasRung = true;
    this.wake();
  }

  stop(): void {
    this.isStopped = true;
    this.wake();
  }

  heard(): void {
    this.hasRung = false;
  }

  async wait(mostMs: number): Promise<void> {
    if (!this.hasRung && !this.isStopped) await this.pause(mostMs);
  }

  /** Ends early when somebody rings or stops. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.isStopped ? 0 : ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Any notification rings; `--public-url` is where the servers reach it. */
async function listen(
  { host, port, publicUrl }: Config,
  ring: () => void,
): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    request.resume();
    if (request.method === 'POST') ring();
    response.writeHead(request.method === 'POST' ? 200 : 405).end();
  });
  await new Promise<void>((done, fail) => server.once('error', fail).listen(port, host, done));
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `${publicUrl ?? `http://${host}:${bound}`}/mirror`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
