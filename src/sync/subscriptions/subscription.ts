/**
 * Reads a Subscription of the Subscriptions R5 Backport in R4: the topic in `criteria`, filters, a rest-hook channel
 * and its payload. The only filter is by agenda: `schedule=Schedule/45` or `Schedule?_id=45`, several with commas.
 * https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/
 */
import { FhirError } from '../../fhir/issue.ts';
import type { Extension, Json, Resource } from '../../fhir/resource.ts';
import type { TopicName } from '../../store/delivery/subscriptions.ts';

const BACKPORT = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition';

/** Canonical URLs of the topics. */
export const TOPICS: Readonly<Record<TopicName, string>> = {
  schedule: 'urn:creneau:fhir:topic:schedule',
  appointment: 'urn:creneau:fhir:topic:appointment',
  availability: 'urn:creneau:fhir:topic:availability',
};

export type Content = 'empty' | 'id-only' | 'full-resource';
const CONTENTS: readonly string[] = ['empty', 'id-only', 'full-resource'];

export interface Channel {
  topic: TopicName;
  /** Ids of Schedules; absent: all. */
  schedules: string[] | undefined;
  endpoint: string;
  headers: [name: string, value: string][];
  content: Content;
  /** A heartbeat is sent after so many seconds without an event. */
  heartbeatSeconds: number | undefined;
  timeoutMs: number;
  /** Most events in one notification. */
  maxCount: number;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const MAX_TIMEOUT_MS = 20_000;
const DEFAULT_MAX_COUNT = 20;

function refusal(path: string, english: string, french: string): FhirError {
  return new FhirError('business-rule', english, { expression: `Subscription.${path}`, text: french });
}

/** Throws FhirError (422) with the element that is wrong. */
export function readChannel(subscription: Resource): Channel {
  const { criteria, channel = {} } = subscription;
  const topic = (Object.keys(TOPICS) as TopicName[]).find((name) => TOPICS[name] === criteria);
  if (topic === undefined) {
    throw refusal(
      'criteria',
      `criteria must be a topic: ${Object.values(TOPICS).join(', ')}`,
      `criteria attend un sujet : ${Object.values(TOPICS).join(', ')}.`,
    );
  }
  if (channel.type !== 'rest-hook')
    throw refusal('channel.type', 'The only channel type is rest-hook', 'Le seul canal offert est rest-hook.');
  if (typeof channel.endpoint !== 'string')
    throw refusal('channel.endpoint', 'A rest-hook needs an endpoint', 'Adresse de livraison absente.');
  const payload = channel.payload as string | undefined;
  if (payload !== undefined && !/^application\/(fhir\+)?json\b/.test(payload))
    throw refusal(
      'channel.payload',
      'The only payload is application/fhir+json',
      'Les notifications sont en application/fhir+json.',
    );
  const content = extensionOf(channel._payload?.extension, 'backport-payload-content') ?? 'id-only';
  if (!CONTENTS.includes(String(content)))
    throw refusal(
      'channel.payload',
      `The payload content must be one of ${CONTENTS.join(', ')}`,
      `Contenu possible : ${CONTENTS.join(', ')}.`,
    );
  return {
    topic,
    schedules: readFilters(subscription['_criteria']?.extension),
    endpoint: channel.endpoint,
    headers: ((channel.header as string[] | undefined) ?? []).map(readHeader),
    content: content as Content,
    heartbeatSeconds: wholeNumber(channel, 'backport-heartbeat-period'),
    maxCount: wholeNumber(channel, 'backport-max-count') ?? DEFAULT_MAX_COUNT,
    timeoutMs: Math.min((wholeNumber(channel, 'backport-timeout') ?? DEFAULT_TIMEOUT_MS / 1000) * 1000, MAX_TIMEOUT_MS),
  };
}

/** A whole number from 1 in an extension of the channel. */
function wholeNumber(channel: Json, name: string): number | undefined {
  const value = extensionOf(channel.extension, name);
  if (value === undefined) return undefined;
  if (/^\d{1,6}$/.test(String(value)) && Number(value) > 0) return Number(value);
  throw refusal(
    'channel.extension',
    `${name} must be a whole number from 1`,
    `${name} attend un nombre entier, un ou plus.`,
  );
}

/** Ids of the agendas that the filters name; `undefined` without filters. */
function readFilters(extensions: Extension[] | undefined): string[] | undefined {
  const filters = (extensions ?? [])
    .filter((extension) => extension.url === `${BACKPORT}/backport-filter-criteria`)
    .map((extension) => String(extension['valueString'] ?? ''));
  if (filters.length === 0) return undefined;
  return filters.flatMap((filter) => {
    const value = /^(?:(?:Schedule|Appointment|Slot)\?)?(?:schedule|_id)=(.+)$/.exec(filter)?.[1];
    const ids = value?.split(',').map((part) => /^(?:Schedule\/)?([A-Za-z0-9\-.]{1,64})$/.exec(part.trim())?.[1]);
    if (ids === undefined || ids.includes(undefined)) {
      throw refusal(
        'criteria.extension',
        `The filter "${filter.slice(0, 100)}" is not understood: write schedule=Schedule/[id], several ids with commas`,
        'Filtre incompris : schedule=Schedule/[id], plusieurs séparés par des virgules.',
      );
    }
    return ids as string[];
  });
}

/** Reads a header line. Headers that frame the message or the connection are refused: the server sets them. */
function readHeader(line: string): [string, string] {
  const [, name = '', value = ''] = /^([A-Za-z0-9!#$%&'*+.^_`|~-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/.exec(line) ?? [];
  if (
    name === '' ||
    /^(host|connection|content-|transfer-encoding|te|trailer|upgrade|expect|keep-alive|proxy-)/i.test(name)
  ) {
    throw refusal('channel.header', `The header ${name || 'line'} cannot be set`, 'En-tête refusé.');
  }
  return [name, value];
}

function extensionOf(extensions: Extension[] | undefined, name: string): unknown {
  const found = extensions?.find((extension) => extension.url === `${BACKPORT}/${name}`);
  return found?.['valueUnsignedInt'] ?? found?.['valuePositiveInt'] ?? found?.['valueCode'];
}

const MASK = '***';

/** Hides header values: they are secrets of the endpoint. Readers of the Subscription see the names only. */
export function masked(subscription: Resource): Resource {
  const header = subscription['channel']?.header as string[] | undefined;
  if (header === undefined) return subscription;
  return {
    ...subscription,
    channel: { ...subscription['channel'], header: header.map((line) => `${line.split(':')[0]}: ${MASK}`) },
  };
}

/** Restores the values of headers that a client wrote back masked, as it had read them. */
export function unmasked(subscription: Resource, before: Resource | undefined): Resource {
  const header = subscription['channel']?.header as string[] | undefined;
  const known = new Map(
    ((before?.['channel']?.header as string[] | undefined) ?? []).map((line) => [line.split(':')[0], line]),
  );
  if (header === undefined) return subscription;
  return {
    ...subscription,
    channel: {
      ...subscription['channel'],
      header: header.map((line) => (line.endsWith(`: ${MASK}`) ? (known.get(line.split(':')[0]) ?? line) : line)),
    },
  };
}
