/**
 * SMART Scheduling Links: the free slots as files that anybody can fetch and cache, listed in the manifest
 * `$bulk-publish`. The format requires a state, which French addresses lack: it follows from the postal code. It also
 * requires one Location for each Schedule: an agenda with several actors is published under its place.
 * https://github.com/smart-on-fhir/smart-scheduling-links/blob/master/specification.md
 */
import { createHash } from 'node:crypto';
import { numberOf, parseAnyResource } from '../../fhir/json.ts';
import { localTarget } from '../../fhir/local-reference.ts';
import type { CodeableConcept, Resource } from '../../fhir/resource.ts';
import { isType, list, type Location } from '../../fhir/resources.ts';
import type { Interval } from '../../scheduling/interval.ts';
import type { FreeSlot } from '../../scheduling/slots.ts';
import { formatInstant } from '../../scheduling/zone.ts';

const REGISTRY = 'http://fhir-registry.smarthealthit.org/StructureDefinition';

/** An agenda to publish, and its free slots. */
export interface PublishedAgenda {
  id: string;
  zone: string;
  /** Its actors, and the places of roles among them, as JSON text. */
  actors: readonly string[];
  serviceTypes: readonly CodeableConcept[];
  slots: readonly (FreeSlot & { id: string; places: number })[];
}

export interface PublishedFile {
  type: 'Location' | 'Schedule' | 'Slot';
  /** Below `$bulk-publish/`. */
  name: string;
  text: string;
  etag: string;
  state?: string[];
}

/**
 * Agendas without a place are left out: the format cannot describe them. `origin` is the address where slots without a
 * booking address of their own are booked.
 */
export function publish(agendas: readonly PublishedAgenda[], origin: string): PublishedFile[] {
  const locations = new Map<string, PublishedLocation>();
  const schedules: Resource[] = [];
  const slots = new Map<string, Resource[]>();
  for (const agenda of agendas) {
    const place = placeOf(agenda.actors.map((actor) => parseAnyResource(actor)));
    if (place === undefined) continue;
    const { json, state } = locationOf(place, origin);
    locations.set(place.id!, { json, state });
    schedules.push({
      resourceType: 'Schedule',
      id: agenda.id,
      actor: [{ reference: `Location/${place.id}`, ...(place.name ? { display: place.name } : {}) }],
      serviceType:
        agenda.serviceTypes.length > 0
          ? agenda.serviceTypes
          : [
              {
                coding: [
                  {
                    system: 'http://terminology.hl7.org/CodeSystem/service-type',
                    code: '124',
                    display: 'General Practice',
                  },
                ],
              },
            ],
    });
    const listed = slots.get(state) ?? [];
    slots.set(state, listed);
    for (const slot of agenda.slots) listed.push(slotOf(agenda, slot, origin));
  }
  const states = [...new Set([...locations.values()].map((location) => location.state))].sort();
  const tag = (list: string[]): { state?: string[] } =>
    list.every((state) => state !== '') && list.length > 0 ? { state: list } : {};
  return [
    file(
      'Location',
      'locations.ndjson',
      [...locations.values()].map((location) => location.json),
      tag(states),
    ),
    file('Schedule', 'schedules.ndjson', schedules, tag(states)),
    ...[...slots]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([state, list]) => file('Slot', `slots-${state || 'other'}.ndjson`, list, tag([state]))),
  ];
}

function file(
  type: PublishedFile['type'],
  name: string,
  lines: readonly Resource[],
  extra: { state?: string[] },
): PublishedFile {
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  return { type, name, text, etag: etagOf(text), ...extra };
}

export function etagOf(text: string): string {
  return `"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"`;
}

/** The manifest. Its time is that of the publication, so that it stays the same as long as the files do. */
export function manifest(files: readonly PublishedFile[], base: string, at: number): string {
  const request = `${base}/$bulk-publish`;
  const output = files.map(({ type, name, state }) => ({
    type,
    url: `${request}/${name}`,
    ...(state === undefined ? {} : { extension: { state } }),
  }));
  return JSON.stringify({ transactionTime: new Date(at).toISOString(), request, output, error: [] });
}

/** The first Location among the actors. A room takes its address from the building that it is part of. */
function placeOf(actors: readonly Resource[]): Location | undefined {
  const contained = actors.flatMap((actor) =>
    list(actor.contained).map((part) => ({ ...part, id: `${actor.id}-${part.id}` })),
  );
  const places = [...actors, ...contained].filter((actor) => isType(actor, 'Location'));
  const [place] = places;
  const around = places.find(({ id }) => localTarget(place?.partOf) === `Location/${id}`);
  if (place === undefined || around === undefined) return place;
  const { address = around.address, position = around.position, telecom = around.telecom } = place;
  return {
    ...place,
    ...(address && { address }),
    ...(position && { position }),
    ...(telecom && { telecom }),
  };
}

interface PublishedLocation {
  json: Resource;
  /** `FR-67`; empty if it is not known. */
  state: string;
}

function locationOf(place: Location, origin: string): PublishedLocation {
  const { address = {} } = place;
  const state = address.state ?? stateOf(address.postalCode ?? '');
  const telecom = list(place.telecom)
    .filter((telecom) => ['phone', 'url'].includes(telecom.system ?? '') && telecom.value)
    .map(({ system, value }) => ({ system, value }));
  const identifier = list(place.identifier)
    .filter((identifier) => identifier.system && identifier.value)
    .map(({ system, value }) => ({ system, value }));
  const { position } = place;
  const json = {
    resourceType: 'Location',
    id: place.id,
    name: place.name ?? 'Lieu de consultation',
    // The format requires a telecom.
    telecom: telecom.length > 0 ? telecom : [{ system: 'url', value: origin }],
    address: {
      line: address.line ?? [place.name ?? '—'],
      city: address.city ?? '—',
      ...(state === '' ? {} : { state }),
      postalCode: address.postalCode ?? '',
      ...(address.district ? { district: address.district } : {}),
      country: address.country ?? 'FR',
    },
    ...(position && {
      position: { latitude: numberOf(position.latitude), longitude: numberOf(position.longitude) },
    }),
    identifier: identifier.length > 0 ? identifier : [{ system: 'urn:creneau:fhir:place', value: place.id }],
  };
  return { json, state };
}

/**
 * ISO 3166-2 code of the département of a postal code: 2A or 2B in Corsica, three digits overseas. Empty if the text
 * is not a postal code.
 */
export function stateOf(postalCode: string): string {
  if (!/^\d{5}$/.test(postalCode)) return '';
  const two = postalCode.slice(0, 2);
  if (two === '97' || two === '98') return `FR-${postalCode.slice(0, 3)}`;
  if (two === '20') return `FR-${Number(postalCode[2]) < 2 ? '2A' : '2B'}`;
  return Number(two) >= 1 && Number(two) <= 95 ? `FR-${two}` : '';
}

function slotOf(
  { id: schedule, zone }: PublishedAgenda,
  { id, start, end, offers, places }: Interval & FreeSlot & { id: string; places: number },
  origin: string,
): Resource {
  const link =
    offers.map((offer) => offer.bookingUrl).find((bookingUrl) => bookingUrl !== undefined) ??
    `${origin}/reservation?slot=${id}`;
  return {
    resourceType: 'Slot',
    id,
    schedule: { reference: `Schedule/${schedule}` },
    status: 'free',
    start: formatInstant(start, zone),
    end: formatInstant(end, zone),
    extension: [
      { url: `${REGISTRY}/booking-deep-link`, valueUrl: link },
      { url: `${REGISTRY}/slot-capacity`, valueInteger: places },
    ],
  };
}
