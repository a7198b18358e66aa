/**
 * CalDAV for phones and calendar programs: `/dav/` leads to the person, to the agendas of the device, and to their
 * events. A device has the rights that its author has at that moment. docs/icalendar.md.
 */
import type { DavAnswer, DavRequest } from '../../rest/files/dav-route.ts';
import type { Interval } from '../../scheduling/interval.ts';
import type { Database } from '../../store/engine/database.ts';
import { type CalendarDevice, CalendarDevices } from '../../store/records/calendar-devices.ts';
import { AgendaReader } from '../../store/resources/agenda-reader.ts';
import { ResourceReader } from '../../store/resources/resource-reader.ts';
import type { OwnedAgenda } from '../ical/out/owned-agenda.ts';
import { AddressBook } from './address-book.ts';
import { AgendaCollections } from './collection.ts';
import { authorKey } from './device-events.ts';
import {
  collectionProperties,
  HOME,
  homeProperties,
  INBOX,
  inboxProperties,
  objectProperties,
  OUTBOX,
  outboxProperties,
  PRINCIPAL,
  principalProperties,
  rootProperties,
} from './dav-properties.ts';
import { readDavXml } from './dav-xml.ts';
import type { DavObject } from './dav-object.ts';
import { authorIn, DeviceAgendas, type RightsParts } from './device-agendas.ts';
import { multistatus, responseOf, unchangedResponse, wantedIn } from './multistatus.ts';
import { reportOf } from './reports.ts';
import { answerBusyRequest } from './schedule-outbox.ts';
import { deleteEvent, putEvent, type WriteParts } from './writes.ts';

export interface DavParts extends Omit<WriteParts, 'collections'>, RightsParts {
  database: Database;
  /** Name of an agenda, as its calendar shows it. */
  nameOf(owned: OwnedAgenda): Promise<string>;
  now: () => number;
}

/** A request of a device that was recognised. */
interface DeviceRequest {
  device: CalendarDevice;
  request: DavRequest;
  now: number;
}

const COLORS = ['#2A6FB0', '#2E8B57', '#B0413E', '#6A5ACD', '#00808A', '#A0622D'];

export class DavServer {
  private readonly parts: DavParts;
  private readonly devices: CalendarDevices;
  private readonly agendas: AgendaReader;
  private readonly rights: DeviceAgendas;
  private readonly addresses: AddressBook;
  private readonly collections: AgendaCollections;

  constructor(parts: DavParts) {
    this.parts = parts;
    this.devices = new CalendarDevices(parts.database);
    this.agendas = new AgendaReader(parts.database);
    this.rights = new DeviceAgendas(parts, this.agendas);
    this.addresses = new AddressBook(this.rights, this.agendas, new ResourceReader(parts.database));
    this.collections = new AgendaCollections(parts.database);
  }

  /** `undefined` for a device that is not known. */
  async answer(request: DavRequest): Promise<DavAnswer | undefined> {
    const device = await this.devices.find(request.user, request.password);
    if (device === undefined) return undefined;
    const answer = await this.answerTo({ device, request, now: this.parts.now() });
    const { id, type, resource, names } = device;
    const own = { id, of: `${type}/${resource}`, names, author: authorIn(device).caller };
    return { ...answer, device: own };
  }

  private async answerTo(call: DeviceRequest): Promise<DavAnswer> {
    const { device, request } = call;
    const [first, schedule, name, ...more] = request.path;
    if (more.length > 0) return { status: 404 };
    if (first === undefined) return this.propfind(call, '/dav/', rootProperties());
    if (schedule === undefined && first === 'principal') return this.principal(call);
    if (schedule === undefined && first === 'inbox') return this.propfind(call, INBOX, inboxProperties());
    if (schedule === undefined && first === 'outbox') return this.outbox(call);
    if (first !== 'calendars') return { status: 404 };
    if (schedule === undefined) return this.home(call);
    const owned = (await this.rights.of(device)).find(({ row }) => row.schedule === schedule);
    if (owned === undefined) return { status: 404 };
    return name === undefined ? this.collection(call, owned) : this.object(call, owned, name);
  }

  private propfind({ request }: DeviceRequest, path: string, properties: ReadonlyMap<string, string>): DavAnswer {
    if (request.method !== 'PROPFIND') return notAllowed();
    return multistatus([responseOf(path, properties, wantedIn(readDavXml(request.body)))]);
  }

  private async principal(call: DeviceRequest): Promise<DavAnswer> {
    const { identity, caller } = authorIn(call.device);
    const addresses = await this.addresses.own(call.device);
    const head = { name: identity?.name ?? caller, isPerson: identity !== undefined, addresses };
    return this.propfind(call, PRINCIPAL, principalProperties(head));
  }

  private async outbox(call: DeviceRequest): Promise<DavAnswer> {
    const { request, now } = call;
    if (request.method !== 'POST')
      return request.method === 'PROPFIND'
        ? this.propfind(call, OUTBOX, outboxProperties())
        : notAllowed('OPTIONS, PROPFIND, POST');
    return answerBusyRequest(request, {
      own: () => this.addresses.own(call.device),
      agendasAt: (addresses) => this.addresses.agendasAt(call.device, addresses),
      taken: (agendas, window) =>
        this.agendas.busy(
          agendas.map(({ row }) => row),
          window,
          now,
        ),
      now,
    });
  }

  private async home(call: DeviceRequest): Promise<DavAnswer> {
    const { request, device } = call;
    if (request.method !== 'PROPFIND') return notAllowed();
    const wanted = wantedIn(readDavXml(request.body));
    const responses = [responseOf(HOME, homeProperties(), wanted)];
    if (request.header('depth') !== '0') {
      for (const owned of await this.rights.readable(device, await this.rights.of(device)))
        responses.push(await this.head(call, owned, wanted));
    }
    return multistatus(responses);
  }

  private async collection(call: DeviceRequest, owned: OwnedAgenda): Promise<DavAnswer> {
    const { request, now } = call;
    const path = pathOf(owned);
    if (!['PROPFIND', 'REPORT', 'PROPPATCH'].includes(request.method)) return notAllowed();
    await this.rights.contextOf(call.device, owned, 'GET');
    const body = readDavXml(request.body);
    if (request.method === 'PROPPATCH') return multistatus([unchangedResponse(path, body)]);
    const objects = await this.objectsOf(call, owned);
    if (request.method === 'REPORT') {
      const taken = async (window: Interval) => this.agendas.taken([`Schedule/${owned.row.schedule}`], window, now);
      return reportOf(body, { path, owned, objects, collections: this.collections, taken, now });
    }
    const wanted = wantedIn(body);
    const responses = [await this.head(call, owned, wanted, objects)];
    if (request.header('depth') !== '0')
      responses.push(...objects.map((object) => responseOf(path + object.name, objectProperties(object), wanted)));
    return multistatus(responses);
  }

  private async object(call: DeviceRequest, owned: OwnedAgenda, name: string): Promise<DavAnswer> {
    const { request, device } = call;
    const isWrite = request.method === 'PUT' || request.method === 'DELETE';
    const context = await this.rights.contextOf(call.device, owned, isWrite ? 'POST' : 'GET');
    const objects = await this.objectsOf(call, owned);
    if (isWrite) {
      const write = { context, author: device.author, owned, objects, name, request };
      const parts = { ...this.parts, collections: this.collections };
      return request.method === 'PUT' ? putEvent(parts, write) : deleteEvent(parts, write);
    }
    const object = objects.find((candidate) => candidate.name === name);
    if (object === undefined) return { status: 404 };
    if (request.method === 'PROPFIND') return this.propfind(call, pathOf(owned) + name, objectProperties(object));
    if (request.method !== 'GET' && request.method !== 'HEAD') return notAllowed();
    return {
      status: 200,
      headers: { ETag: object.etag },
      type: 'text/calendar; charset=utf-8',
      ...(request.method === 'GET' ? { body: object.text } : {}),
    };
  }

  private async head(
    call: DeviceRequest,
    owned: OwnedAgenda,
    wanted: ReturnType<typeof wantedIn>,
    objects?: readonly DavObject[],
  ): Promise<string> {
    const { schedule, code } = owned.row;
    const properties = collectionProperties({
      name: await this.parts.nameOf(owned),
      zone: owned.agenda.zone,
      token: await this.collections.tokenOf(schedule, objects ?? (await this.objectsOf(call, owned))),
      color: COLORS[code.charCodeAt(0) % COLORS.length]!,
    });
    return responseOf(pathOf(owned), properties, wanted);
  }

  private objectsOf({ device, now }: DeviceRequest, owned: OwnedAgenda): Promise<DavObject[]> {
    return this.collections.objectsOf(owned, { names: device.names, author: authorKey(device.author) }, now);
  }
}

const pathOf = ({ row }: OwnedAgenda): string => `${HOME}${row.schedule}/`;

function notAllowed(allowed = 'OPTIONS, GET, HEAD, PUT, DELETE, PROPFIND, PROPPATCH, REPORT'): DavAnswer {
  return { status: 405, headers: { Allow: allowed } };
}
