/**
 * The offers of a Schedule (`urn:creneau:fhir:slot-offer`) and its pause, as a form sees them. What the form does not
 * show of an offer stays.
 */
import { extensionUrl, isExtension } from '../../../src/fhir/extension.ts';
import { readAvailabilityTimes } from '../../../src/fhir/french/availability-time.ts';
import { readSlotOffers } from '../../../src/fhir/french/fr-extensions.ts';
import type { Extension, Reference, Resource } from '../../../src/fhir/resource.ts';
import { read, update } from '../../fhir/client.ts';

export const VISIBILITIES = ['PUBLIC', 'PRO', 'SNP', 'CPTS'] as const;
export const MODES = ['AMB', 'HH', 'VR'] as const;
export const APPOINTMENT_TYPES = ['ROUTINE', 'WALKIN'] as const;

export interface Offer {
  /** Names of availabilities; empty: all. */
  availability: string[];
  visibility: (typeof VISIBILITIES)[number][];
  mode: (typeof MODES)[number][];
  appointmentType: (typeof APPOINTMENT_TYPES)[number];
  reason: string;
  /** HealthcareServices. */
  cpts: Reference[];
  /** Numbers as they are typed. */
  capacity: string;
  dailyQuota: string;
  bookingUrl: string;
}

export const NEW_OFFER: Offer = {
  availability: [],
  visibility: ['SNP'],
  mode: ['AMB'],
  appointmentType: 'ROUTINE',
  reason: '',
  cpts: [],
  capacity: '',
  dailyQuota: '',
  bookingUrl: '',
};

const SHOWN = [
  'availability',
  'visibility',
  'mode',
  'appointmentType',
  'reason',
  'cpts',
  'capacity',
  'dailyQuota',
  'bookingUrl',
];

export function offersOf(schedule: Resource): Offer[] {
  return readSlotOffers(schedule).map((one) => ({
    availability: one.availability,
    visibility: one.visibility as Offer['visibility'],
    mode: one.mode as Offer['mode'],
    appointmentType: one.appointmentType ?? 'ROUTINE',
    reason: one.reason.join(' ; '),
    cpts: one.cpts,
    capacity: one.capacity === 1 ? '' : String(one.capacity),
    dailyQuota: one.dailyQuota === undefined ? '' : String(one.dailyQuota),
    bookingUrl: one.bookingUrl ?? '',
  }));
}

/** The openings that an offer can be for: name, first start and end, days. */
export function availabilitiesOf(schedule: Resource) {
  return readAvailabilityTimes(schedule)
    .filter((one) => one.type === 'free')
    .map((one) => ({
      id: one.identifiers[0]?.value ?? '',
      start: one.start,
      end: one.end,
      days: one.rrule?.byDay ?? [],
    }));
}

/** Writes the offer in this place; `offer` undefined removes it; a place past the end adds one. */
export async function writeOffer(agenda: string, place: number, offer: Offer | undefined): Promise<Resource> {
  const schedule = await read(`Schedule/${agenda}`);
  const { others, offers } = split(schedule.extension ?? []);
  if (offer === undefined) offers.splice(place, 1);
  else offers.splice(place, 1, extensionOf(offer, offers[place]));
  return update({ ...schedule, extension: [...others, ...offers] });
}

/** How an availability is offered: by an offer of its own, and by how many that are for others too. */
export function offeredAs(schedule: Resource, availability: string): { own: Offer | undefined; shared: number } {
  const all = offersOf(schedule);
  return {
    own: all.find((one) => isOwn(one.availability, availability)),
    shared: all.filter(
      (one) =>
        one.availability.length === 0 || (one.availability.length > 1 && one.availability.includes(availability)),
    ).length,
  };
}

function isOwn(names: readonly string[], availability: string): boolean {
  return names.length === 1 && names[0] === availability;
}

/** Extensions of a Schedule with this offer, and no other of its own, for one availability. */
export function withOwnOffer(
  extensions: readonly Extension[],
  availability: string,
  offer: Offer | undefined,
): Extension[] {
  const { others, offers } = split(extensions);
  const own = offers.findIndex((one) => isOwn(namesOf(one), availability));
  if (own >= 0)
    offers.splice(
      own,
      1,
      ...(offer === undefined ? [] : [extensionOf({ ...offer, availability: [availability] }, offers[own])]),
    );
  else if (offer !== undefined) offers.push(extensionOf({ ...offer, availability: [availability] }, undefined));
  return [...others, ...offers];
}

/**
 * Without an availability that is no more: an offer that named it alone goes too, for an offer that names none is for
 * all.
 */
export function withoutAvailability(extensions: readonly Extension[], availability: string): Extension[] {
  return extensions.flatMap((one) => {
    if (!isExtension(one, 'slotOffer') || !namesOf(one).includes(availability)) return [one];
    return isOwn(namesOf(one), availability)
      ? []
      : [
          {
            ...one,
            extension: one.extension!.filter((part) => part.url !== 'availability' || nameOf(part) !== availability),
          },
        ];
  });
}

function split(extensions: readonly Extension[]): { others: Extension[]; offers: Extension[] } {
  return {
    others: extensions.filter((one) => !isExtension(one, 'slotOffer')),
    offers: extensions.filter((one) => isExtension(one, 'slotOffer')),
  };
}

function namesOf(offer: Extension): string[] {
  return (offer.extension ?? []).filter((one) => one.url === 'availability').map(nameOf);
}

function nameOf(part: Extension): string {
  return String(part['valueString'] ?? part['valueIdentifier']?.value ?? '');
}

function extensionOf(
  { availability, visibility, mode, appointmentType, reason, cpts, capacity, dailyQuota, bookingUrl }: Offer,
  before: Extension | undefined,
): Extension {
  const number = (url: string, text: string): Extension[] =>
    text.trim() === '' ? [] : [{ url, valuePositiveInt: Number(text) }];
  return {
    url: before?.url ?? extensionUrl('slotOffer'),
    extension: [
      ...availability.map((one) => ({ url: 'availability', valueString: one })),
      ...visibility.map((one) => ({ url: 'visibility', valueCode: one })),
      ...mode.map((one) => ({ url: 'mode', valueCode: one })),
      { url: 'appointmentType', valueCode: appointmentType },
      ...(reason.trim() === '' ? [] : [{ url: 'reason', valueString: reason.trim() }]),
      ...cpts.map((one) => ({ url: 'cpts', valueReference: one })),
      ...number('capacity', capacity),
      ...number('dailyQuota', dailyQuota),
      ...(bookingUrl.trim() === '' ? [] : [{ url: 'bookingUrl', valueUrl: bookingUrl.trim() }]),
      ...(before?.extension ?? []).filter((one) => !SHOWN.includes(one.url)),
    ],
  };
}

export function isPaused(schedule: Resource): boolean {
  return (schedule.extension ?? []).some((one) => isExtension(one, 'sasPaused') && one['valueBoolean'] === true);
}

export async function setPaused(agenda: string, paused: boolean): Promise<Resource> {
  const schedule = await read(`Schedule/${agenda}`);
  const others = (schedule.extension ?? []).filter((one) => !isExtension(one, 'sasPaused'));
  return update({
    ...schedule,
    extension: [...others, ...(paused ? [{ url: extensionUrl('sasPaused'), valueBoolean: true }] : [])],
  });
}
