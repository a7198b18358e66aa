/** The appointments of one person on one day in one practice: one reminder names them all. */
import { createHash } from 'node:crypto';
import { participantsOf } from '../../fhir/actors.ts';
import { parseResource } from '../../fhir/json.ts';
import { localTarget } from '../../fhir/local-reference.ts';
import { type Appointment, asType } from '../../fhir/resources.ts';
import { parseSearch } from '../../fhir/search/parse.ts';
import { DAY, toInstant, toLocal } from '../../scheduling/zone.ts';
import { readResources } from '../../store/resources/read-resources.ts';
import type { ResourceReader } from '../../store/resources/resource-reader.ts';
import { expectedPeople } from './notice-follower.ts';

const MAX_A_DAY = 20;

/** With the appointment itself, in the order of time. `zone`: of its place. */
export async function dayOfPerson(
  reader: ResourceReader,
  appointment: Appointment,
  person: string,
  zone: string,
): Promise<Appointment[]> {
  const midnight = Math.floor(toLocal(zone, Date.parse(appointment.start!)) / DAY) * DAY;
  const [from, to] = [midnight, midnight + DAY].map((local) => new Date(toInstant(zone, local).instant).toISOString());
  const { criteria } = parseSearch('Appointment', `actor=${person}&date=ge${from}&date=lt${to}`);
  const { rows } = await reader.search('Appointment', criteria, { count: MAX_A_DAY, total: 'none' });
  const others = rows
    .map(({ body }) => parseResource('Appointment', body!))
    .filter((other) => other.id !== appointment.id && expectedPeople(other).includes(person));
  const own = others.length === 0 ? undefined : await practicesOf(reader, appointment);
  const same: Appointment[] = [];
  for (const other of others)
    if ((await practicesOf(reader, other)).some((name) => own!.includes(name))) same.push(other);
  return [appointment, ...same].sort((a, b) => Date.parse(a.start ?? '') - Date.parse(b.start ?? ''));
}

/** The same for the same appointments at the same times. */
export function digestOf(appointments: readonly Appointment[]): string {
  const text = JSON.stringify(appointments.map(({ id, start }) => [id, Date.parse(start ?? '')]));
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/** Two appointments are in one practice that have a structure, a place or a professional in common. */
async function practicesOf(reader: ResourceReader, appointment: Appointment): Promise<string[]> {
  const named = participantsOf(appointment).filter((name) => /^(Location|Practitioner|PractitionerRole)\//.test(name));
  const roles = await readResources(
    reader,
    named.filter((name) => name.startsWith('PractitionerRole/')),
  );
  const structures = roles.flatMap((role) => localTarget(asType(role, 'PractitionerRole')?.organization) ?? []);
  return [...named, ...structures];
}
