/** The practice of the demonstration that is on line: two doctors with kinds of visit, in one place. Pure. */
import { KIND_SYSTEM } from '../fhir/french/visit-kind.ts';
import type { Coding, Extension, Resource } from '../fhir/resource.ts';
import { DAY, localDate } from '../scheduling/zone.ts';
import { type DemoTown, SPECIALTIES, TOWNS } from './names.ts';
import { everyDay } from './opening.ts';
import { concept, duration, G15, internal, national, R38, structure } from './shapes.ts';

const FRANCE = 'Europe/Paris';
const TOWN: DemoTown = TOWNS[0]!;

export interface DemoPublication {
  practice: string;
  /** Empty for the practice itself. */
  practitioner: string;
  slug: string;
  profile: object;
}

interface DemoKind {
  code: string;
  name: string;
  minutes: number;
  audiences: readonly string[];
  rules?: readonly Extension[];
}

const minutes = (url: string, value: number): Extension => ({ url, valuePositiveInt: value });

const KINDS: readonly DemoKind[] = [
  {
    ...{ code: 'consultation', name: 'Consultation', minutes: 15, audiences: ['everyone', 'patients'] },
    rules: [{ url: 'limit', extension: [minutes('notice', 60), minutes('horizonDays', 60)] }],
  },
  {
    ...{ code: 'premiere', name: 'Première consultation', minutes: 30, audiences: ['everyone'] },
    rules: [minutes('buffer', 5)],
  },
  { code: 'suivi', name: 'Suivi', minutes: 15, audiences: ['patients'] },
  { code: 'urgence', name: 'Urgence du jour', minutes: 15, audiences: ['regulators'] },
];

const DOCTORS = [
  { id: 'anna-lune', given: 'Anna', family: 'Lune', rpps: '810009990017', languages: ['fr', 'en'] },
  { id: 'paul-rivage', given: 'Paul', family: 'Rivage', rpps: '810009990025', languages: ['fr', 'ar'] },
];

export const PUBLIC_PRACTICE = 'cabinet-du-phare';
/** The doctor who runs the practice. */
export const PUBLIC_DOCTOR = `dr-${DOCTORS[0]!.id}`;

export function publicPractice(now: number): { resources: Resource[]; publications: DemoPublication[] } {
  const practice = `Organization/${PUBLIC_PRACTICE}`;
  const resources: Resource[] = [
    {
      resourceType: 'Organization',
      id: PUBLIC_PRACTICE,
      identifier: [structure('1580009990')],
      name: 'Cabinet du Phare',
      telecom: [{ system: 'phone', value: '+33386999900' }],
      extension: KINDS.map(kindOf),
    },
    {
      resourceType: 'Location',
      id: PUBLIC_PRACTICE,
      identifier: [internal(PUBLIC_PRACTICE)],
      name: 'Cabinet du Phare',
      description: 'Premier étage, sonnette « Phare ». Arrêt de bus « Port ».',
      address: { line: ['3 rue du Phare'], postalCode: TOWN.postalCode, city: TOWN.name, country: 'FR' },
      position: { latitude: TOWN.latitude, longitude: TOWN.longitude },
      managingOrganization: { reference: practice },
      extension: ['ramp', 'lift', 'parking'].map((valueCode) => ({ url: 'urn:creneau:fhir:access', valueCode })),
    },
    ...DOCTORS.flatMap((doctor) => doctorOf(doctor, practice, now)),
  ];
  const page = { practice, practitioner: '', slug: PUBLIC_PRACTICE };
  return {
    resources,
    publications: [
      { ...page, profile: { presentation: 'Deux médecins généralistes, au cœur du port.' } },
      ...DOCTORS.map(({ id, languages }) => ({
        ...{ practice, practitioner: `Practitioner/dr-${id}`, slug: id },
        profile: {
          ...{ sector: '1', fees: 'Consultation : 30 €', payments: ['card', 'cheque'], thirdParty: 'law', css: true },
          languages,
        },
      })),
    ],
  };
}

function doctorOf({ id, given, family, rpps }: (typeof DOCTORS)[number], practice: string, now: number): Resource[] {
  const [general] = SPECIALTIES;
  return [
    {
      resourceType: 'Practitioner',
      id: `dr-${id}`,
      identifier: [national(rpps)],
      active: true,
      name: [{ family, given: [given], prefix: ['DR'] }],
    },
    {
      resourceType: 'PractitionerRole',
      id: `role-${id}`,
      identifier: [internal(`role-${id}`)],
      active: true,
      practitioner: { reference: `Practitioner/dr-${id}` },
      organization: { reference: practice },
      location: [{ reference: `Location/${PUBLIC_PRACTICE}` }],
      code: [concept(G15, '10', 'Médecin')],
      specialty: [concept(R38, general!.code, 'Médecine générale')],
    },
    {
      resourceType: 'Schedule',
      id: `agenda-${id}`,
      identifier: [internal(`agenda-${id}`)],
      active: true,
      extension: [
        ...KINDS.map((kind) => duration(kind.name, kind.minutes, codingOf(kind))),
        ...everyDay('08:30', '12:00', { now, zone: FRANCE, id: `${id}-matin` }),
        ...everyDay('14:00', '18:00', { now, zone: FRANCE, id: `${id}-apres-midi` }),
      ],
      actor: [{ reference: `Practitioner/dr-${id}` }, { reference: `PractitionerRole/role-${id}` }],
      planningHorizon: { start: localDate(now - 365 * DAY, FRANCE), end: localDate(now + 365 * DAY, FRANCE) },
    },
  ];
}

function codingOf({ code, name }: DemoKind): Coding {
  return { system: KIND_SYSTEM, code, display: name };
}

function kindOf(kind: DemoKind): Extension {
  return {
    url: 'urn:creneau:fhir:visit-kind',
    extension: [
      { url: 'kind', valueCoding: codingOf(kind) },
      ...kind.audiences.map((valueCode) => ({ url: 'audience', valueCode })),
      ...(kind.rules ?? []),
    ],
  };
}
