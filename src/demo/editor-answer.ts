/**
 * The answer of a simulated editor to the SAS: slots for everybody who is asked for, made from the query alone, so that
 * the same query always has the same answer. People and places are fictional. Spec: 6.1 to 6.3
 */
import { FRANCE, parseDateRange } from '../fhir/date.ts';
import { IDNPS, IDNST } from '../fhir/french/identifiers.ts';
import type { CodeableConcept, Identifier, Resource } from '../fhir/resource.ts';
import { parseQuery } from '../fhir/search/parse.ts';
import type { Bundle } from '../fhir/foundation.ts';
import { type Contract, CURRENT, type SearchKind } from '../sas/contract/contract.ts';
import type { Interval } from '../scheduling/interval.ts';
import { formatInstant, HOUR } from '../scheduling/zone.ts';
import { type DemoTown, FAMILY, GIVEN, STREETS, TOWNS } from './names.ts';
import { type Random, randomFrom } from './random.ts';

const R38 = 'https://mos.esante.gouv.fr/NOS/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale';
const QUARTER_MS = 900_000;
const GENERAL_MEDICINE = { coding: [{ system: R38, code: 'SM54', display: 'Médecine générale (SM)' }] };

export interface EditorShape {
  /** Makes ids, places and times differ between editors. */
  seed: number;
  /** Slots of each practitioner or structure, as far as the window goes. */
  slots: number;
  /** Public address, for booking links. */
  url: string;
  /** The version of the guide that the editor speaks. */
  contract?: Contract;
}

/** One of the identifiers that are asked for, and the place where slots are made for it. */
interface Asked {
  /** Value of the identifier. */
  value: string;
  /** Ids of resources end with it. */
  id: string;
  place: Random;
  town: DemoTown;
  window: Interval;
  shape: EditorShape;
  contract: Contract;
}

/** The searchset for a request of the contract. `path`: `Slot` or `Schedule`; `query`: raw. */
export function editorAnswer(path: string, query: string, shape: EditorShape): Bundle {
  const { contract = CURRENT } = shape;
  const isSos = path === 'Schedule';
  const entries = askedIn(query, shape, contract).flatMap(isSos ? structureEntries : practitionerEntries);
  const total = entries.filter((entry) => entry.resourceType === 'Slot').length;
  return {
    resourceType: 'Bundle',
    meta: { profile: [contract.profiles.bundle[isSos ? 'SOS' : 'PS']] },
    type: 'searchset',
    total,
    link: [{ relation: 'self', url: `${shape.url}/${path}?${query}` }],
    ...(entries.length === 0
      ? {}
      : {
          entry: entries.map((resource) => ({
            fullUrl: `${shape.url}/${resource.resourceType}/${resource.id}`,
            resource,
            search: { mode: resource.resourceType === path ? 'match' : 'include' },
          })),
        }),
  };
}

function askedIn(query: string, shape: EditorShape, contract: Contract): Asked[] {
  const pairs = parseQuery(query);
  const bound = (prefix: string): number | undefined =>
    pairs
      .filter(({ name, value }) => name.endsWith('start') && value.startsWith(prefix))
      .map(({ value }) => parseDateRange(value.slice(2))?.start)[0];
  const window = { start: bound('g') ?? 0, end: bound('l') ?? 0 };
  const values = pairs
    .filter(({ name }) => name.toLowerCase().endsWith('.identifier'))
    .flatMap(({ value }) => value.split(','))
    .map((token) => token.slice(token.lastIndexOf('|') + 1))
    .filter((value) => value !== '');
  return [...new Set(values)].map((value) => {
    const id = value.replaceAll(/[^A-Za-z0-9\-.]/g, '-').slice(0, 40);
    const place = randomFrom(numberOf(value) + shape.seed);
    return { value, id, place, town: place.pick(TOWNS), window, shape, contract };
  });
}

function practitionerEntries(asked: Asked): Resource[] {
  const { value, id, place, contract } = asked;
  const { profiles, systems } = contract;
  const slots = slotsOf(asked, 'PS');
  if (slots.length === 0) return [];
  const person = randomFrom(numberOf(value));
  return [
    ...slots,
    {
      resourceType: 'Schedule',
      id: `a-${id}`,
      meta: { profile: [profiles.schedule.PS] },
      actor: [{ reference: `Practitioner/p-${id}` }, { reference: `PractitionerRole/r-${id}` }],
    },
    {
      resourceType: 'Practitioner',
      id: `p-${id}`,
      meta: { profile: [profiles.practitioner] },
      identifier: [{ type: typeOf(systems.identifierType, 'IDNPS'), system: IDNPS, value }],
      name: [{ family: person.pick(FAMILY), given: [person.pick(GIVEN)] }],
    },
    {
      resourceType: 'PractitionerRole',
      id: `r-${id}`,
      meta: { profile: [profiles.practitionerRole] },
      contained: [
        {
          resourceType: 'Location',
          id: 'loc',
          meta: { profile: [profiles.containedLocation] },
          identifier: [placeIdentifier(asked)],
          address: addressOf(asked),
        },
      ],
      practitioner: { reference: `Practitioner/p-${id}` },
      organization: {
        identifier: {
          type: typeOf(systems.identifierType, 'IDNST'),
          system: IDNST,
          value: `1${String(580_000_000 + place.whole(1_000_000))}`,
        },
      },
      specialty: [GENERAL_MEDICINE],
      location: [{ reference: '#loc' }],
      telecom: [{ system: 'phone', value: `+333${String(place.whole(99_999_999)).padStart(8, '0')}` }],
    },
  ];
}

function structureEntries(asked: Asked): Resource[] {
  const { value, id, town, contract } = asked;
  const { profiles, systems } = contract;
  const slots = slotsOf(asked, 'SOS');
  if (slots.length === 0) return [];
  return [
    {
      resourceType: 'Schedule',
      id: `a-${id}`,
      meta: { profile: [profiles.schedule.SOS] },
      actor: [{ reference: `Location/l-${id}` }],
    },
    ...slots,
    {
      resourceType: 'Location',
      id: `l-${id}`,
      meta: { profile: [profiles.sosLocation] },
      identifier: [placeIdentifier(asked)],
      name: `Point fixe de garde de ${town.name}`,
      address: addressOf(asked),
      managingOrganization: { reference: `Organization/o-${id}` },
    },
    {
      resourceType: 'Organization',
      id: `o-${id}`,
      meta: { profile: [profiles.sosOrganization] },
      identifier: [{ type: typeOf(systems.placeIdentifierType, 'IDNST'), system: IDNST, value }],
      name: `SOS Médecins ${town.name}`,
    },
  ];
}

function placeIdentifier({ id, shape, contract }: Asked): Identifier {
  const type = typeOf(contract.systems.placeIdentifierType, 'INTRN');
  return { type, system: `${shape.url}/lieux`, value: `l-${id}` };
}

/** Draws numbers from `place`: resources are the same only when they draw in the same order. */
function addressOf({ place, town }: Asked): object {
  return {
    line: [`${1 + place.whole(90)} ${place.pick(STREETS)}`],
    city: town.name,
    postalCode: town.postalCode,
  };
}

function typeOf(system: string, code: string): CodeableConcept {
  return { coding: [{ system, code }] };
}

/** Slots of a quarter of an hour, every half hour from the first whole hour of the window. */
function slotsOf({ id, window, shape, contract }: Asked, kind: SearchKind): Resource[] {
  const { slots, url, seed } = shape;
  const { profiles, systems } = contract;
  const first = Math.ceil(window.start / HOUR) * HOUR + (seed % 2) * QUARTER_MS;
  const made: Resource[] = [];
  for (let i = 0, start = first; i < slots && start <= window.end; i++, start += 2 * QUARTER_MS) {
    made.push({
      resourceType: 'Slot',
      id: `s-${id}-${i}`,
      meta: { profile: [profiles.slot[kind]], security: [{ system: systems.visibility, code: 'PUBLIC' }] },
      serviceType: [{ coding: [{ system: systems.mode, code: 'AMB', display: 'ambulatory' }] }],
      specialty: [GENERAL_MEDICINE],
      appointmentType: { coding: [{ system: systems.appointmentType, code: 'ROUTINE' }] },
      schedule: { reference: `Schedule/a-${id}` },
      status: 'free',
      start: formatInstant(start, FRANCE, true),
      end: formatInstant(start + QUARTER_MS, FRANCE, true),
      comment: `${url}/rdv?agenda=a-${id}`,
    });
  }
  return made;
}

function numberOf(text: string): number {
  let number = 7;
  for (const letter of text) number = (Math.imul(number, 31) + letter.charCodeAt(0)) >>> 0;
  return number;
}
