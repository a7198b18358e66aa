/** Appointments that fill 60 to 90 % of each day of an agenda, from the slots that the server computes. */
import { extensionUrl } from '../fhir/french/fr-extensions.ts';
import type { Appointment } from '../fhir/resources.ts';
import { formatInstant, localDate } from '../scheduling/zone.ts';
import type { FreeSlot } from '../scheduling/slots.ts';
import { randomFrom, type Random } from './random.ts';
import { OWN } from './shapes.ts';
import { PATIENTS } from './territory.ts';

/** `slots`: of one agenda, sorted. Slots of several lengths overlap; each time is used once. */
export function fillAgenda(
  schedule: string,
  zone: string,
  actors: readonly string[],
  slots: readonly FreeSlot[],
  now: number,
  seed: number,
): Appointment[] {
  const random = randomFrom(seed + [...schedule].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) >>> 0, 7));
  const appointments: Appointment[] = [];
  let day = '';
  let rate = 0;
  let until = 0;
  for (const slot of slots) {
    const date = localDate(slot.start, zone);
    if (date !== day) {
      day = date;
      rate = 0.62 + random.next() * 0.26;
      until = 0;
    }
    if (slot.start < until || random.next() >= rate) continue;
    until = slot.end;
    appointments.push(appointment(zone, actors, slot, now, random));
  }
  return appointments;
}

function appointment(
  zone: string,
  actors: readonly string[],
  slot: FreeSlot,
  now: number,
  random: Random,
): Appointment {
  const uuid = random.uuid();
  const isPast = slot.end <= now;
  const missed = isPast && random.next() < 0.06;
  const practitioner = actors.find((actor) => actor.startsWith('Practitioner/'));
  return {
    resourceType: 'Appointment',
    id: uuid,
    identifier: [{ system: OWN, value: uuid }],
    status: missed ? 'noshow' : isPast ? 'fulfilled' : 'booked',
    ...(slot.serviceTypes.length > 0 ? { serviceType: [random.pick(slot.serviceTypes)] } : {}),
    start: formatInstant(slot.start, zone),
    end: formatInstant(slot.end, zone),
    created: formatInstant(Math.min(now, slot.start) - (1 + random.whole(20)) * 43_200_000, zone),
    participant: [
      { actor: { reference: `Patient/patient-${1 + random.whole(PATIENTS)}` }, status: 'accepted' },
      { actor: { reference: practitioner ?? actors[0]! }, status: 'accepted' },
    ],
    ...(random.next() < 0.1
      ? {
          extension: [
            { url: extensionUrl('appointmentOperator'), valueReference: { reference: practitioner ?? actors[0]! } },
          ],
        }
      : {}),
  };
}
