/**
 * The demonstration territory: a fictional French town and its surroundings. Deterministic from a seed; dates are
 * relative to `now`. Each resource refers only to resources before it.
 */
import type { Resource } from '../fhir/resource.ts';
import { type DemoTown, FAMILY, GIVEN, OVERSEAS, SPECIALTIES, type Specialty, TOWNS } from './names.ts';
import { everyDay, holidays, mainHours, nights, secondHours } from './opening.ts';
import { randomFrom } from './random.ts';
import { concept, duration, internal, structure, timezone } from './shapes.ts';
import { TerritoryBuilder } from './territory-builder.ts';

export interface Territory {
  resources: Resource[];
  /** Ids of the agendas that are filled with appointments. */
  filled: string[];
}

const REUNION = 'Indian/Reunion';
export const PATIENTS = 120;
const MAIN_TOWN: DemoTown = TOWNS[0]!;
const GENERAL_MEDICINE: Specialty = SPECIALTIES[0]!;

export function territory(now: number, seed = 1): Territory {
  const build = new TerritoryBuilder(now, randomFrom(seed));
  addStructures(build);
  for (const specialty of SPECIALTIES) for (let i = 0; i < specialty.count; i++) addPractitioner(build, specialty, i);
  addOverseas(build);
  addHospital(build);
  addRooms(build);
  addVaccination(build);
  addPatients(build);
  return { resources: build.resources, filled: build.filled };
}

function addStructures(build: TerritoryBuilder): void {
  for (const [i, town] of TOWNS.entries()) {
    const phone = `+333869${String(10_000 + i * 37).slice(0, 5)}`;
    build.add({
      resourceType: 'Organization',
      id: `maison-sante-${i + 1}`,
      identifier: [structure(`1580${String(i + 1).padStart(6, '0')}`)],
      name: `Maison de santé de ${town.name}`,
      telecom: [{ system: 'phone', value: phone }],
    });
    build.place(`maison-sante-${i + 1}`, `Maison de santé de ${town.name}`, town, `Organization/maison-sante-${i + 1}`);
  }
  build.add({
    resourceType: 'Organization',
    id: 'cpts-brume',
    identifier: [structure('1580990001')],
    name: 'CPTS du Pays de Brume',
    telecom: [{ system: 'phone', value: '+33386900001' }],
  });
  build.add({
    resourceType: 'HealthcareService',
    id: 'cpts-brume-soins',
    identifier: [internal('cpts-brume-soins')],
    providedBy: { reference: 'Organization/cpts-brume' },
    name: 'Soins non programmés, CPTS du Pays de Brume',
  });
  build.add({
    resourceType: 'Organization',
    id: 'sos-brume',
    identifier: [structure('358099000100017')],
    name: 'SOS Médecins Brume',
    telecom: [{ system: 'phone', value: '+33386900002' }],
  });
  build.place('sos-brume', 'Point fixe de garde SOS Médecins', MAIN_TOWN, 'Organization/sos-brume');
  build.schedule({
    id: 'agenda-sos-brume',
    actors: ['Location/sos-brume'],
    openings: nights(build.hours('sos-brume')),
    visits: [['Garde', 20]],
    offered: { visibility: ['PUBLIC', 'SNP'], mode: ['AMB'] },
  });
}

function addPractitioner(build: TerritoryBuilder, specialty: Specialty, index: number): void {
  const person = build.person();
  const town = build.town();
  const isInHouse = build.random.next() < 0.4;
  const house = `maison-sante-${TOWNS.indexOf(town) + 1}`;
  const place = isInHouse
    ? `Location/${house}`
    : build.place(`cabinet-${person.slug}`, `Cabinet ${person.given} ${person.family}`, town);
  const role = build.role(person, specialty, place, isInHouse ? `Organization/${house}` : undefined);
  const id = `agenda-${person.slug}`;
  const hours = build.hours(person.slug);
  const openings = [
    ...mainHours(build.random, hours),
    ...(build.random.next() < 0.5 ? holidays(build.random, hours) : []),
  ];
  const isPublic = build.random.next() < 0.7;
  const isGeneralist = specialty === GENERAL_MEDICINE;
  build.schedule({
    id,
    actors: [person.reference, role],
    openings,
    visits: specialty.visits,
    offered: {
      visibility: isPublic ? ['PUBLIC', 'PRO', 'SNP'] : ['SNP'],
      mode: ['AMB'],
      ...(isGeneralist && index % 5 === 0 ? { cpts: 'HealthcareService/cpts-brume-soins' } : {}),
    },
    specialty,
    // One agenda that was closed for good.
    active: !(isGeneralist && index === 7),
  });
  if (index % 6 !== 1) return;
  const second = build.place(`antenne-${person.slug}`, `Antenne de consultation ${person.family}`, build.town());
  const secondRole = build.role(person, specialty, second, undefined, '-antenne');
  build.schedule({
    id: `${id}-antenne`,
    actors: [person.reference, secondRole],
    openings: secondHours(build.random, build.hours(`${person.slug}-antenne`)),
    visits: specialty.visits,
    offered: { visibility: ['PUBLIC', 'SNP'], mode: ['AMB', 'VR'] },
    specialty,
  });
}

/** An agenda in another time zone: 08:00 is 08:00 at the place. */
function addOverseas(build: TerritoryBuilder): void {
  const person = build.person();
  const place = build.place('cabinet-sainte-brume', 'Cabinet de Sainte-Brume', OVERSEAS, undefined, {
    extension: [timezone(REUNION)],
  });
  const role = build.role(person, GENERAL_MEDICINE, place);
  build.schedule({
    id: 'agenda-reunion',
    actors: [person.reference, role],
    openings: mainHours(build.random, build.hours('reunion', REUNION)),
    visits: GENERAL_MEDICINE.visits,
    offered: { visibility: ['PUBLIC', 'SNP'], mode: ['AMB'] },
    specialty: GENERAL_MEDICINE,
  });
}

/** An agenda that several professionals share: its appointments occupy none of them. */
function addHospital(build: TerritoryBuilder): void {
  build.add({
    resourceType: 'Organization',
    id: 'hopital-brume',
    identifier: [structure('1580000999')],
    name: 'Centre hospitalier de Val-de-Brume',
    telecom: [{ system: 'phone', value: '+33386900003' }],
  });
  build.place('hopital-brume', 'Centre hospitalier de Val-de-Brume', MAIN_TOWN, 'Organization/hopital-brume');
  const service = build.add({
    resourceType: 'HealthcareService',
    id: 'imagerie',
    identifier: [internal('imagerie')],
    providedBy: { reference: 'Organization/hopital-brume' },
    name: "Service d'imagerie",
    location: [{ reference: 'Location/hopital-brume' }],
    extension: [duration('Consultation externe', 30)],
  });
  const doctors = [build.person(), build.person(), build.person()].map(({ reference }) => reference);
  build.schedule({
    id: 'agenda-imagerie',
    actors: [service, ...doctors],
    openings: everyDay('08:00', '17:00', build.hours('imagerie')),
    visits: [['Consultation externe', 30]],
    offered: { visibility: ['PRO'], mode: ['AMB'], capacity: 3 },
  });
}

/** Rooms and devices: agendas that the SAS does not see. */
function addRooms(build: TerritoryBuilder): void {
  const room = {
    physicalType: concept('http://terminology.hl7.org/CodeSystem/location-physical-type', 'ro', 'Room'),
    partOf: { reference: 'Location/hopital-brume' },
  };
  for (let i = 1; i <= 4; i++) {
    const place = build.place(`salle-${i}`, `Salle d’examen ${i}`, MAIN_TOWN, undefined, room);
    build.schedule({
      id: `agenda-salle-${i}`,
      actors: [place],
      openings: everyDay('08:00', '18:00', build.hours(`salle-${i}`)),
      visits: [['Salle', 30]],
      offered: { visibility: [], mode: [] },
    });
  }
  for (const [i, name] of ['Échographe', 'IRM', 'Scanner'].entries()) {
    const device = build.add({
      resourceType: 'Device',
      id: `appareil-${i + 1}`,
      identifier: [internal(`appareil-${i + 1}`)],
      deviceName: [{ name, type: 'user-friendly-name' }],
      modelNumber: `BR-${100 + i}`,
      type: { text: name },
      location: { reference: 'Location/hopital-brume' },
    });
    build.schedule({
      id: `agenda-appareil-${i + 1}`,
      actors: [device],
      openings: everyDay('07:30', '19:30', build.hours(`appareil-${i + 1}`)),
      visits: [[name, 30]],
      offered: { visibility: [], mode: [] },
    });
  }
}

function addVaccination(build: TerritoryBuilder): void {
  const place = build.place('centre-vaccination', 'Centre de vaccination', MAIN_TOWN);
  build.schedule({
    id: 'agenda-vaccination',
    actors: [place],
    openings: everyDay('09:00', '18:00', build.hours('vaccination')),
    visits: [['Vaccination', 10]],
    offered: { visibility: ['PUBLIC'], mode: ['AMB'], capacity: 10 },
  });
}

function addPatients(build: TerritoryBuilder): void {
  for (let i = 1; i <= PATIENTS; i++) {
    const given = build.random.pick(GIVEN);
    const family = build.random.pick(FAMILY);
    build.add({
      resourceType: 'Patient',
      id: `patient-${i}`,
      identifier: [internal(`patient-${i}`)],
      name: [{ use: 'official', family, given: [given] }],
      gender: i % 2 === 0 ? 'female' : 'male',
      birthDate: `${1940 + build.random.whole(80)}-${String(1 + build.random.whole(12)).padStart(2, '0')}-15`,
      telecom: [{ system: 'email', value: `patient${i}@courriel.example` }],
    });
    if (i % 20 === 0) {
      build.add({
        resourceType: 'RelatedPerson',
        id: `proche-${i}`,
        identifier: [internal(`proche-${i}`)],
        patient: { reference: `Patient/patient-${i}` },
        name: [{ family, given: [build.random.pick(GIVEN)] }],
        relationship: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-RoleCode', code: 'PRN' }] }],
      });
    }
  }
}
