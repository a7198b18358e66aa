/**
 * The published examples of the SAS guide in both versions, re-typed: the facts of each resource as arguments, and the
 * shared parts once. Spec: 1.6 to 1.10
 */
import type { Json } from '../src/fhir/resource.ts';
import {
  BOOKING,
  bundle,
  type GuideVersion,
  IDNST,
  mode,
  national,
  NOS,
  OF_EDITOR,
  example,
  phone,
  PLACES,
  practitioner,
  role,
  type RoleFacts,
  SAS,
  SAS_FR,
  schedule,
  slot,
  type SlotFacts,
  typed,
} from './sas-example-parts.ts';

const link = (path: string, ...query: string[]): string => `${path}?${query.join('&')}`;

/** Individual practitioners: two people, three agendas, four slots. */
function individual(version: GuideVersion): Json {
  const of = (n: number, facts: Partial<SlotFacts>): Json =>
    slot({
      profile: `${SAS_FR}FrSlotAgregateur`,
      id: `ExampleSlotPSIndiv${n}`,
      schedule: 'ExampleSchedule3',
      to: ['PUBLIC', 'PRO'],
      start: '',
      end: '',
      types: [],
      comment: BOOKING,
      ...facts,
    });
  const agenda = (n: number, person: string, place: number): Json =>
    schedule(
      `ExampleSchedule${n}`,
      `${SAS_FR}FrScheduleAgregateur`,
      `Practitioner/ExamplePractitioner${person}`,
      `PractitionerRole/ExamplePractitionerRoleAgregateur${place}`,
    );
  const practice = (
    n: number,
    person: string,
    place: RoleFacts['place'],
    street: string,
    structure: string,
  ): RoleFacts => ({
    id: `ExamplePractitionerRoleAgregateur${n}`,
    person: `ExamplePractitioner${person}`,
    place,
    address: [street, 'AGEN', '47000'],
    structure: national(structure),
  });
  const walkIn = of(2, {
    schedule: 'ExampleSchedule2',
    to: ['PRO'],
    start: '2021-11-05T11:00:00.000+00:00',
    end: '2021-11-05T11:30:00.000+00:00',
    types: [mode('AMB'), { text: 'Visite urgente' }],
    specialties: ['SM54'],
    kind: 'WALKIN',
  });
  delete walkIn.comment;
  return bundle(
    'ExampleBundlePSIndiv',
    `${SAS_FR}BundleAgregateur`,
    4,
    link(
      'https://exemple.com/ans-sas/Slot/',
      '_include=Slot:schedule',
      '_include:iterate=Schedule:actor',
      'status=free',
      'start=ge2021-11-04T14:19:35.760+00:00',
      'start=le2021-11-06T23:59:59.999+00:00',
      'schedule.actor:Practitioner.identifier=urn:oid:1.2.250.1.71.4.2.1%7C810002673899,urn:oid:1.2.250.1.71.4.2.1%7C810100050075',
      '_count=1000',
    ),
    [
      of(1, {
        schedule: 'ExampleSchedule1',
        to: ['PUBLIC'],
        start: '2021-11-05T09:00:00.000+00:00',
        end: '2021-11-05T09:30:00.000+00:00',
        types: [mode('AMB'), mode('VR'), { text: 'Visite de contrôle' }],
        specialties: ['SM54', 'SM05'],
      }),
      walkIn,
      of(3, {
        start: '2021-11-04T14:20:00.000+00:00',
        end: '2021-11-04T14:40:00.000+00:00',
        types: [mode('VR'), { text: 'Visite de contrôle' }, { text: 'Consultation de suivi pneumologie' }],
        specialties: ['SM41'],
      }),
      of(4, {
        start: '2021-11-04T14:40:00.000+00:00',
        end: '2021-11-04T15:00:00.000+00:00',
        types: [mode('HH'), { text: 'Visite de contrôle' }, { text: 'Consultation de suivi pneumologique' }],
        specialties: ['SM41', 'SM54'],
      }),
      agenda(1, '2', 2),
      agenda(2, '2', 3),
      agenda(3, '3', 4),
      practitioner('ExamplePractitioner2', '810100050075', 'THOMAS', 'Sébastien'),
      practitioner('ExamplePractitioner3', '810002673899', 'MARCEL', 'Guillaume'),
      role(practice(2, '2', ['ExampleLocation3', OF_EDITOR, '1'], '1 rue Mme DELMAS', '1810004421')),
      role(practice(3, '2', ['ExampleLocation2', OF_EDITOR, '2'], '30 rue Mme DELMAS', '1810004956')),
      role({
        ...practice(4, '3', ['ExampleLocation3', OF_EDITOR, '1'], '1 rue Mme DELMAS', '1810004421'),
        telecom: phone('+33658913859'),
      }),
    ],
    version === '1.1.0' ? undefined : 'Slot',
  );
}

const CPTS = [
  ['1', '1950047225', 'CPTS AXE MAJEUR', '+33102030405'],
  ['2', '1950046227', 'CPTS VAL D OISE CENTRE', '+33139599280'],
] as const;

/** A slot for one CPTS, or for two (1.2.0). */
function cpts(version: GuideVersion, n: 1 | 2): Json {
  const system = version === '1.1.0' ? PLACES : 'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203';
  const named = CPTS.slice(0, n);
  const visit = { text: 'Visite de contrôle' };
  return bundle(
    version === '1.1.0' ? 'ExampleBundleCPTS' : `ExampleBundleCPTS${n}`,
    `${SAS}sas-cpts-bundle-aggregator`,
    1,
    link(
      'http://hapi.fhir.org/baseR4/Slot',
      '_include=Slot:schedule',
      '_include:iterate=Schedule:actor',
      'start=ge2024-06-12T16:20:00.000+02:00',
      'start=le2024-06-12T17:20:00.000+02:00',
      'schedule.actor:Practitioner.identifier=urn:oid:1.2.250.1.71.4.2.1|810002909371',
      'status=free',
      '_include=Slot:service-type-reference',
    ),
    [
      slot({
        profile: `${SAS}sas-cpts-slot-aggregator`,
        id: `ExampleSlotCPTS${n}`,
        schedule: 'ExampleSchedule',
        to: ['PUBLIC', 'CPTS'],
        start: '2024-06-12T16:40:00.000+02:00',
        end: '2024-06-12T17:00:00.000+02:00',
        types: [
          n === 1 ? mode('AMB') : { ...mode('AMB'), ...visit },
          ...named.map(([service]) => ({
            extension: [
              {
                url: 'http://hl7.org/fhir/5.0/StructureDefinition/extension-Slot.serviceType',
                valueReference: { reference: `HealthcareService/ExampleHealthcareServiceCPTS${service}` },
              },
            ],
            ...typed(`${NOS}TRE_R66-CategorieEtablissement/FHIR/TRE-R66-CategorieEtablissement`, '604'),
          })),
          ...(n === 1 ? [visit] : []),
        ],
        specialties: ['SM54'],
        comment: BOOKING,
      }),
      schedule(
        'ExampleSchedule',
        `${SAS_FR}FrScheduleAgregateur`,
        'Practitioner/ExamplePractitioner',
        'PractitionerRole/ExamplePractitionerRoleAgregateur',
      ),
      practitioner('ExamplePractitioner', '810002909371', 'Foret', 'Pierre'),
      role({
        id: 'ExamplePractitionerRoleAgregateur',
        person: 'ExamplePractitioner',
        place: ['ExampleLocation', 'https://editeur.com', '123456789'],
        address: ['25 CHEMIN DE MOUNESTIE', 'Aussonne', '31840'],
        structure: { value: '412345678912345' },
        telecom: phone('+33561855977'),
      }),
      ...named.flatMap(([service, value, name, number]) => [
        example(
          'HealthcareService',
          `ExampleHealthcareServiceCPTS${service}`,
          `${SAS}sas-cpts-healthcareservice-aggregator`,
          {
            providedBy: { reference: `Organization/ExampleOrgaCPTS${service}` },
          },
        ),
        example('Organization', `ExampleOrgaCPTS${service}`, `${SAS}sas-cpts-organization-aggregator`, {
          identifier: [{ type: typed(system, 'IDNST'), system: IDNST, value }],
          name,
          telecom: phone(number),
        }),
      ]),
    ],
    version === '1.1.0' ? undefined : 'Slot',
  );
}

/** SOS Médecins: two structures, three places, four slots. */
function sos(version: GuideVersion): Json {
  const of = (n: number, agenda: number, to: string[], modes: string[], start: string, end: string): Json =>
    slot({
      profile: `${SAS}sas-sos-slot-aggregator`,
      id: `ExampleSlotSOS${n}`,
      schedule: `ExampleScheduleSOS${agenda}`,
      to,
      start: `2023-08-${start}:00.000+02:00`,
      end: `2023-08-${end}:00.000+02:00`,
      types: modes.map(mode),
      comment: `http://www.editeur.com/agenda-pfg/creneau${n}`,
    });
  const place = (
    digit: string,
    name: string,
    number: string,
    address: RoleFacts['address'],
    organization: number,
    hours: Json,
  ): Json =>
    example('Location', digit.repeat(10), `${SAS}sas-sos-location-aggregator`, {
      identifier: [{ type: typed(PLACES, 'INTRN'), system: 'https://editeur.com', value: digit.repeat(10) }],
      name: `Centre de consultation ${name}`,
      telecom: phone(number),
      address: { line: [address[0]], city: address[1], postalCode: address[2] },
      managingOrganization: { reference: `Organization/ExampleOrgaSOS${organization}` },
      hoursOfOperation: [hours],
    });
  const open = (days: string, openingTime: string, closingTime: string): Json => ({
    daysOfWeek: days.split(' '),
    openingTime: `${openingTime}:00`,
    closingTime: `${closingTime}:00`,
  });
  const structure = (n: number, value: string, name: string): Json =>
    example('Organization', `ExampleOrgaSOS${n}`, `${SAS}sas-sos-organization-aggregator`, {
      identifier: [{ type: typed(PLACES, 'IDNST'), system: IDNST, value }],
      name,
    });
  return bundle(
    'ExampleBundleAgregateurSOS',
    `${SAS}sas-sos-bundle-aggregator`,
    4,
    link(
      'https://editeur.fr/Schedule',
      '_revinclude=Slot:schedule',
      '_include=Schedule:actor:Location',
      '_include:iterate=Location:organization',
      '_has:Slot:schedule:start=ge2023-08-18T09:00:00+02:00',
      '_has:Slot:schedule:start=le2023-08-20T08:00:00+02:00',
      '_has:Slot:schedule:status=free',
      'actor:Location.organization.identifier=urn:oid:1.2.250.1.71.4.2.2%7C334173748400020,urn:oid:1.2.250.1.71.4.2.2%7C392080466300010',
      '_count=1000',
    ),
    [
      of(1, 1, ['PUBLIC', 'SNP'], ['AMB', 'VR'], '18T09:00', '18T09:30'),
      of(2, 2, ['PUBLIC'], ['AMB'], '19T11:00', '19T11:30'),
      of(3, 3, ['PUBLIC'], ['VR'], '18T14:20', '18T14:40'),
      of(4, 3, ['PUBLIC'], ['AMB'], '18T14:40', '18T15:00'),
      ...['1', '2', '3'].map((n) =>
        schedule(`ExampleScheduleSOS${n}`, `${SAS}sas-sos-schedule-aggregator`, `Location/${n.repeat(10)}`),
      ),
      place(
        '1',
        'Rennes Nord',
        '+33193246789',
        ['320 avenue Général Georges Patton', 'RENNES', '35700'],
        1,
        open('tue wed thu fri sat sun', '08:00', '19:00'),
      ),
      place(
        '2',
        'Rennes Cleunay',
        '+33145249912',
        ['106 rue Eugène Pottier', 'RENNES', '35000'],
        1,
        open('mon tue wed thu', '09:00', '21:00'),
      ),
      place(
        '3',
        'Lorient',
        '+33139555992',
        ['12 impasse Royer Dubail', 'LORIENT', '56100'],
        2,
        open('tue thu sat', '11:00', '18:00'),
      ),
      structure(1, '334173748400020', 'SOS Médecins de Rennes'),
      structure(2, '392080466300010', 'SOS Médecins Lorient et agglomération'),
    ],
    version === '1.1.0' ? undefined : 'Schedule',
  );
}

export interface ExampleBundle {
  name: string;
  bundle: Json;
  /** When its slots are in the future. */
  now: string;
  /** The requests of the platform. */
  query: string;
}

export function bundles(version: GuideVersion): ExampleBundle[] {
  const cptsQuery = link(
    'Slot',
    '_include=Slot:schedule',
    '_include:iterate=Schedule:actor',
    'start=ge2024-06-12T16:20:00.000%2B02:00',
    'start=le2024-06-12T17:20:00.000%2B02:00',
    'schedule.actor:Practitioner.identifier=urn:oid:1.2.250.1.71.4.2.1%7C810002909371',
    'status=free',
    '_include=Slot:service-type-reference',
    '_include:iterate=HealthcareService:organization',
  );
  return [
    {
      name: 'individual practitioners',
      bundle: individual(version),
      now: '2021-11-04T00:00:00Z',
      query: link(
        'Slot',
        '_include=Slot:schedule',
        '_include:iterate=Schedule:actor',
        'status=free',
        'start=ge2021-11-04T00:00:00Z',
        'start=le2021-11-06T23:59:59Z',
        'schedule.actor:Practitioner.identifier=urn:oid:1.2.250.1.71.4.2.1%7C810002673899,urn:oid:1.2.250.1.71.4.2.1%7C810100050075',
      ),
    },
    { name: 'one CPTS', bundle: cpts(version, 1), now: '2024-06-12T00:00:00Z', query: cptsQuery },
    ...(version === '1.1.0'
      ? []
      : [{ name: 'two CPTS', bundle: cpts(version, 2), now: '2024-06-12T00:00:00Z', query: cptsQuery }]),
    {
      name: 'SOS Médecins',
      bundle: sos(version),
      now: '2023-08-18T00:00:00Z',
      query: link(
        'Schedule',
        '_revinclude=Slot:schedule',
        '_include=Schedule:actor:Location',
        '_include:iterate=Location:organization',
        '_has:Slot:schedule:start=ge2023-08-18T09:00:00%2B02:00',
        '_has:Slot:schedule:start=le2023-08-20T08:00:00%2B02:00',
        '_has:Slot:schedule:status=free',
        'actor:Location.organization.identifier=urn:oid:1.2.250.1.71.4.2.2%7C334173748400020,urn:oid:1.2.250.1.71.4.2.2%7C392080466300010',
      ),
    },
  ];
}
