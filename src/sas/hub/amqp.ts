/**
 * The broker: AMQP 0-9-1, over TLS with a client certificate where the URL says `amqps:`. Lost connections are made
 * again, publishing ends with the broker's confirmation, and a message that no queue takes is an error. Only this file
 * imports rabbitmq-client. Spec: 6.6
 */
import { readFileSync } from 'node:fs';
import { type ConnectionOptions, createSecureContext, type SecureContext } from 'node:tls';
import { Connection, ConsumerStatus } from 'rabbitmq-client';
import type { Log } from '../../runtime/log.ts';
import type { Json } from '../../fhir/resource.ts';

export interface BrokerSettings {
  /** `amqp://user:password@host:5672/vhost` or `amqps://...` */
  url: string;
  /** PEM files: authorities of the broker, our certificate, its key. */
  ca: string | undefined;
  cert: string | undefined;
  key: string | undefined;
  /** Name of the connection, for the operators of the broker. */
  name: string;
}

export interface Outgoing {
  /** '' is the default exchange, where the routing key names a queue. */
  exchange: string;
  routingKey: string;
  /** distributionID */
  messageId: string;
  /** JSON text. */
  text: string;
  /** The broker dead-letters the message after this time. */
  ttlMs?: number;
}

export interface Delivered {
  text: string;
  /** As it came; a body that the library has parsed as JSON is written again without spaces. */
  body: Buffer;
  routingKey: string;
  /** Why it was dead-lettered: `expired`, `rejected`, `maxlen`. */
  deathReason: string | undefined;
  redelivered: boolean;
}

/** The exchanges and queues that a Hub declares for its clients. */
export interface Layout {
  exchanges: { exchange: string; type: 'topic' | 'fanout' }[];
  queues: { queue: string; arguments?: Record<string, unknown> }[];
  bindings: { exchange: string; queue: string; routingKey: string }[];
}

export interface Broker {
  isReady(): boolean;
  /** Resolves once the broker answers. */
  ready(): Promise<void>;
  /**
   * Resolves when the broker has the message on disk. Rejects when the broker cannot be reached, when no queue takes
   * the message, and when the broker is silent for `CONFIRM_MS`.
   */
  publish(message: Outgoing): Promise<void>;
  /**
   * Hands over one message at a time, in the order of the queue, each until `handle` succeeds. Waits for the queue as
   * long as it does not exist.
   */
  consume(queue: string, handle: (message: Delivered) => Promise<void>): Consumer;
  declare(layout: Layout): Promise<void>;
  /** For tests: deletes what they have declared. */
  remove(layout: Pick<Layout, 'exchanges' | 'queues'>): Promise<void>;
  onConnected(listener: () => void): void;
  close(): Promise<void>;
}

export interface Consumer {
  close(): Promise<void>;
}

const CONFIRM_MS = 20_000;
/**
 * After two missed beats the broker drops the connection, so a half-sent message from a frozen process cannot arrive
 * after its replacement.
 */
const HEARTBEAT_S = 10;
/** Between two tries of a message whose handling failed, for example because the database is away. */
const RETRY_MS = 1000;
const PREFETCH = 50;
const CLOSE_MS = 3000;

/** Throws when a certificate file cannot be read. The connection is made in the background. */
export function openBroker(settings: BrokerSettings, log: Log): Broker {
  const { url, name } = settings;
  const tls = url.startsWith('amqps:') ? tlsOf(settings, log) : undefined;
  const rabbit = new Connection({
    url,
    connectionName: name,
    heartbeat: HEARTBEAT_S,
    retryLow: 200,
    retryHigh: 5000,
    acquireTimeout: 5000,
    ...(tls === undefined ? {} : { tls }),
  });
  // The URL holds a password: the log gets only the code and message of an error.
  const warn = (error: { code?: string; message?: string }): void =>
    log.warn({ code: error.code, reason: error.message }, 'AMQP');
  rabbit.on('error', warn);
  rabbit.on('connection', () => log.info({ name }, 'AMQP: connected'));

  const publisher = rabbit.createPublisher({ confirm: true });
  const returned = new Set<string>();
  publisher.on('basic.return', ({ messageId }) => void returned.add(messageId ?? ''));

  return {
    isReady: () => rabbit.ready,
    ready: () => rabbit.onConnect(0, true),
    onConnected: (listener) => void rabbit.on('connection', listener),
    async publish({ exchange, routingKey, messageId, text, ttlMs }) {
      if (!rabbit.ready) throw new Error('the broker cannot be reached');
      returned.delete(messageId);
      const envelope = {
        exchange,
        routingKey,
        messageId,
        durable: true,
        mandatory: true,
        contentType: 'application/json',
        ...(ttlMs === undefined ? {} : { expiration: String(Math.max(0, Math.round(ttlMs))) }),
      };
      await within(CONFIRM_MS, publisher.send(envelope, Buffer.from(text)), 'the broker does not confirm');
      if (returned.delete(messageId))
        throw new Error(`no queue takes what goes to exchange "${exchange}", key "${routingKey}"`);
    },
    consume(queue, handle) {
      let isClosed = false;
      const consumer = rabbit.createConsumer(
        { queue, queueOptions: { passive: true }, qos: { prefetchCount: PREFETCH }, concurrency: 1, requeue: true },
        async (message) => {
          const body = Buffer.isBuffer(message.body)
            ? message.body
            : Buffer.from(typeof message.body === 'string' ? message.body : JSON.stringify(message.body));
          const delivered = {
            text: body.toString(),
            body,
            routingKey: message.routingKey,
            deathReason: deathReason(message.headers),
            redelivered: message.redelivered === true,
          };
          // Tried again in place: back in the queue, the messages already fetched would overtake it.
          while (!isClosed) {
            try {
              await handle(delivered);
              return ConsumerStatus.ACK;
            } catch (error) {
              log.warn({ queue, reason: (error as Error).message }, 'AMQP: a message waits');
              await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
            }
          }
          return ConsumerStatus.REQUEUE;
        },
      );
      consumer.on('error', (error: Error) => log.warn({ queue, reason: error.message }, 'AMQP: consumer'));
      return {
        async close() {
          isClosed = true;
          await within(CLOSE_MS, consumer.close(), '').catch(() => {});
        },
      };
    },
    async declare({ exchanges, queues, bindings }) {
      for (const { exchange, type } of exchanges) await rabbit.exchangeDeclare({ exchange, type, durable: true });
      for (const queue of queues)
        await rabbit.queueDeclare({
          queue: queue.queue,
          durable: true,
          ...(queue.arguments ? { arguments: queue.arguments } : {}),
        });
      for (const binding of bindings) await rabbit.queueBind(binding);
    },
    async remove({ exchanges, queues }) {
      for (const { queue } of queues) await rabbit.queueDelete({ queue });
      for (const { exchange } of exchanges) await rabbit.exchangeDelete({ exchange });
    },
    async close() {
      await within(CLOSE_MS, publisher.close(), '').catch(() => {});
      await within(CLOSE_MS, rabbit.close(), '').catch(() => {});
      rabbit.unsafeDestroy();
    },
  };
}

/**
 * Reads the files for every connection, so that a renewed certificate needs no restart. When they do not match, the
 * last ones that did stay in force.
 */
function tlsOf({ ca, cert, key }: BrokerSettings, log: Log): ConnectionOptions {
  const read = (): SecureContext => {
    const files = Object.entries({ ca, cert, key }).flatMap(([name, path]) =>
      path === undefined ? [] : [[name, readFileSync(path)]],
    );
    return createSecureContext({ minVersion: 'TLSv1.2', ...Object.fromEntries(files) });
  };
  let current = read();
  return {
    get secureContext() {
      try {
        current = read();
      } catch (error) {
        log.error(
          { reason: (error as Error).message },
          'AMQP: the certificate files cannot be used: the last good ones stay in force',
        );
      }
      return current;
    },
  };
}

function deathReason(headers: Record<string, Json> | undefined): string | undefined {
  return headers?.['x-death']?.[0]?.reason;
}

async function within<T>(timeoutMs: number, work: Promise<T>, complaint: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      work,
      new Promise<never>((_, reject) => (timer = setTimeout(() => reject(new Error(complaint)), timeoutMs))),
    ]);
  } finally {
    clearTimeout(timer);
  }
}
