/**
 * The demonstration territory: a fictional French town and its surroundings. Deterministic from a seed; dates are
 * relative to `now`. Resources come in an order in which each refers to earlier ones only.
 */
import type { Resource } from '../fhir/resource.ts';
import { FAMILY, GIVEN, OVERSEAS, SPECIALTIES, type Specialty, TOWNS } from './names.ts';
import { everyDay, holidays, mainHours, nights, secondHours } from './opening.ts';
import { randomFrom } from './random.ts';
import { concept, duration, internal, timezone } from './shapes.ts';
import { type Doctor, type ScheduleShape, TerritoryBuilder } from './territory-builder.ts';

export interface Territory {
  resources: Resource[];
  /** Ids of the agendas that are filled with appointments. */
  filled: string[];
}

const REUNION = 'Indian/Reunion';
const ROOMS = 4;
export const PATIENTS = 120;
const PATIENTS_PER_RELATIVE = 20;

export function territory(now: number, seed = 1): Territory {
  const build = new TerritoryBuilder(now, randomFrom(seed));
  addStructures(build);
  for (const specialty of SPECIALTIES)
    for (let index = 0; index < specialty.count; index++) addPractice(build, specialty, index);
  addOverseas(build);
  addHospital(build);
  addRooms(build);
  addDevices(build);
  addVaccination(build);
  addPatients(build);
  return { resources: build.resources, filled: build.filled };
}

function addStructures(build: TerritoryBuilder): void {
  for (const [i, town] of TOWNS.entries()) {
    const id = `maison-sante-${i + 1}`;
    const name = `Maison de santé de ${town.name}`;
    const phone = `+333869${String(10_000 + i * 37).slice(0, 5)}`;
    build.place(id, name, town, build.organization(id, `1580${String(i + 1).padStart(6, '0')}`, name, phone));
  }
  build.add({
    resourceType: 'HealthcareService',
    id: 'cpts-brume-soins',
    identifier: [internal('cpts-brume-soins')],
    providedBy: {
      reference: build.organization('cpts-brume', '1580990001', 'CPTS du Pays de Brume', '+33386900001'),
    },
    name: 'Soins non programmés, CPTS du Pays de Brume',
  });
  const sos = build.organization('sos-brume', '358099000100017', 'SOS Médecins Brume', '+33386900002');
  build.schedule({
    id: 'agenda-sos-brume',
    actors: [build.place('sos-brume', 'Point fixe de garde SOS Médecins', TOWNS[0]!, sos)],
    openings: nights(build.hours('sos-brume')),
    visits: [['Garde', 20]],
    offered: { visibility: ['PUBLIC', 'SNP'], mode: ['AMB'] },
  });
}

/** A doctor, where he or she works, and the agenda; every sixth works in a second place as well. */
function addPractice(build: TerritoryBuilder, specialty: Specialty, index: number): void {
  const doctor = build.doctor();
  const town = build.town();
  const house = `maison-sante-${TOWNS.indexOf(town) + 1}`;
  const isInHouse = build.random.next() < 0.4;
  const location = isInHouse
    ? `Location/${house}`
    : build.place(`cabinet-${doctor.slug}`, `Cabinet ${doctor.given} ${doctor.family}`, town);
  const role = build.role({ doctor, specialty, location, ...(isInHouse && { organization: `Organization/${house}` }) });
  build.schedule(mainSchedule(build, doctor, role, specialty, index));
  if (index % 6 === 1) addSecondPlace(build, doctor, specialty);
}

function mainSchedule(
  build: TerritoryBuilder,
  doctor: Doctor,
  role: string,
  specialty: Specialty,
  index: number,
): ScheduleShape {
  const isGeneral = specialty.code === 'SM54';
  const hours = build.hours(doctor.slug);
  const openings = mainHours(build.random, hours);
  if (build.random.next() < 0.5) openings.push(...holidays(build.random, hours));
  const isPublic = build.random.next() < 0.7;
  return {
    id: `agenda-${doctor.slug}`,
    actors: [doctor.reference, role],
    openings,
    visits: specialty.visits,
    offered: {
      visibility: isPublic ? ['PUBLIC', 'PRO', 'SNP'] : ['SNP'],
      mode: ['AMB'],
      ...(isGeneral && index % 5 === 0 ? { cpts: 'HealthcareService/cpts-brume-soins' } : {}),
    },
    specialty,
    active: !(isGeneral && index === 7),
  };
}

function addSecondPlace(build: TerritoryBuilder, doctor: Doctor, specialty: Specialty): void {
  const suffix = '-antenne';
  const name = `Antenne de consultation ${doctor.family}`;
  const location = build.place(`antenne-${doctor.slug}`, name, build.town());
  build.schedule({
    id: `agenda-${doctor.slug}${suffix}`,
    actors: [doctor.reference, build.role({ doctor, specialty, location, suffix })],
    openings: secondHours(build.random, build.hours(`${doctor.slug}${suffix}`)),
    visits: specialty.visits,
    offered: { visibility: ['PUBLIC', 'SNP'], mode: ['AMB', 'VR'] },
    specialty,
  });
}

/** An agenda in another time zone: 08:00 is 08:00 there. */
function addOverseas(build: TerritoryBuilder): void {
  const doctor = build.doctor();
  const specialty = SPECIALTIES[0]!;
  const location = build.place('cabinet-sainte-brume', 'Cabinet de Sainte-Brume', OVERSEAS, undefined, {
    extension: [timezone(REUNION)],
  });
  build.schedule({
    id: 'agenda-reunion',
    actors: [doctor.reference, build.role({ doctor, specialty, location })],
    openings: mainHours(build.random, build.hours('reunion', REUNION)),
    visits: specialty.visits,
    offered: { visibility: ['PUBLIC', 'SNP'], mode: ['AMB'] },
    specialty,
  });
}

/** One agenda that several professionals share: it occupies none of them. */
function addHospital(build: TerritoryBuilder): void {
  const name = 'Centre hospitalier de Val-de-Brume';
  const hospital = build.organization('hopital-brume', '1580000999', name, '+33386900003');
  const location = build.place('hopital-brume', name, TOWNS[0]!, hospital);
  const service = build.add({
    resourceType: 'HealthcareService',
    id: 'imagerie',
    identifier: [internal('imagerie')],
    providedBy: { reference: hospital },
    name: "Service d'imagerie",
    location: [{ reference: location }],
    extension: [duration('Consultation externe', 30)],
  });
  const doctors = [build.doctor(), build.doctor(), build.doctor()].map((doctor) => doctor.reference);
  build.schedule({
    id: 'agenda-imagerie',
    actors: [service, ...doctors],
    openings: everyDay('08:00', '17:00', build.hours('imagerie')),
    visits: [['Consultation externe', 30]],
    offered: { visibility: ['PRO'], mode: ['AMB'], capacity: 3 },
  });
}

function addRooms(build: TerritoryBuilder): void {
  const room = {
    physicalType: concept('http://terminology.hl7.org/CodeSystem/location-physical-type', 'ro', 'Room'),
    partOf: { reference: 'Location/hopital-brume' },
  };
  for (let i = 1; i <= ROOMS; i++)
    build.schedule({
      id: `agenda-salle-${i}`,
      actors: [build.place(`salle-${i}`, `Salle d’examen ${i}`, TOWNS[0]!, undefined, room)],
      openings: everyDay('08:00', '18:00', build.hours(`salle-${i}`)),
      visits: [['Salle', 30]],
      offered: { visibility: [], mode: [] },
    });
}

function addDevices(build: TerritoryBuilder): void {
  for (const [i, name] of ['Échographe', 'IRM', 'Scanner'].entries()) {
    const id = `appareil-${i + 1}`;
    const device = build.add({
      resourceType: 'Device',
      id,
      identifier: [internal(id)],
      deviceName: [{ name, type: 'user-friendly-name' }],
      modelNumber: `BR-${100 + i}`,
      type: { text: name },
      location: { reference: 'Location/hopital-brume' },
    });
    build.schedule({
      id: `agenda-${id}`,
      actors: [device],
      openings: everyDay('07:30', '19:30', build.hours(id)),
      visits: [[name, 30]],
      offered: { visibility: [], mode: [] },
    });
  }
}

function addVaccination(build: TerritoryBuilder): void {
  build.schedule({
    id: 'agenda-vaccination',
    actors: [build.place('centre-vaccination', 'Centre de vaccination', TOWNS[0]!)],
    openings: everyDay('09:00', '18:00', build.hours('vaccination')),
    visits: [['Vaccination', 10]],
    offered: { visibility: ['PUBLIC'], mode: ['AMB'], capacity: 10 },
  });
}

function addPatients(build: TerritoryBuilder): void {
  const { random } = build;
  for (let i = 1; i <= PATIENTS; i++) {
    const given = random.pick(GIVEN);
    const family = random.pick(FAMILY);
    const patient = build.add({
      resourceType: 'Patient',
      id: `patient-${i}`,
      identifier: [internal(`patient-${i}`)],
      name: [{ use: 'official', family, given: [given] }],
      gender: i % 2 === 0 ? 'female' : 'male',
      birthDate: `${1940 + random.whole(80)}-${String(1 + random.whole(12)).padStart(2, '0')}-15`,
      telecom: [{ system: 'email', value: `patient${i}@courriel.example` }],
    });
    if (i % PATIENTS_PER_RELATIVE !== 0) continue;
    build.add({
      resourceType: 'RelatedPerson',
      id: `proche-${i}`,
      identifier: [internal(`proche-${i}`)],
      patient: { reference: patient },
      name: [{ family, given: [random.pick(GIVEN)] }],
      relationship: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-RoleCode', code: 'PRN' }] }],
    });
  }
}
