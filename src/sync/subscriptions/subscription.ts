/**
 * Reads a Subscription of the Subscriptions R5 Backport in R4: the topic in `criteria`, filters, a rest-hook channel
 * and its payload. Filters are by agenda (`schedule=Schedule/45` or `Schedule?_id=45`) or, for those who follow their
 * own requests, by appointment (`Appointment?identifier=system|value`, `operator=`, `patient=Patient/1`), several with
 * commas; a change is told if one of them fits.
 * https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/
 */
import { FhirError } from '../../fhir/issue.ts';
import type { Subscription, SubscriptionChannel } from '../../fhir/foundation.ts';
import type { Extension } from '../../fhir/resource.ts';
import { list } from '../../fhir/resources.ts';
import type { TopicName } from '../../store/delivery/subscriptions.ts';

const BACKPORT = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition';

/** Canonical URLs of the topics. */
export const TOPICS: Readonly<Record<TopicName, string>> = {
  schedule: 'urn:creneau:fhir:topic:schedule',
  appointment: 'urn:creneau:fhir:topic:appointment',
  availability: 'urn:creneau:fhir:topic:availability',
};

/** The same topics by a canonical URL below the base of this server: some subscribers take no other. */
const BY_URL = /^https?:\/\/[^?#|]+\/SubscriptionTopic\/(schedule|appointment|availability)$/;

/** `https://agenda.example/fhir/SubscriptionTopic/appointment` */
export function topicUrls(base: string): string[] {
  return Object.keys(TOPICS).map((name) => `${base}/SubscriptionTopic/${name}`);
}

/** Is the topic, if it is written as a URL, one of this server? By HTTP or HTTPS: a proxy may end TLS. */
export function isOwnTopic(canonical: string, base: string): boolean {
  const bare = (url: string): string => url.replace(/^https?:/, '');
  return !BY_URL.test(canonical) || topicUrls(bare(base)).includes(bare(canonical));
}

export type Content = 'empty' | 'id-only' | 'full-resource';
const CONTENTS: readonly string[] = ['empty', 'id-only', 'full-resource'];

export interface Channel {
  topic: TopicName;
  /** The topic as the subscriber wrote it, and as notifications name it. */
  canonical: string;
  /** Ids of Schedules; absent: all. */
  schedules: string[] | undefined;
  /** `identifier system|value`, `operator Type/1`, `patient Patient/1`; absent: the agendas decide alone. */
  appointments: string[] | undefined;
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
export function readChannel(subscription: Subscription): Channel {
  const { criteria, channel } = subscription;
  const topic = topicOf(criteria);
  if (topic === undefined) throw unknownTopic();
  if (channel.type !== 'rest-hook')
    throw refusal('channel.type', 'The only channel type is rest-hook', 'Le seul canal offert est rest-hook.');
  if (typeof channel.endpoint !== 'string')
    throw refusal('channel.endpoint', 'A rest-hook needs an endpoint', 'Adresse de livraison absente.');
  const { payload } = channel;
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
    canonical: criteria,
    ...readFilters(topic, subscription._criteria?.extension),
    endpoint: channel.endpoint,
    headers: list(channel.header).map(readHeader),
    content: content as Content,
    heartbeatSeconds: wholeNumber(channel, 'backport-heartbeat-period'),
    maxCount: wholeNumber(channel, 'backport-max-count') ?? DEFAULT_MAX_COUNT,
    timeoutMs: Math.min((wholeNumber(channel, 'backport-timeout') ?? DEFAULT_TIMEOUT_MS / 1000) * 1000, MAX_TIMEOUT_MS),
  };
}

function topicOf(canonical: string): TopicName | undefined {
  const named = BY_URL.exec(canonical)?.[1] as TopicName | undefined;
  return named ?? (Object.keys(TOPICS) as TopicName[]).find((name) => TOPICS[name] === canonical);
}

export function unknownTopic(): FhirError {
  const topics = Object.values(TOPICS).join(', ');
  return refusal(
    'criteria',
    `criteria must be a topic: ${topics}, or [base]/SubscriptionTopic/${Object.keys(TOPICS).join('|')}`,
    `criteria attend un sujet : ${topics}, ou [base]/SubscriptionTopic/….`,
  );
}

/** A whole number from 1 in an extension of the channel. */
function wholeNumber(channel: SubscriptionChannel, name: string): number | undefined {
  const value = extensionOf(channel.extension, name);
  if (value === undefined) return undefined;
  if (/^\d{1,6}$/.test(String(value)) && Number(value) > 0) return Number(value);
  throw refusal(
    'channel.extension',
    `${name} must be a whole number from 1`,
    `${name} attend un nombre entier, un ou plus.`,
  );
}

/** The agendas and the appointments that the filters name; both `undefined` without filters. */
function readFilters(
  topic: TopicName,
  extensions: Extension[] | undefined,
): Pick<Channel, 'schedules' | 'appointments'> {
  const filters = (extensions ?? [])
    .filter((extension) => extension.url === `${BACKPORT}/backport-filter-criteria`)
    .map((extension) => String(extension.valueString ?? ''));
  const read = filters.map((filter) => {
    const schedules = readAgendas(filter);
    const appointments = schedules === undefined && topic === 'appointment' ? readAppointments(filter) : undefined;
    if (schedules === undefined && appointments === undefined)
      throw refusal(
        'criteria.extension',
        `The filter "${filter.slice(0, 100)}" is not understood: write schedule=Schedule/[id], or, about ` +
          'appointments, Appointment?identifier=[system]|[value], Appointment?operator=[system]|[value] or ' +
          'Appointment?patient=Patient/[id]; several values with commas',
        'Filtre incompris : schedule=Schedule/[id] ou, pour des rendez-vous, Appointment?identifier=, operator= ou ' +
          'patient= ; plusieurs séparés par des virgules.',
      );
    return { schedules: schedules ?? [], appointments: appointments ?? [] };
  });
  const all = <T>(lists: readonly (readonly T[])[]): T[] | undefined => {
    const found = lists.flat();
    return found.length === 0 ? undefined : found;
  };
  return {
    schedules: all(read.map(({ schedules }) => schedules)),
    appointments: all(read.map(({ appointments }) => appointments)),
  };
}

/** All values, or `undefined` if one of them is not understood. */
function valuesIn(list: string | undefined, read: (value: string) => string | undefined): string[] | undefined {
  const values = list?.split(',').map((value) => read(value.trim()));
  return values?.every((value) => value !== undefined) ? values : undefined;
}

function readAgendas(filter: string): string[] | undefined {
  const list = /^(?:(?:Schedule|Appointment|Slot)\?)?(?:schedule|_id)=(.+)$/.exec(filter)?.[1];
  return valuesIn(list, (value) => /^(?:Schedule\/)?([A-Za-z0-9\-.]{1,64})$/.exec(value)?.[1]);
}

function readAppointments(filter: string): string[] | undefined {
  const [, name, list] = /^Appointment\?(identifier|operator|patient)=(.+)$/.exec(filter) ?? [];
  return valuesIn(list, (value) => {
    if (name === 'patient') {
      const id = /^(?:Patient\/)?([A-Za-z0-9\-.]{1,64})$/.exec(value)?.[1];
      return id === undefined ? undefined : `patient Patient/${id}`;
    }
    const isReference = name === 'operator' && /^[A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64}$/.test(value);
    return isReference || /^[^|\s]*\|[^|]+$/.test(value) ? `${name} ${value}` : undefined;
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
  return found?.valueUnsignedInt ?? found?.valuePositiveInt ?? found?.valueCode;
}

const MASK = '***';

/** Hides header values: they are secrets of the endpoint. Readers of the Subscription see the names only. */
export function masked(subscription: Subscription): Subscription {
  const { header } = subscription.channel;
  if (header === undefined) return subscription;
  return {
    ...subscription,
    channel: { ...subscription.channel, header: header.map((line) => `${line.split(':')[0]}: ${MASK}`) },
  };
}

/**
 * Restores the values of headers that a client wrote back masked, as it had read them. They are secrets of the origin
 * that they were given for, so a changed endpoint needs them anew. Throws 422 for a value that
 * stays masked.
 */
export function unmasked(subscription: Subscription, before: Subscription | undefined): Subscription {
  const { header } = subscription.channel;
  if (header === undefined) return subscription;
  const isSameOrigin = originOf(subscription) === originOf(before);
  const lines = isSameOrigin ? list(before?.channel.header) : [];
  const known = new Map(lines.map((line) => [line.split(':')[0], line]));
  const restored = (line: string): string => {
    if (!line.endsWith(`: ${MASK}`)) return line;
    const stored = known.get(line.split(':')[0]);
    if (stored !== undefined) return stored;
    throw refusal(
      'channel.header',
      'A masked header value is only kept for the origin that it was given for: send the value',
      "Une valeur d'en-tête masquée ne vaut que pour l'adresse d'origine : renvoyez-la en clair.",
    );
  };
  return {
    ...subscription,
    channel: {
      ...subscription.channel,
      header: header.map(restored),
    },
  };
}

function originOf(subscription: Subscription | undefined): string | undefined {
  const endpoint = subscription?.channel.endpoint;
  return endpoint !== undefined && URL.canParse(endpoint) ? new URL(endpoint).origin : undefined;
}
