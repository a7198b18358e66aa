/**
 * Two records of one person become one: the appointments follow, and the record that is given up says which one
 * replaces it. All in one transaction, and never by itself. The record remembers what followed, so that it can be
 * taken back.
 */
import { agreementOf, withAgreement } from '../../src/fhir/french/agreement.ts';
import type { BundleEntry } from '../../src/fhir/foundation.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { type Appointment, list, type Patient } from '../../src/fhir/resources.ts';
import { ask, read, searchAll } from '../fhir/client.ts';

/** On the record that is given up: an appointment that followed. */
const MERGED = 'urn:creneau:fhir:merged-appointment';

/** The record that replaces this one, as `Patient/x`. */
export function replacedBy({ link }: Patient): string | undefined {
  return list(link).find(({ type }) => type === 'replaced-by')?.other.reference;
}

/** Ids of the records that this one replaces. */
export function replacedIds({ link }: Patient): string[] {
  return list(link).flatMap(({ type, other }) => (type === 'replaces' ? (other.reference?.split('/')[1] ?? []) : []));
}

export async function mergeRecords(given: Patient, kept: Patient): Promise<void> {
  const [from, to] = [`Patient/${given.id}`, `Patient/${kept.id}`];
  const { matches } = await searchAll('Appointment', { patient: from, _count: '200' });
  const followed = matches.map((appointment) => withPatient(appointment, from, to));
  const telecom = list(given.telecom).map((contact) =>
    agreementOf(contact) === 'agreed' ? withAgreement(contact, 'refused') : contact,
  );
  await writeAll([
    ...followed,
    {
      ...given,
      active: false,
      // Nobody hears of a merger as of a cancellation.
      ...(telecom.length > 0 ? { telecom } : {}),
      link: [...list(given.link), { other: { reference: to }, type: 'replaced-by' }],
      extension: [
        ...list(given.extension),
        ...matches.map(({ id }) => ({ url: MERGED, valueReference: { reference: `Appointment/${id}` } })),
      ],
    },
    { ...kept, link: [...list(kept.link), { other: { reference: from }, type: 'replaces' }] },
  ]);
}

/** Appointments that were made since stay where they are. */
export async function splitRecords(given: Patient): Promise<void> {
  const from = `Patient/${given.id}`;
  const to = replacedBy(given)!;
  const kept = await read('Patient', to.split('/')[1]!);
  const { matches } = await searchAll('Appointment', { patient: to, _count: '200' });
  const followed = new Set(
    list(given.extension).flatMap(({ url, valueReference }) =>
      url === MERGED ? (valueReference?.reference ?? []) : [],
    ),
  );
  const { active: _active, ...record } = given;
  await writeAll([
    ...matches
      .filter(({ id }) => followed.has(`Appointment/${id}`))
      .map((appointment) => withPatient(appointment, to, from)),
    {
      ...record,
      link: list(given.link).filter(({ type }) => type !== 'replaced-by'),
      extension: list(given.extension).filter(({ url }) => url !== MERGED),
    },
    { ...kept, link: list(kept.link).filter(({ other, type }) => type !== 'replaces' || other.reference !== from) },
  ]);
}

function withPatient(appointment: Appointment, from: string, to: string): Appointment {
  return {
    ...appointment,
    participant: appointment.participant.map((participant) =>
      participant.actor?.reference === from ? { ...participant, actor: { reference: to } } : participant,
    ),
  };
}

/** All or nothing; throws a `Refusal` when one of them has changed since it was read. */
async function writeAll(resources: readonly Resource[]): Promise<void> {
  const entry = resources.map((resource): BundleEntry => {
    const url = `${resource.resourceType}/${resource.id}`;
    return {
      resource: withoutEmpty(resource),
      request: { method: 'PUT', url, ifMatch: `W/"${resource.meta?.versionId}"` },
    };
  });
  await ask('/fhir', { method: 'POST', body: { resourceType: 'Bundle', type: 'transaction', entry } });
}

/** FHIR has no empty lists. */
function withoutEmpty<Whole extends Resource>(resource: Whole): Whole {
  return Object.fromEntries(
    Object.entries(resource).filter(([, value]) => !(Array.isArray(value) && value.length === 0)),
  ) as unknown as Whole;
}
