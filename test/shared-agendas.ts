/** Agendas that people, devices and rooms share, for tests of who is occupied by what. */
import type { Json } from '../src/fhir/resource.ts';
import { agendaCode, slotId } from '../src/scheduling/slot-id.ts';

const DAY = '2026-11-27';
const PHYSICAL_TYPE = 'http://terminology.hl7.org/CodeSystem/location-physical-type';
const AVAILABILITY = 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-schedule-availability-time';
const DURATION = 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-service-type-duration';
export const SLOT_MINUTES = 30;
/** Slots of a day, from 08:00 in Paris. */
export const SLOTS = 8;

/** `08:00` and every half hour after it. */
export function at(slot: number): string {
  const minutes = 8 * 60 + slot * SLOT_MINUTES;
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${DAY}T${two(Math.floor(minutes / 60))}:${two(minutes % 60)}:00+01:00`;
}

export function slotOf(agenda: string, slot: number): string {
  return slotId({
    agenda: agendaCode(agenda),
    start: Date.parse(at(slot)),
    durationMs: SLOT_MINUTES * 60_000,
  });
}

export const location = (id: string, kind?: string): Json => ({
  resourceType: 'Location',
  id,
  name: `Lieu ${id}`,
  ...(kind ? { physicalType: { coding: [{ system: PHYSICAL_TYPE, code: kind }] } } : {}),
});

export const practitioner = (id: string): Json => ({
  resourceType: 'Practitioner',
  id,
  name: [{ family: id, prefix: ['DR'] }],
});

export const role = (id: string, of: string): Json => ({
  resourceType: 'PractitionerRole',
  id,
  practitioner: { reference: `Practitioner/${of}` },
});

export const patient = (id: string): Json => ({
  resourceType: 'Patient',
  id,
  name: [{ family: 'Secrète', given: [id] }],
});

/** Open from the first slot to the last. `offers`: places at a time, by the offer of slots. */
export const schedule = (
  id: string,
  actors: readonly string[],
  more: { team?: number; places?: number } = {},
): Json => ({
  resourceType: 'Schedule',
  id,
  actor: actors.map((reference) => ({ reference })),
  extension: [
    {
      url: DURATION,
      extension: [
        { url: 'serviceType', valueCodeableConcept: { text: 'Consultation' } },
        { url: 'duration', valueDuration: { value: SLOT_MINUTES, unit: 'min' } },
      ],
    },
    {
      url: AVAILABILITY,
      extension: [
        { url: 'identifier', valueIdentifier: { value: 'jour' } },
        { url: 'type', valueCode: 'free' },
        { url: 'start', valueDateTime: at(0) },
        { url: 'end', valueDateTime: at(SLOTS) },
      ],
    },
    ...(more.team === undefined ? [] : [{ url: 'urn:creneau:fhir:team', valuePositiveInt: more.team }]),
    ...(more.places === undefined
      ? []
      : [
          {
            url: 'urn:creneau:fhir:slot-offer',
            extension: [{ url: 'capacity', valuePositiveInt: more.places }],
          },
        ]),
  ],
});

/** From a slot on, for some slots, with these actors. */
export const appointment = (slot: number, actors: readonly string[], more: Json = {}, slots = 1): Json => ({
  resourceType: 'Appointment',
  status: 'booked',
  start: at(slot),
  end: at(slot + slots),
  participant: actors.map((reference) => ({ actor: { reference }, status: 'accepted' })),
  ...more,
});

export const OVERBOOKING = { extension: [{ url: 'urn:creneau:fhir:overbooking', valueBoolean: true }] };
