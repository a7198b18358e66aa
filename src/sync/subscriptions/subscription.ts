/**
 * A Subscription as the "Subscriptions R5 Backport" writes it in R4: a topic in `criteria`, filters, a rest-hook
 * channel and what it carries.
 * https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/ (R4). Filters: by agenda only, `schedule=Schedule/45`,
 * `Schedule?_id=45`, several by commas.
 */
import { FhirError } from '../../fhir/issue.ts';
import type { Extension, Resource } from '../../fhir/resource.ts';
import type { TopicName } from '../../store/delivery/subscriptions.ts';

const BACKPORT = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition';

/** What may be followed; canonical URLs. */
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
  /** Seconds of silence after which a heartbeat is sent. */
  heartbeat: number | undefined;
  timeoutMs: number;
  /** Events in one notification. */
  maxCount: number;
}

const DEFAULT_TIMEOUT = 10_000;
const MAX_TIMEOUT = 20_000;
const MAX_EVENTS = 20;

function wrong(path: string, english: string, french: string): FhirError {
  return new FhirError('business-rule', english, { expression: `Subscription.${path}`, text: french });
}

/** Throws 422 with what is wrong, and where. */
export function readChannel(subscription: Resource): Channel {
  const { criteria, channel = {} } = subscription;
  const topic = (Object.keys(TOPICS) as TopicName[]).find((name) => TOPICS[name] === criteria);
  if (topic === undefined) {
    throw wrong(
      'criteria',
      `criteria is the topic to follow: ${Object.values(TOPICS).join(', ')}`,
      `criteria attend un sujet : ${Object.values(TOPICS).join(', ')}.`,
    );
  }
  if (channel.type !== 'rest-hook')
    throw wrong('channel.type', 'The one channel is rest-hook', 'Le seul canal offert est rest-hook.');
  if (typeof channel.endpoint !== 'string')
    throw wrong('channel.endpoint', 'A rest-hook needs an endpoint', 'Adresse de livraison absente.');
  const payload = channel.payload as string | undefined;
  if (payload !== undefined && !/^application\/(fhir\+)?json\b/.test(payload))
    throw wrong(
      'channel.payload',
      'Notifications are application/fhir+json',
      'Les notifications sont en application/fhir+json.',
    );
  const content = extensionOf(channel._payload?.extension, 'backport-payload-content') ?? 'id-only';
  if (!CONTENTS.includes(String(content)))
    throw wrong(
      'channel.payload',
      `The content is one of ${CONTENTS.join(', ')}`,
      `Contenu possible : ${CONTENTS.join(', ')}.`,
    );
  const whole = (name: string): number | undefined => {
    const value = extensionOf(channel.extension, name);
    if (value === undefined) return undefined;
    if (!/^\d{1,6}$/.test(String(value)) || Number(value) === 0)
      throw wrong(
        'channel.extension',
        `${name} is a whole number, one or more`,
        `${name} attend un nombre entier, un ou plus.`,
      );
    return Number(value);
  };
  return {
    topic,
    schedules: readFilters(subscription['_criteria']?.extension),
    endpoint: channel.endpoint,
    headers: ((channel.header as string[] | undefined) ?? []).map(readHeader),
    content: content as Content,
    heartbeat: whole('backport-heartbeat-period'),
    maxCount: whole('backport-max-count') ?? MAX_EVENTS,
    timeoutMs: Math.min((whole('backport-timeout') ?? DEFAULT_TIMEOUT / 1000) * 1000, MAX_TIMEOUT),
  };
}

/** The criteria that the topics have, in words: for the capability statement and errors. */
function readFilters(extensions: Extension[] | undefined): string[] | undefined {
  const filters = (extensions ?? [])
    .filter((extension) => extension.url === `${BACKPORT}/backport-filter-criteria`)
    .map((extension) => String(extension['valueString'] ?? ''));
  if (filters.length === 0) return undefined;
  return filters.flatMap((filter) => {
    const value = /^(?:(?:Schedule|Appointment|Slot)\?)?(?:schedule|_id)=(.+)$/.exec(filter)?.[1];
    const ids = value?.split(',').map((part) => /^(?:Schedule\/)?([A-Za-z0-9\-.]{1,64})$/.exec(part.trim())?.[1]);
    if (ids === undefined || ids.includes(undefined)) {
      throw wrong(
        'criteria.extension',
        `The filter "${filter.slice(0, 100)}" is not understood: schedule=Schedule/[id], several separated by commas`,
        'Filtre incompris : schedule=Schedule/[id], plusieurs séparés par des virgules.',
      );
    }
    return ids as string[];
  });
}

/** A line of HTTP; what frames the message is ours. */
function readHeader(line: string): [string, string] {
  const [, name = '', value = ''] = /^([A-Za-z0-9!#$%&'*+.^_`|~-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/.exec(line) ?? [];
  if (
    name === '' ||
    /^(host|connection|content-|transfer-encoding|te|trailer|upgrade|expect|keep-alive|proxy-)/i.test(name)
  ) {
    throw wrong('channel.header', `The header ${name || 'line'} cannot be sent`, 'En-tête refusé.');
  }
  return [name, value];
}

function extensionOf(extensions: Extension[] | undefined, name: string): unknown {
  const found = extensions?.find((extension) => extension.url === `${BACKPORT}/${name}`);
  return found?.['valueUnsignedInt'] ?? found?.['valuePositiveInt'] ?? found?.['valueCode'];
}

const MASK = '***';

/** Header values are for the endpoint alone: whoever reads the Subscription sees their names. */
export function masked(subscription: Resource): Resource {
  const header = subscription['channel']?.header as string[] | undefined;
  if (header === undefined) return subscription;
  return {
    ...subscription,
    channel: { ...subscription['channel'], header: header.map((one) => `${one.split(':')[0]}: ${MASK}`) },
  };
}

/** A header that was written back as it was shown keeps its value. */
export function unmasked(subscription: Resource, before: Resource | undefined): Resource {
  const header = subscription['channel']?.header as string[] | undefined;
  const known = new Map(
    ((before?.['channel']?.header as string[] | undefined) ?? []).map((one) => [one.split(':')[0], one]),
  );
  if (header === undefined) return subscription;
  return {
    ...subscription,
    channel: {
      ...subscription['channel'],
      header: header.map((one) => (one.endsWith(`: ${MASK}`) ? (known.get(one.split(':')[0]) ?? one) : one)),
    },
  };
}
