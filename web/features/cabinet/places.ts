/** The places of a practice, its rooms and machines, as a form shows them. */
import { extensionUrl, isExtension } from '../../../src/fhir/extension.ts';
import type { Resource } from '../../../src/fhir/resource.ts';
import { isType, type Location } from '../../../src/fhir/resources.ts';
import { create, search, update } from '../../fhir/client.ts';
import { actorName } from '../../fhir/names.ts';
import { zoneOf } from '../../fhir/place-zone.ts';

/** Means that help people to come in: a closed list. */
export const ACCESSES = ['ramp', 'lift', 'toilet', 'loop', 'lsf', 'parking'] as const;

export const PART_KINDS = ['site', 'room', 'device'] as const;

export interface PracticePart {
  kind: (typeof PART_KINDS)[number];
  name: string;
  /** `Location/x` of the place in which a room or a machine is. */
  within: string | undefined;
  resource: Resource;
}

export interface PartValues {
  kind: PracticePart['kind'];
  name: string;
  within: string;
  line: string;
  postalCode: string;
  city: string;
  phone: string;
  /** How to find the door; everybody reads it. */
  directions: string;
  accesses: string[];
}

const ROOM = { system: 'http://terminology.hl7.org/CodeSystem/location-physical-type', code: 'ro' };

export async function partsOfPractice(practice: string, signal: AbortSignal): Promise<PracticePart[]> {
  const [places, devices] = await Promise.all([
    search('Location', { organization: practice, _count: '100' }, signal),
    search('Device', { organization: practice, _count: '100' }, signal),
  ]);
  return [
    ...places.matches.map((place): PracticePart => {
      const within = place.partOf?.reference;
      return { kind: within === undefined ? 'site' : 'room', name: actorName(place), within, resource: place };
    }),
    ...devices.matches.map((device): PracticePart => {
      return { kind: 'device', name: actorName(device), within: device.location?.reference, resource: device };
    }),
  ];
}

export function partValues(part: PracticePart | undefined, site: string): PartValues {
  const empty = { line: '', postalCode: '', city: '', phone: '', directions: '', accesses: [] };
  if (part === undefined) return { kind: 'site', name: '', within: site, ...empty };
  const { kind, name, within = '', resource } = part;
  if (!isType(resource, 'Location')) return { kind, name, within, ...empty };
  const { address, telecom, description = '' } = resource;
  return {
    ...{ kind, name, within, directions: description },
    line: address?.line?.[0] ?? '',
    postalCode: address?.postalCode ?? '',
    city: address?.city ?? '',
    phone: telecom?.find(({ system }) => system === 'phone')?.value ?? '',
    accesses: (resource.extension ?? [])
      .filter((extension) => isExtension(extension, 'access'))
      .map(({ valueCode }) => String(valueCode)),
  };
}

export async function writePart(practice: string, part: PracticePart | undefined, values: PartValues): Promise<void> {
  const written = values.kind === 'device' ? deviceOf(practice, part, values) : placeOf(practice, part, values);
  await (part === undefined ? create(written) : update(written));
}

function deviceOf(practice: string, part: PracticePart | undefined, { name, within }: PartValues): Resource {
  return {
    ...part?.resource,
    resourceType: 'Device',
    owner: { reference: practice },
    deviceName: [{ name, type: 'user-friendly-name' }],
    ...(within === '' ? {} : { location: { reference: within } }),
  };
}

function placeOf(practice: string, part: PracticePart | undefined, values: PartValues): Location {
  const { kind, name, within, line, postalCode, city, phone, directions, accesses } = values;
  const before = part?.resource.extension ?? [];
  const others = before.filter((extension) => !isExtension(extension, 'timezone') && !isExtension(extension, 'access'));
  const zone = kind === 'site' ? zoneOf(postalCode) : undefined;
  const extension = [
    ...others,
    ...(zone === undefined ? [] : [{ url: extensionUrl('timezone'), valueCode: zone }]),
    ...accesses.map((valueCode) => ({ url: extensionUrl('access'), valueCode })),
  ];
  const known = part !== undefined && isType(part.resource, 'Location') ? part.resource : undefined;
  // Fields that were emptied go away.
  const { extension: _extension, telecom = [], description: _description, ...kept } = known ?? {};
  const [, ...otherLines] = known?.address?.line ?? [];
  const contacts = [
    ...(phone === '' ? [] : [{ system: 'phone' as const, value: phone }]),
    ...telecom.filter(({ system }) => system !== 'phone'),
  ];
  return {
    ...kept,
    resourceType: 'Location',
    ...(extension.length > 0 ? { extension } : {}),
    name,
    managingOrganization: { reference: practice },
    ...(kind === 'room'
      ? { partOf: { reference: within }, physicalType: { coding: [ROOM] } }
      : { address: { ...known?.address, line: [line, ...otherLines], postalCode, city, country: 'FR' } }),
    ...(contacts.length > 0 ? { telecom: contacts } : {}),
    ...(directions === '' ? {} : { description: directions }),
  };
}
