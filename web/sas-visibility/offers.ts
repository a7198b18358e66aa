/** The offers of a Schedule (`urn:creneau:fhir:slot-offer`) and its pause, as a form sees them. What the page does not show of an offer stays. */
import { extensionUrl, isExtension } from '../../src/fhir/extension.ts';
import { readAvailabilityTimes } from '../../src/fhir/availability-time.ts';
import type { Extension, Resource } from '../../src/fhir/resource.ts';
import { read, update } from '../fhir/client.ts';

export const VISIBILITIES = ['PUBLIC', 'PRO', 'SNP', 'CPTS'] as const;
export const MODES = ['AMB', 'HH', 'VR'] as const;

export interface Offer {
  availability: string[];
  visibility: (typeof VISIBILITIES)[number][];
  mode: (typeof MODES)[number][];
  reason: string;
  dailyQuota: string;
}

export const NEW_OFFER: Offer = { availability: [], visibility: ['SNP'], mode: ['AMB'], reason: '', dailyQuota: '' };

const SHOWN = ['availability', 'visibility', 'mode', 'reason', 'dailyQuota'];

export function offersOf(schedule: Resource): Offer[] {
  return (schedule.extension ?? []).filter((one) => isExtension(one, 'slotOffer')).map(offerOf);
}

function offerOf({ extension = [] }: Extension): Offer {
  const all = (url: string, value: string): string[] => extension.filter((one) => one.url === url).map((one) => String(one[value] ?? one['valueIdentifier']?.value ?? ''));
  return {
    availability: all('availability', 'valueString'),
    visibility: all('visibility', 'valueCode') as Offer['visibility'],
    mode: all('mode', 'valueCode') as Offer['mode'],
    reason: all('reason', 'valueString').join(' ; '),
    dailyQuota: all('dailyQuota', 'valuePositiveInt')[0] ?? '',
  };
}

/** The openings that an offer can be for: name, first start and end, days. */
export function availabilitiesOf(schedule: Resource) {
  return readAvailabilityTimes(schedule)
    .filter((one) => one.type === 'free')
    .map((one) => ({ id: one.identifiers[0]?.value ?? '', start: one.start, end: one.end, days: one.rrule?.byDay ?? [] }));
}

/** Writes the offer in this place; `offer` undefined removes it; a place past the end adds one. */
export async function writeOffer(agenda: string, place: number, offer: Offer | undefined): Promise<Resource> {
  const schedule = await read(`Schedule/${agenda}`);
  const others = (schedule.extension ?? []).filter((one) => !isExtension(one, 'slotOffer'));
  const offers = (schedule.extension ?? []).filter((one) => isExtension(one, 'slotOffer'));
  if (offer === undefined) offers.splice(place, 1);
  else offers.splice(place, 1, extensionOf(offer, offers[place]));
  return update({ ...schedule, extension: [...others, ...offers] });
}

function extensionOf({ availability, visibility, mode, reason, dailyQuota }: Offer, before: Extension | undefined): Extension {
  return {
    url: before?.url ?? extensionUrl('slotOffer'),
    extension: [
      ...availability.map((one) => ({ url: 'availability', valueString: one })),
      ...visibility.map((one) => ({ url: 'visibility', valueCode: one })),
      ...mode.map((one) => ({ url: 'mode', valueCode: one })),
      ...(reason.trim() === '' ? [] : [{ url: 'reason', valueString: reason.trim() }]),
      ...(dailyQuota === '' ? [] : [{ url: 'dailyQuota', valuePositiveInt: Number(dailyQuota) }]),
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
  return update({ ...schedule, extension: [...others, ...(paused ? [{ url: extensionUrl('sasPaused'), valueBoolean: true }] : [])] });
}
