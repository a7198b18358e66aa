/**
 * The answers of a simulated editor to the SAS: slots for everybody who is asked for. They follow from the question
 * alone, so that the same question always has the same answer. All persons and places are fictional. Spec: 6.1 to 6.3
 */
import { parseDateRange } from '../fhir/date.ts';
import { IDNPS, IDNST } from '../fhir/french/identifiers.ts';
import type { Resource } from '../fhir/resource.ts';
import { parseQuery } from '../fhir/search/parse.ts';
import { formatInstant, HOUR } from '../scheduling/zone.ts';
import { FAMILY, GIVEN, STREETS, TOWNS } from './names.ts';
import { randomFrom } from './random.ts';

const SAS = 'http://sas.fr/fhir/StructureDefinition';
const ANS = 'https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition';
const TYPE = 'http://interopsante.org/fhir/CodeSystem/fr-v2-0203';
const PLACE_TYPE = 'http://interopsante.org/fhir/CodeSystem/fr-location-identifier-type';
const VISIBILITY = 'https://mos.esante.gouv.fr/NOS/TRE_R314-TypeCreneau/FHIR/TRE-R314-TypeCreneau';
const R38 = 'https://mos.esante.gouv.fr/NOS/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale';
const QUARTER = 900_000;

export interface EditorShape {
  /** Makes ids, places and times differ between editors. */
  seed: number;
  /** Slots of each practitioner or structure, as far as the window goes. */
  slots: number;
  /** Public address, for booking links. */
  url: string;
}

/** The searchset for a request of the contract. `path`: `Slot` or `Schedule`; `query`: raw. */
export function editorAnswer(path: string, query: string, shape: EditorShape): Resource {
  const pairs = parseQuery(query);
  const bound = (prefix: string): number | undefined =>
    pairs
      .filter(({ name, value }) => name.endsWith('start') && value.startsWith(prefix))
      .map(({ value }) => parseDateRange(value.slice(2))?.start)[0];
  const window = { start: bound('g') ?? 0, end: bound('l') ?? 0 };
  const asked = pairs
    .filter(({ name }) => name.toLowerCase().endsWith('.identifier'))
    .flatMap(({ value }) => value.split(','));
  const values = [...new Set(asked.map((one) => one.slice(one.lastIndexOf('|') + 1)).filter(Boolean))];
  const isSos = path === 'Schedule';
  const entries = values.flatMap((value) => (isSos ? structureEntries : practitionerEntries)(value, window, shape));
  const total = entries.filter((entry) => entry.resourceType === 'Slot').length;
  return {
    resourceType: 'Bundle',
    meta: { profile: [isSos ? `${ANS}/sas-sos-bundle-aggregator` : `${SAS}/BundleAgregateur`] },
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

function practitionerEntries(value: string, window: { start: number; end: number }, shape: EditorShape): Resource[] {
  const id = value.replaceAll(/[^A-Za-z0-9\-.]/g, '-').slice(0, 40);
  const person = randomFrom(numberOf(value));
  const place = randomFrom(numberOf(value) + shape.seed);
  const town = place.pick(TOWNS);
  const slots = slotsOf(id, `${SAS}/FrSlotAgregateur`, window, shape);
  if (slots.length === 0) return [];
  return [
    ...slots,
    {
      resourceType: 'Schedule',
      id: `a-${id}`,
      meta: { profile: [`${SAS}/FrScheduleAgregateur`] },
      actor: [{ reference: `Practitioner/p-${id}` }, { reference: `PractitionerRole/r-${id}` }],
    },
    {
      resourceType: 'Practitioner',
      id: `p-${id}`,
      meta: { profile: [`${SAS}/FrPractitionerAgregateur`] },
      identifier: [{ type: { coding: [{ system: TYPE, code: 'IDNPS' }] }, system: IDNPS, value }],
      name: [{ family: person.pick(FAMILY), given: [person.pick(GIVEN)] }],
    },
    {
      resourceType: 'PractitionerRole',
      id: `r-${id}`,
      meta: { profile: [`${SAS}/FrPractitionerRoleExerciceAgregateur`] },
      contained: [
        {
          resourceType: 'Location',
          id: 'loc',
          meta: { profile: [`${SAS}/FrLocationAgregateur`] },
          identifier: [
            {
              type: { coding: [{ system: PLACE_TYPE, code: 'INTRN' }] },
              system: `${shape.url}/lieux`,
              value: `l-${id}`,
            },
          ],
          address: {
            line: [`${1 + place.whole(90)} ${place.pick(STREETS)}`],
            city: town.name,
            postalCode: town.postalCode,
          },
        },
      ],
      practitioner: { reference: `Practitioner/p-${id}` },
      organization: {
        identifier: {
          type: { coding: [{ system: TYPE, code: 'IDNST' }] },
          system: IDNST,
          value: `1${String(580_000_000 + place.whole(1_000_000))}`,
        },
      },
      specialty: [{ coding: [{ system: R38, code: 'SM54', display: 'Médecine générale (SM)' }] }],
      location: [{ reference: '#loc' }],
      telecom: [{ system: 'phone', value: `+333${String(place.whole(99_999_999)).padStart(8, '0')}` }],
    },
  ];
}

function structureEntries(value: string, window: { start: number; end: number }, shape: EditorShape): Resource[] {
  const id = value.replaceAll(/[^A-Za-z0-9\-.]/g, '-').slice(0, 40);
  const place = randomFrom(numberOf(value) + shape.seed);
  const town = place.pick(TOWNS);
  const slots = slotsOf(id, `${ANS}/sas-sos-slot-aggregator`, window, shape);
  if (slots.length === 0) return [];
  return [
    {
      resourceType: 'Schedule',
      id: `a-${id}`,
      meta: { profile: [`${ANS}/sas-sos-schedule-aggregator`] },
      actor: [{ reference: `Location/l-${id}` }],
    },
    ...slots,
    {
      resourceType: 'Location',
      id: `l-${id}`,
      meta: { profile: [`${ANS}/sas-sos-location-aggregator`] },
      identifier: [
        { type: { coding: [{ system: PLACE_TYPE, code: 'INTRN' }] }, system: `${shape.url}/lieux`, value: `l-${id}` },
      ],
      name: `Point fixe de garde de ${town.name}`,
      address: {
        line: [`${1 + place.whole(90)} ${place.pick(STREETS)}`],
        city: town.name,
        postalCode: town.postalCode,
      },
      managingOrganization: { reference: `Organization/o-${id}` },
    },
    {
      resourceType: 'Organization',
      id: `o-${id}`,
      meta: { profile: [`${ANS}/sas-sos-organization-aggregator`] },
      identifier: [{ type: { coding: [{ system: PLACE_TYPE, code: 'IDNST' }] }, system: IDNST, value }],
      name: `SOS Médecins ${town.name}`,
    },
  ];
}

/** Every half hour from the first whole hour of the window, a quarter of an hour long. */
function slotsOf(
  id: string,
  profile: string,
  window: { start: number; end: number },
  { slots, url, seed }: EditorShape,
): Resource[] {
  const first = Math.ceil(window.start / HOUR) * HOUR + (seed % 2) * QUARTER;
  const found: Resource[] = [];
  for (let i = 0, start = first; i < slots && start <= window.end; i++, start += 2 * QUARTER) {
    found.push({
      resourceType: 'Slot',
      id: `s-${id}-${i}`,
      meta: { profile: [profile], security: [{ system: VISIBILITY, code: 'PUBLIC' }] },
      serviceType: [
        {
          coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB', display: 'ambulatory' }],
        },
      ],
      specialty: [{ coding: [{ system: R38, code: 'SM54', display: 'Médecine générale (SM)' }] }],
      appointmentType: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0276', code: 'ROUTINE' }] },
      schedule: { reference: `Schedule/a-${id}` },
      status: 'free',
      start: formatInstant(start, 'Europe/Paris', true),
      end: formatInstant(start + QUARTER, 'Europe/Paris', true),
      comment: `${url}/rdv?agenda=a-${id}`,
    });
  }
  return found;
}

function numberOf(text: string): number {
  let number = 7;
  for (const letter of text) number = (Math.imul(number, 31) + letter.charCodeAt(0)) >>> 0;
  return number;
}
