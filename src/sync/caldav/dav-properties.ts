/** The properties of the resources below `/dav`, as clients ask for them (RFC 4918, 4791, 5397, 6578). */
import { APPLE, CALDAV, CALENDAR_SERVER, DAV, element, escapeXml, href } from './dav-xml.ts';
import type { DavObject } from './dav-object.ts';

export const HOME = '/dav/calendars/';
export const PRINCIPAL = '/dav/principal/';
export const INBOX = '/dav/inbox/';
export const OUTBOX = '/dav/outbox/';

/** `{DAV:}displayname` and its value as XML; a property that is missing does not exist. */
export type Properties = ReadonlyMap<string, string>;

export const keyOf = (namespace: string, name: string): string => `{${namespace}}${name}`;

const privilege = (name: string, namespace = DAV): string => element(DAV, 'privilege', element(namespace, name));
const privileges = (...names: string[]): string => names.map((name) => privilege(name)).join('');
const report = (namespace: string, name: string): string =>
  element(DAV, 'supported-report', element(DAV, 'report', element(namespace, name)));

function properties(...list: [namespace: string, name: string, value: string][]): Properties {
  const shared: [string, string, string][] = [
    [DAV, 'current-user-principal', href(PRINCIPAL)],
    [DAV, 'principal-collection-set', href('/dav/')],
    [DAV, 'owner', href(PRINCIPAL)],
  ];
  return new Map([...shared, ...list].map(([namespace, name, value]) => [keyOf(namespace, name), value]));
}

export function rootProperties(): Properties {
  return properties(
    [DAV, 'resourcetype', element(DAV, 'collection')],
    [DAV, 'displayname', 'Créneau'],
    [DAV, 'current-user-privilege-set', privileges('read')],
  );
}

export interface PrincipalHead {
  name: string;
  /** A person who logged in, not a program. */
  isPerson: boolean;
  /** In their canonical form; its own is one of them. */
  addresses: readonly string[];
}

export function principalProperties({ name, isPerson, addresses }: PrincipalHead): Properties {
  return properties(
    [DAV, 'resourcetype', element(DAV, 'principal')],
    [DAV, 'displayname', escapeXml(name)],
    [DAV, 'principal-URL', href(PRINCIPAL)],
    [CALDAV, 'calendar-home-set', href(HOME)],
    [CALDAV, 'calendar-user-address-set', addresses.map(href).join('')],
    [CALDAV, 'calendar-user-type', isPerson ? 'INDIVIDUAL' : 'UNKNOWN'],
    [CALDAV, 'schedule-inbox-URL', href(INBOX)],
    [CALDAV, 'schedule-outbox-URL', href(OUTBOX)],
    [DAV, 'current-user-privilege-set', privileges('read')],
  );
}

/** Always empty: nobody sends invitations here. Programs want to find one beside an outbox. */
export function inboxProperties(): Properties {
  return properties(
    [DAV, 'resourcetype', element(DAV, 'collection') + element(CALDAV, 'schedule-inbox')],
    [DAV, 'displayname', 'Invitations reçues'],
    [DAV, 'current-user-privilege-set', privileges('read')],
  );
}

/** Takes questions for free and busy time alone. */
export function outboxProperties(): Properties {
  return properties(
    [DAV, 'resourcetype', element(DAV, 'collection') + element(CALDAV, 'schedule-outbox')],
    [DAV, 'displayname', 'Demandes de disponibilité'],
    [CALDAV, 'supported-calendar-data', CALENDAR_DATA],
    [CALDAV, 'max-resource-size', String(MAX_OBJECT_BYTES)],
    [CALDAV, 'max-attendees-per-instance', String(MAX_ATTENDEES)],
    [DAV, 'current-user-privilege-set', privileges('read') + privilege('schedule-send-freebusy', CALDAV)],
  );
}

export function homeProperties(): Properties {
  return properties(
    [DAV, 'resourcetype', element(DAV, 'collection')],
    [DAV, 'displayname', 'Agendas'],
    [DAV, 'current-user-privilege-set', privileges('read')],
  );
}

export interface CollectionHead {
  name: string;
  zone: string;
  /** Of its present state. */
  token: string;
  color: string;
}

export const tokenUri = (token: string): string => `urn:creneau:dav:state:${token}`;

export function collectionProperties({ name, zone, token, color }: CollectionHead): Properties {
  const types = element(DAV, 'collection') + element(CALDAV, 'calendar');
  const events = `<c:comp name="VEVENT"/>`;
  const reports = [
    report(CALDAV, 'calendar-query'),
    report(CALDAV, 'calendar-multiget'),
    report(CALDAV, 'free-busy-query'),
    report(DAV, 'sync-collection'),
  ];
  return properties(
    [DAV, 'resourcetype', types],
    [DAV, 'displayname', escapeXml(name)],
    [DAV, 'sync-token', tokenUri(token)],
    [CALENDAR_SERVER, 'getctag', escapeXml(`"${token}"`)],
    [APPLE, 'calendar-color', color],
    [CALDAV, 'calendar-timezone-id', escapeXml(zone)],
    [CALDAV, 'supported-calendar-component-set', events],
    [CALDAV, 'supported-calendar-data', CALENDAR_DATA],
    [CALDAV, 'max-resource-size', String(MAX_OBJECT_BYTES)],
    [DAV, 'supported-report-set', reports.join('')],
    [DAV, 'current-user-privilege-set', privileges('read', 'write', 'write-content', 'bind', 'unbind')],
  );
}

export const MAX_OBJECT_BYTES = 262_144;
/** Of one question for free and busy time. */
export const MAX_ATTENDEES = 100;
const CALENDAR_DATA = `<c:calendar-data content-type="text/calendar" version="2.0"/>`;
const CALENDAR_TYPE = 'text/calendar; charset=utf-8; component=VEVENT';

/** Appointments may be moved; closures of other origins are shown only. */
export function objectProperties({ etag, text, kind }: DavObject): Properties {
  const writable = kind === 'own' || kind === 'appointment';
  return properties(
    [DAV, 'resourcetype', ''],
    [DAV, 'getetag', escapeXml(etag)],
    [DAV, 'getcontenttype', CALENDAR_TYPE],
    [DAV, 'getcontentlength', String(Buffer.byteLength(text))],
    [CALDAV, 'calendar-data', escapeXml(text)],
    [DAV, 'current-user-privilege-set', writable ? privileges('read', 'write', 'write-content') : privileges('read')],
  );
}
