/**
 * The offers of a Schedule to the SAS (`urn:creneau:fhir:slot-offer`) and its pause, as a form shows them. The form
 * keeps the parts of an offer that it does not show.
 */
import { extensionUrl, isExtension } from '../../src/fhir/extension.ts';
import { readAvailabilityTimes } from '../../src/fhir/french/availability-time.ts';
import { readSlotOffers } from '../../src/fhir/french/fr-extensions.ts';
import type { Extension, Reference } from '../../src/fhir/resource.ts';
import type { Schedule } from '../../src/fhir/resources.ts';
import { read, update } from '../fhir/client.ts';

export const VISIBILITIES = ['PUBLIC', 'PRO', 'SNP', 'CPTS'] as const;
export const MODES = ['AMB', 'HH', 'VR'] as const;
export const APPOINTMENT_TYPES = ['ROUTINE', 'WALKIN'] as const;

export interface SlotOffer {
  /** Names of availabilities; empty: all of them. */
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

export const NEW_OFFER: SlotOffer = {
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

/** The parts of an offer that the form shows. */
const FORM_PARTS = [
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

export function offersOf(schedule: Schedule): SlotOffer[] {
  return readSlotOffers(schedule).map((offer) => ({
    availability: offer.availability,
    visibility: offer.visibility as SlotOffer['visibility'],
    mode: offer.mode as SlotOffer['mode'],
    appointmentType: offer.appointmentType ?? 'ROUTINE',
    reason: offer.reason.join(' ; '),
    cpts: offer.cpts,
    capacity: offer.capacity === 1 ? '' : String(offer.capacity),
    dailyQuota: offer.dailyQuota === undefined ? '' : String(offer.dailyQuota),
    bookingUrl: offer.bookingUrl ?? '',
  }));
}

/** The opening hours that an offer can be limited to. */
export function availabilitiesOf(schedule: Schedule) {
  return readAvailabilityTimes(schedule)
    .filter((time) => time.type === 'free')
    .map((time) => ({
      id: time.identifiers[0]?.value ?? '',
      start: time.start,
      end: time.end,
      days: time.rrule?.byDay ?? [],
    }));
}

/** Replaces the offer at this position; `undefined` removes it; a position past the end adds one. */
export async function writeOffer(agenda: string, position: number, offer: SlotOffer | undefined): Promise<Schedule> {
  const schedule = await read('Schedule', agenda);
  const { others, offers } = split(schedule.extension ?? []);
  if (offer === undefined) offers.splice(position, 1);
  else offers.splice(position, 1, extensionOf(offer, offers[position]));
  return update({ ...schedule, extension: [...others, ...offers] });
}

/** The offer for this availability alone, and the number of offers that cover it together with others. */
export function offeredAs(schedule: Schedule, availability: string): { own: SlotOffer | undefined; shared: number } {
  const all = offersOf(schedule);
  return {
    own: all.find((offer) => isOwn(offer.availability, availability)),
    shared: all.filter(
      (offer) =>
        offer.availability.length === 0 || (offer.availability.length > 1 && offer.availability.includes(availability)),
    ).length,
  };
}

function isOwn(names: readonly string[], availability: string): boolean {
  return names.length === 1 && names[0] === availability;
}

/** The extensions of a Schedule, with this offer as the only one for this availability alone. */
export function withOwnOffer(
  extensions: readonly Extension[],
  availability: string,
  offer: SlotOffer | undefined,
): Extension[] {
  const { others, offers } = split(extensions);
  const at = offers.findIndex((extension) => isOwn(namesOf(extension), availability));
  const written = offer && extensionOf({ ...offer, availability: [availability] }, offers[at]);
  if (at >= 0) offers.splice(at, 1, ...(written ? [written] : []));
  else if (written) offers.push(written);
  return [...others, ...offers];
}

/**
 * The extensions of a Schedule after an availability was removed. An offer for it alone goes too: without a name, it
 * would be for all of them.
 */
export function withoutAvailability(extensions: readonly Extension[], availability: string): Extension[] {
  return extensions.flatMap((extension) => {
    if (!isExtension(extension, 'slotOffer') || !namesOf(extension).includes(availability)) return [extension];
    if (isOwn(namesOf(extension), availability)) return [];
    const parts = extension.extension!.filter((part) => part.url !== 'availability' || nameOf(part) !== availability);
    return [{ ...extension, extension: parts }];
  });
}

function split(extensions: readonly Extension[]): { others: Extension[]; offers: Extension[] } {
  return {
    others: extensions.filter((extension) => !isExtension(extension, 'slotOffer')),
    offers: extensions.filter((extension) => isExtension(extension, 'slotOffer')),
  };
}

function namesOf(offer: Extension): string[] {
  return (offer.extension ?? []).filter((part) => part.url === 'availability').map(nameOf);
}

function nameOf(part: Extension): string {
  return String(part['valueString'] ?? part['valueIdentifier']?.value ?? '');
}

function extensionOf(
  { availability, visibility, mode, appointmentType, reason, cpts, capacity, dailyQuota, bookingUrl }: SlotOffer,
  before: Extension | undefined,
): Extension {
  const number = (url: string, text: string): Extension[] =>
    text.trim() === '' ? [] : [{ url, valuePositiveInt: Number(text) }];
  return {
    url: before?.url ?? extensionUrl('slotOffer'),
    extension: [
      ...availability.map((name) => ({ url: 'availability', valueString: name })),
      ...visibility.map((code) => ({ url: 'visibility', valueCode: code })),
      ...mode.map((code) => ({ url: 'mode', valueCode: code })),
      { url: 'appointmentType', valueCode: appointmentType },
      ...(reason.trim() === '' ? [] : [{ url: 'reason', valueString: reason.trim() }]),
      ...cpts.map((cpt) => ({ url: 'cpts', valueReference: cpt })),
      ...number('capacity', capacity),
      ...number('dailyQuota', dailyQuota),
      ...(bookingUrl.trim() === '' ? [] : [{ url: 'bookingUrl', valueUrl: bookingUrl.trim() }]),
      ...(before?.extension ?? []).filter((part) => !FORM_PARTS.includes(part.url)),
    ],
  };
}

export function isPaused(schedule: Schedule): boolean {
  return (schedule.extension ?? []).some(
    (extension) => isExtension(extension, 'sasPaused') && extension['valueBoolean'] === true,
  );
}

export async function setPaused(agenda: string, paused: boolean): Promise<Schedule> {
  const schedule = await read('Schedule', agenda);
  const others = (schedule.extension ?? []).filter((extension) => !isExtension(extension, 'sasPaused'));
  return update({
    ...schedule,
    extension: [...others, ...(paused ? [{ url: extensionUrl('sasPaused'), valueBoolean: true }] : [])],
  });
}
