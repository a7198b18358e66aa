/**
 * Random territories of agendas that give something to the SAS, or not (fast-check), and their resources on a server.
 */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import type { TestServer } from './harness.ts';
import { type DrawnKind, drawnKinds, kindExtensions } from './sas-kinds.ts';

export const IDNPS = 'urn:oid:1.2.250.1.71.4.2.1';
export const IDNST = 'urn:oid:1.2.250.1.71.4.2.2';
const R314 = 'https://mos.esante.gouv.fr/NOS/TRE_R314-TypeCreneau/FHIR/TRE-R314-TypeCreneau';
const R5_SERVICE = 'http://hl7.org/fhir/5.0/StructureDefinition/extension-Slot.serviceType';
export const REGULATOR = { system: IDNPS, value: '3456780581/77' };
const VISIBILITIES = ['PUBLIC', 'PRO', 'SNP', 'CPTS'];

export const MINUTE = 60_000;
/** Midnight in Paris of the day of NOW, a Tuesday of winter; what is drawn lies in it and the two days after. */
export const MIDNIGHT = Date.parse('2026-11-24T00:00:00+01:00');
export const ZONES = [
  ['Europe/Paris', 60],
  ['Indian/Reunion', 240],
  ['America/Martinique', -240],
] as const;

interface Offer {
  blocks: number[];
  visibility: string[];
  mode: string[];
  cpts: number[];
  quota: number | undefined;
}

interface Written {
  /** Minutes from MIDNIGHT. */
  start: number;
  minutes: number;
  status: string;
  security: string[];
  cpts: number | undefined;
  /** Concepts as practices have them: in the value sets of the guide, of their own, or words. */
  types: string[];
  specialties: string[];
}

interface Booking {
  nth: number;
  by: 'regulator' | 'colleague' | 'nobody';
}

export interface Agenda {
  zone: number;
  duration: number;
  active: boolean;
  paused: boolean;
  /** Has its place an address? */
  complete: boolean;
  /** Hours of the day that are open, each for an hour and a half. */
  hours: number[];
  offers: Offer[];
  kinds: DrawnKind[];
  written: Written[];
  bookings: Booking[];
}

export interface Territory {
  /** Agendas of each practitioner; the last list: those of SOS Médecins. */
  practitioners: Agenda[][];
  centres: Agenda[];
}

const mostly = (weight: number): fc.Arbitrary<boolean> => fc.integer({ min: 0, max: weight }).map((n) => n > 0);
const subset = <T>(list: readonly T[]): fc.Arbitrary<T[]> => fc.subarray([...list]);
const CONCEPTS = ['good', 'wrong', 'foreign', 'foreign+', 'text', 'mixed'];
const R38 = 'https://mos.esante.gouv.fr/NOS/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale';
const G15 = 'https://mos.esante.gouv.fr/NOS/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante';
const ACT = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';

const offer: fc.Arbitrary<Offer> = fc.record({
  blocks: subset([0, 1, 2]),
  visibility: subset(VISIBILITIES),
  mode: subset(['AMB', 'HH', 'VR']),
  cpts: subset([0, 1, 2]),
  quota: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined, freq: 4 }),
});
const written: fc.Arbitrary<Written> = fc.record({
  start: fc.integer({ min: 7 * 4, max: 3 * 24 * 4 - 8 }).map((quarter) => 15 * quarter),
  minutes: fc.constantFrom(15, 20, 60),
  status: fc.constantFrom('free', 'free', 'free', 'busy', 'busy-unavailable'),
  security: subset(['PUBLIC', 'pro', 'SNP', 'CPTS', 'other:PUBLIC', 'slash:PRO']),
  cpts: fc.option(fc.integer({ min: 0, max: 2 }), { nil: undefined }),
  types: subset(CONCEPTS),
  specialties: subset(CONCEPTS),
});
const agenda: fc.Arbitrary<Agenda> = fc.record({
  zone: fc.constantFrom(0, 0, 1, 2),
  duration: fc.constantFrom(15, 30, 45),
  active: mostly(7),
  paused: mostly(5).map((yes) => !yes),
  complete: mostly(7),
  hours: fc.shuffledSubarray([0, 8, 10, 14, 18, 22], { minLength: 2, maxLength: 3 }),
  offers: fc.array(offer, { maxLength: 3 }),
  kinds: drawnKinds,
  written: fc.uniqueArray(written, { maxLength: 5, selector: ({ start }) => start }),
  bookings: fc.array(
    fc.record({ nth: fc.nat(30), by: fc.constantFrom('regulator', 'regulator', 'colleague', 'nobody') }),
    { maxLength: 3 },
  ),
});
export const territory: fc.Arbitrary<Territory> = fc.record({
  practitioners: fc.array(fc.array(agenda, { minLength: 1, maxLength: 2 }), { minLength: 2, maxLength: 3 }),
  centres: fc.array(agenda, { minLength: 1, maxLength: 2 }),
});

/** An agenda as it stands on the server. */
export interface Placed extends Agenda {
  id: string;
  kind: 'practitioner' | 'centre';
  /** The actor whose time an appointment on it takes, shared by several agendas. */
  person: string;
  identifier: string;
  taken: { start: number; end: number; by: Booking['by'] }[];
}

let run = 0;

/** The agendas under ids of their own. */
export async function place(test: TestServer, drawn: Territory): Promise<Placed[]> {
  const r = `r${run++}`;
  const number = (kind: number, i: number): string => `${String(run).padStart(4, '0')}${kind}${i}`;
  const organization = (id: string, value: string): Json => ({
    resourceType: 'Organization',
    id: `${r}-${id}`,
    identifier: [{ system: IDNST, value }],
    name: id,
  });
  const service = (i: number, more: Json): Json => ({
    resourceType: 'HealthcareService',
    id: `${r}-cpts${i}`,
    ...more,
  });
  const resources: Json[] = [
    ...[0, 1].map((i) => organization(`cpts${i}`, `1${number(0, i)}000`)),
    ...[0, 1].map((i) => service(i, { providedBy: { reference: `Organization/${r}-cpts${i}` } })),
    // The third is nobody's: nothing that names it alone is for a CPTS.
    service(2, { name: 'sans structure' }),
    { resourceType: 'Patient', id: `${r}-patient`, name: [{ family: 'SECRETE', given: ['Alice'] }] },
  ];
  const placed: Placed[] = [];
  const add = (agenda: Agenda, own: Pick<Placed, 'id' | 'kind' | 'person' | 'identifier'>, actors: string[]): void => {
    const all: Placed = { ...agenda, ...own, taken: [] };
    placed.push(all);
    resources.push(scheduleOf(all, r, actors), ...agenda.written.map((slot, i) => slotOf(slot, i, all, r)));
  };
  for (const [i, agendas] of drawn.practitioners.entries()) {
    const identifier = `8${number(1, i)}00000`;
    resources.push({
      resourceType: 'Practitioner',
      id: `${r}-p${i}`,
      identifier: [{ system: IDNPS, value: identifier }],
      name: [{ family: 'MEDECIN', given: ['Anne'] }],
      birthDate: '1970-01-01',
    });
    for (const [k, agenda] of agendas.entries()) {
      const id = `${r}-p${i}-${k}`;
      const address = agenda.complete ? { address: { line: ['1 rue du Port'], city: 'VAL', postalCode: '35000' } } : {};
      resources.push(
        { resourceType: 'Location', id, ...address },
        {
          resourceType: 'PractitionerRole',
          id,
          practitioner: { reference: `Practitioner/${r}-p${i}` },
          location: [{ reference: `Location/${id}` }],
          ...some(
            'specialty',
            (agenda.written[0]?.specialties ?? []).map((kind) => concept(kind, R38, 'SM54')),
          ),
          ...some(
            'code',
            (agenda.written[0]?.types ?? []).map((kind) => concept(kind, G15, '10')),
          ),
        },
      );
      add(agenda, { id, kind: 'practitioner', person: `${r}-p${i}`, identifier }, [
        `Practitioner/${r}-p${i}`,
        `PractitionerRole/${id}`,
      ]);
    }
  }
  for (const [i, agenda] of drawn.centres.entries()) {
    const id = `${r}-sos${i}`;
    const identifier = `3${number(2, i)}00000000`;
    const address = agenda.complete
      ? { address: { line: ['3 place du Marché'], city: 'VAL', postalCode: '35000' } }
      : {};
    resources.push(organization(`sos${i}`, identifier), {
      resourceType: 'Location',
      id,
      name: 'Point de garde',
      managingOrganization: { reference: `Organization/${r}-sos${i}` },
      ...address,
    });
    add(agenda, { id, kind: 'centre', person: id, identifier }, [`Location/${id}`]);
  }
  const bundle = {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: resources.map((resource) => ({
      fullUrl: `http://x/${resource.resourceType}/${resource.id}`,
      resource,
      request: { method: 'PUT', url: `${resource.resourceType}/${resource.id}` },
    })),
  };
  const reply = await test.request('POST', '../fhir', bundle);
  expect([reply.status, reply.status > 299 ? reply.text : '']).toEqual([200, '']);
  for (const agenda of placed) for (const booking of agenda.bookings) await book(test, agenda, booking, r);
  return placed;
}

function scheduleOf(placed: Placed, r: string, actors: string[]): Json {
  const { id, zone, duration, active, paused, hours, offers } = placed;
  const part = (url: string, value: Json): Json => ({ url, ...value });
  const first = (minute: number): string =>
    new Date(Date.parse('2026-11-01T00:00:00Z') + (minute - ZONES[zone]![1]) * MINUTE).toISOString();
  return {
    resourceType: 'Schedule',
    id,
    active,
    comment: 'SECRET',
    extension: [
      part('http://hl7.org/fhir/StructureDefinition/timezone', { valueCode: ZONES[zone]![0] }),
      part('urn:creneau:fhir:sas-paused', { valueBoolean: paused }),
      part('https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-service-type-duration', {
        extension: [
          part('serviceType', { valueCodeableConcept: { text: 'Consultation' } }),
          part('duration', {
            valueDuration: { value: duration, unit: 'min', system: 'http://unitsofmeasure.org', code: 'min' },
          }),
        ],
      }),
      ...hours.map((hour, i) =>
        part('https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-schedule-availability-time', {
          extension: [
            part('identifier', { valueIdentifier: { value: `b${i}` } }),
            part('type', { valueCode: 'free' }),
            part('start', { valueDateTime: first(60 * hour) }),
            part('end', { valueDateTime: first(60 * hour + 90) }),
            part('rrule', { extension: [part('freq', { valueCode: 'DAILY' })] }),
          ],
        }),
      ),
      ...offers.map((offer) =>
        part('urn:creneau:fhir:slot-offer', {
          extension: [
            ...offer.blocks.map((block) => part('availability', { valueString: `b${block}` })),
            ...offer.visibility.map((code) => part('visibility', { valueCode: code })),
            ...offer.mode.map((code) => part('mode', { valueCode: code })),
            ...offer.cpts.map((i) =>
              part('cpts', { valueReference: { reference: `HealthcareService/${r}-cpts${i}` } }),
            ),
            ...(offer.quota === undefined ? [] : [part('dailyQuota', { valuePositiveInt: offer.quota })]),
          ],
        }),
      ),
      ...kindExtensions(placed.kinds, duration, hours.length),
    ].map((extension) =>
      extension.extension?.length === 0
        ? { url: extension.url, extension: [{ url: 'reason', valueString: 'rien' }] }
        : extension,
    ),
    actor: actors.map((reference) => ({ reference })),
  };
}

/** `good`: the code of the value set of the guide. */
function concept(kind: string, system: string, code: string): Json {
  const foreign = { system: 'urn:foreign', code: 'F1' };
  const good = { system, code };
  return {
    good: { coding: [good] },
    wrong: { coding: [{ system, code: 'zzz' }] },
    foreign: { coding: [foreign] },
    'foreign+': { coding: [{ ...foreign, display: 'Acte maison' }] },
    text: { text: 'Mots seuls' },
    mixed: { coding: [foreign, good], text: 'Les deux' },
  }[kind]!;
}

function slotOf(
  { start, minutes, status, security, cpts, types, specialties }: Written,
  i: number,
  { id }: Placed,
  r: string,
): Json {
  const coding = (code: string): Json => {
    const [kind, own] = code.includes(':') ? code.split(':') : ['', code];
    return {
      system:
        kind === 'other'
          ? 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality'
          : kind === 'slash'
            ? `${R314}/`
            : R314,
      code: own,
    };
  };
  return {
    resourceType: 'Slot',
    id: `${id}-s${i}`,
    ...(security.length === 0 ? {} : { meta: { security: security.map(coding) } }),
    ...some('serviceType', [
      ...types.map((kind) => concept(kind, ACT, 'VR')),
      ...(cpts === undefined
        ? []
        : [
            {
              extension: [{ url: R5_SERVICE, valueReference: { reference: `HealthcareService/${r}-cpts${cpts}` } }],
              coding: [{ code: '604' }],
            },
          ]),
    ]),
    ...some(
      'specialty',
      specialties.map((kind) => concept(kind, R38, 'SM54')),
    ),
    schedule: { reference: `Schedule/${id}` },
    status,
    start: new Date(MIDNIGHT + start * MINUTE).toISOString(),
    end: new Date(MIDNIGHT + (start + minutes) * MINUTE).toISOString(),
  };
}

const some = (name: string, all: Json[]): Json => (all.length === 0 ? {} : { [name]: all });

/** Books the n-th free slot of the agenda, if there is any. */
async function book(test: TestServer, agenda: Placed, { nth, by }: Booking, r: string): Promise<void> {
  const { json } = await test.request(
    'GET',
    `Slot?schedule=Schedule/${agenda.id}&status=free&start=ge2026-11-24T10:00:00%2B01:00&start=lt2026-11-27&_count=1000`,
  );
  const free = (json.entry ?? []).map((entry: Json) => entry.resource);
  if (free.length === 0) return;
  const slot = free[nth % free.length];
  const identifier = by === 'regulator' ? REGULATOR : { system: IDNPS, value: '899999999999' };
  const extension =
    by === 'nobody'
      ? []
      : [
          {
            url: 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-appointment-operator',
            valueReference: { identifier },
          },
        ];
  const { status, text } = await test.request('POST', 'Appointment', {
    resourceType: 'Appointment',
    status: 'booked',
    comment: 'SECRET',
    ...(extension.length ? { extension } : {}),
    slot: [{ reference: `Slot/${slot.id}` }],
    participant: [{ actor: { reference: `Patient/${r}-patient` }, status: 'accepted' }],
  });
  expect([status, status > 299 ? text : '']).toEqual([201, '']);
  agenda.taken.push({ start: Date.parse(slot.start), end: Date.parse(slot.end), by });
}
