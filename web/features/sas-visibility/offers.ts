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
  return readSlotOffers(schedule).map((offer) => ({
    availability: offer.availability,
    visibility: offer.visibility as Offer['visibility'],
    mode: offer.mode as Offer['mode'],
    appointmentType: offer.appointmentType ?? 'ROUTINE',
    reason: offer.reason.join(' ; '),
    cpts: offer.cpts,
    capacity: offer.capacity === 1 ? '' : String(offer.capacity),
    dailyQuota: offer.dailyQuota === undefined ? '' : String(offer.dailyQuota),
    bookingUrl: offer.bookingUrl ?? '',
  }));
}

/** The openings that an offer can be for: name, first start and end, days. */
export function availabilitiesOf(schedule: Resource) {
  return readAvailabilityTimes(schedule)
    .filter((time) => time.type === 'free')
    .map((time) => ({
      id: time.identifiers[0]?.value ?? '',
      start: time.start,
      end: time.end,
      days: time.rrule?.byDay ?? [],
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
  const own = offers.findIndex((offer) => isOwn(namesOf(offer), availability));
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
  return extensions.flatMap((extension) => {
    if (!isExtension(extension, 'slotOffer') || !namesOf(extension).includes(availability)) return [extension];
    return isOwn(namesOf(extension), availability)
      ? []
      : [
          {
            ...extension,
            extension: extension.extension!.filter(
              (part) => part.url !== 'availability' || nameOf(part) !== availability,
            ),
          },
        ];
  });
}

function split(extensions: readonly Extension[]): { others: Extension[]; offers: Extension[] } {
  return {
    others: extensions.filter((extension) => !isExtension(extension, 'slotOffer')),
    offers: extensions.filter((extension) => isExtension(extension, 'slotOffer')),
  };
}

function namesOf(offer: Extension): string[] {
  return (offer.extension ?? []).filter((extension) => extension.url === 'availability').map(nameOf);
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
      ...cpts.map((cpt) => ({ url: 'cpts', valueReference: cpt })),
      ...number('capacity', capacity),
      ...number('dailyQuota', dailyQuota),
      ...(bookingUrl.trim() === '' ? [] : [{ url: 'bookingUrl', valueUrl: bookingUrl.trim() }]),
      ...(before?.extension ?? []).filter((extension) => !SHOWN.includes(extension.url)),
    ],
  };
}

export function isPaused(schedule: Resource): boolean {
  return (schedule.extension ?? []).some(
    (extension) => isExtension(extension, 'sasPaused') && extension['valueBoolean'] === true,
  );
}

export async function setPaused(agenda: string, paused: boolean): Promise<Resource> {
  const schedule = await read(`Schedule/${agenda}`);
  const others = (schedule.extension ?? []).filter((extension) => !isExtension(extension, 'sasPaused'));
  return update({
    ...schedule,
    extension: [...others, ...(paused ? [{ url: extensionUrl('sasPaused'), valueBoolean: true }] : [])],
  });
}
