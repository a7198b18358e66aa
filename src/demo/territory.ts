/**
 * The demonstration territory: a fictional French town and its surroundings. Deterministic from a seed; dates are
 * relative to `now`. Resources come in an order in which each refers to earlier ones only.
 */
import type { Extension, Resource } from '../fhir/resource.ts';
import { DAY, localDate } from '../scheduling/zone.ts';
import { FAMILY, GIVEN, OVERSEAS, SPECIALTIES, type Specialty, STREETS, TOWNS, type Town } from './names.ts';
import { everyDay, type Hours, holidays, mainHours, nights, secondHours } from './opening.ts';
import { type Random, randomFrom } from './random.ts';
import {
  concept,
  duration,
  G15,
  GAP_SCHEDULE,
  internal,
  national,
  offer,
  PROFILES,
  R38,
  structure,
  timezone,
} from './shapes.ts';

export interface Territory {
  resources: Resource[];
  /** Ids of the agendas that are filled with appointments. */
  filled: string[];
}

const PARIS = 'Europe/Paris';
const REUNION = 'Indian/Reunion';
const PATIENTS = 120;

export function territory(now: number, seed = 1): Territory {
  const build = new Builder(now, randomFrom(seed));
  build.structures();
  for (const specialty of SPECIALTIES) for (let i = 0; i < specialty.count; i++) build.practitioner(specialty, i);
  build.overseas();
  build.hospital();
  build.rooms();
  build.vaccination();
  build.patients();
  return { resources: build.resources, filled: build.filled };
}

class Builder {
  readonly resources: Resource[] = [];
  readonly filled: string[] = [];
  private readonly now: number;
  private readonly random: Random;
  private readonly slugs = new Map<string, number>();
  private rpps = 10_000_000_000;

  constructor(now: number, random: Random) {
    this.now = now;
    this.random = random;
  }

  private add(resource: Resource): string {
    this.resources.push(resource);
    return `${resource.resourceType}/${resource.id}`;
  }

  /** Readable and unique: `camille-vasseur`, then `camille-vasseur-2`. */
  private slug(text: string): string {
    const base = text
      .normalize('NFD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '')
      .slice(0, 40);
    const count = (this.slugs.get(base) ?? 0) + 1;
    this.slugs.set(base, count);
    return count === 1 ? base : `${base}-${count}`;
  }

  structures(): void {
    for (const [i, town] of TOWNS.entries()) {
      const phone = `+333869${String(10_000 + i * 37).slice(0, 5)}`;
      this.add({
        resourceType: 'Organization',
        id: `maison-sante-${i + 1}`,
        identifier: [structure(`1580${String(i + 1).padStart(6, '0')}`)],
        name: `Maison de santé de ${town.name}`,
        telecom: [{ system: 'phone', value: phone }],
      });
      this.place(
        `maison-sante-${i + 1}`,
        `Maison de santé de ${town.name}`,
        town,
        `Organization/maison-sante-${i + 1}`,
      );
    }
    this.add({
      resourceType: 'Organization',
      id: 'cpts-brume',
      identifier: [structure('1580990001')],
      name: 'CPTS du Pays de Brume',
      telecom: [{ system: 'phone', value: '+33386900001' }],
    });
    this.add({
      resourceType: 'HealthcareService',
      id: 'cpts-brume-soins',
      identifier: [internal('cpts-brume-soins')],
      providedBy: { reference: 'Organization/cpts-brume' },
      name: 'Soins non programmés, CPTS du Pays de Brume',
    });
    this.add({
      resourceType: 'Organization',
      id: 'sos-brume',
      identifier: [structure('358099000100017')],
      name: 'SOS Médecins Brume',
      telecom: [{ system: 'phone', value: '+33386900002' }],
    });
    this.place('sos-brume', 'Point fixe de garde SOS Médecins', TOWNS[0]!, 'Organization/sos-brume');
    this.schedule('agenda-sos-brume', ['Location/sos-brume'], nights(this.hours('sos-brume')), [['Garde', 20]], {
      visibility: ['PUBLIC', 'SNP'],
      mode: ['AMB'],
    });
  }

  private place(id: string, name: string, town: Town, organization?: string, extra: object = {}): string {
    const spread = (): number => (this.random.next() - 0.5) / 50;
    const decimal = (value: number): number => Math.round(value * 1e5) / 1e5;
    return this.add({
      resourceType: 'Location',
      id,
      meta: { profile: [`${PROFILES}fr-core-location`] },
      identifier: [{ ...internal(id) }],
      name,
      address: {
        line: [`${1 + this.random.whole(80)} ${this.random.pick(STREETS)}`],
        city: town.name,
        postalCode: town.postalCode,
        country: 'FR',
      },
      position: { longitude: decimal(town.longitude + spread()), latitude: decimal(town.latitude + spread()) },
      ...(organization ? { managingOrganization: { reference: organization } } : {}),
      ...extra,
    });
  }

  private hours(id: string, zone = PARIS): Hours {
    return { now: this.now, zone, id };
  }

  private town(): Town {
    const total = TOWNS.reduce((sum, town) => sum + town.weight, 0);
    let at = this.random.whole(total);
    for (const town of TOWNS) {
      at -= town.weight;
      if (at < 0) return town;
    }
    return TOWNS[0]!;
  }

  practitioner(specialty: Specialty, index: number): void {
    const person = this.person();
    const town = this.town();
    const inHouse = this.random.next() < 0.4;
    const place = inHouse
      ? `Location/maison-sante-${TOWNS.indexOf(town) + 1}`
      : this.place(`cabinet-${person.slug}`, `Cabinet ${person.given} ${person.family}`, town);
    const role = this.role(
      person,
      specialty,
      place,
      inHouse ? `Organization/maison-sante-${TOWNS.indexOf(town) + 1}` : undefined,
      '',
    );
    const id = `agenda-${person.slug}`;
    const hours = this.hours(person.slug);
    const openings = [
      ...mainHours(this.random, hours),
      ...(this.random.next() < 0.5 ? holidays(this.random, hours) : []),
    ];
    const isPublic = this.random.next() < 0.7;
    this.schedule(
      id,
      [person.reference, role],
      openings,
      specialty.visits,
      {
        visibility: isPublic ? ['PUBLIC', 'PRO', 'SNP'] : ['SNP'],
        mode: ['AMB'],
        ...(specialty.code === 'SM54' && index % 5 === 0 ? { cpts: 'HealthcareService/cpts-brume-soins' } : {}),
      },
      specialty,
      { active: !(specialty.code === 'SM54' && index === 7) },
    );
    if (index % 6 !== 1) return;
    const second = this.place(`antenne-${person.slug}`, `Antenne de consultation ${person.family}`, this.town());
    const secondRole = this.role(person, specialty, second, undefined, '-antenne');
    this.schedule(
      `${id}-antenne`,
      [person.reference, secondRole],
      secondHours(this.random, this.hours(`${person.slug}-antenne`)),
      specialty.visits,
      { visibility: ['PUBLIC', 'SNP'], mode: ['AMB', 'VR'] },
      specialty,
    );
  }

  private person(): { given: string; family: string; slug: string; reference: string; rpps: string } {
    const given = this.random.pick(GIVEN);
    const family = this.random.pick(FAMILY);
    const slug = this.slug(`${given}-${family}`);
    this.rpps += 7;
    const rpps = `8${this.rpps}`;
    const reference = this.add({
      resourceType: 'Practitioner',
      id: `dr-${slug}`,
      meta: { profile: [`${PROFILES}fr-core-practitioner`] },
      identifier: [national(rpps)],
      active: true,
      name: [{ family, given: [given], prefix: ['DR'] }],
      telecom: [{ system: 'email', value: `${slug}@sante.example` }],
    });
    return { given, family, slug, reference, rpps };
  }

  private role(
    person: ReturnType<Builder['person']>,
    specialty: Specialty,
    place: string,
    organization: string | undefined,
    suffix: string,
  ): string {
    return this.add({
      resourceType: 'PractitionerRole',
      id: `role-${person.slug}${suffix}`,
      extension: [
        {
          url: 'https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition/as-ext-practitionerrole-name',
          valueHumanName: { family: person.family, given: [person.given], suffix: ['DR'] },
        },
      ],
      identifier: [internal(`role-${person.slug}${suffix}`)],
      active: true,
      practitioner: { reference: person.reference },
      ...(organization ? { organization: { reference: organization } } : {}),
      code: [concept(G15, '10', 'Médecin')],
      specialty: [concept(R38, specialty.code, specialty.display)],
      location: [{ reference: place }],
      telecom: [{ system: 'phone', value: `+333869${String(20_000 + this.resources.length).slice(0, 5)}` }],
    });
  }

  private schedule(
    id: string,
    actors: readonly string[],
    openings: readonly Extension[],
    visits: readonly (readonly [string, number])[],
    offered: { visibility: readonly string[]; mode: readonly string[]; cpts?: string; capacity?: number },
    specialty?: Specialty,
    extra: { active?: boolean; zone?: string } = {},
  ): void {
    const { cpts, ...rest } = offered;
    this.add({
      resourceType: 'Schedule',
      id,
      meta: { profile: [GAP_SCHEDULE] },
      extension: [
        ...(extra.zone ? [timezone(extra.zone)] : []),
        ...visits.map(([label, minutes]) => duration(label, minutes)),
        ...openings,
        offer({
          ...rest,
          visibility: cpts ? [...rest.visibility, 'CPTS'] : rest.visibility,
          ...(cpts ? { cpts } : {}),
        }),
      ],
      identifier: [internal(id)],
      active: extra.active ?? true,
      ...(specialty ? { specialty: [concept(R38, specialty.code, specialty.display)] } : {}),
      actor: actors.map((reference) => ({ reference })),
      planningHorizon: { start: localDate(this.now - 365 * DAY, PARIS), end: localDate(this.now + 365 * DAY, PARIS) },
    });
    if (extra.active !== false) this.filled.push(id);
  }

  /** 08:00 there is 08:00 there. */
  overseas(): void {
    const person = this.person();
    const place = this.place('cabinet-sainte-brume', 'Cabinet de Sainte-Brume', OVERSEAS, undefined, {
      extension: [timezone(REUNION)],
    });
    const role = this.role(person, SPECIALTIES[0]!, place, undefined, '');
    this.schedule(
      'agenda-reunion',
      [person.reference, role],
      mainHours(this.random, this.hours('reunion', REUNION)),
      SPECIALTIES[0]!.visits,
      { visibility: ['PUBLIC', 'SNP'], mode: ['AMB'] },
      SPECIALTIES[0],
    );
  }

  /** One agenda that several professionals share: it occupies none of them. */
  hospital(): void {
    this.add({
      resourceType: 'Organization',
      id: 'hopital-brume',
      identifier: [structure('1580000999')],
      name: 'Centre hospitalier de Val-de-Brume',
      telecom: [{ system: 'phone', value: '+33386900003' }],
    });
    this.place('hopital-brume', 'Centre hospitalier de Val-de-Brume', TOWNS[0]!, 'Organization/hopital-brume');
    const service = this.add({
      resourceType: 'HealthcareService',
      id: 'imagerie',
      identifier: [internal('imagerie')],
      providedBy: { reference: 'Organization/hopital-brume' },
      name: "Service d'imagerie",
      location: [{ reference: 'Location/hopital-brume' }],
      extension: [duration('Consultation externe', 30)],
    });
    const doctors = [this.person(), this.person(), this.person()].map((one) => one.reference);
    this.schedule(
      'agenda-imagerie',
      [service, ...doctors],
      everyDay('08:00', '17:00', this.hours('imagerie')),
      [['Consultation externe', 30]],
      { visibility: ['PRO'], mode: ['AMB'], capacity: 3 },
    );
  }

  rooms(): void {
    const room = {
      physicalType: concept('http://terminology.hl7.org/CodeSystem/location-physical-type', 'ro', 'Room'),
      partOf: { reference: 'Location/hopital-brume' },
    };
    for (let i = 1; i <= 4; i++) {
      const place = this.place(`salle-${i}`, `Salle d’examen ${i}`, TOWNS[0]!, undefined, room);
      this.schedule(
        `agenda-salle-${i}`,
        [place],
        everyDay('08:00', '18:00', this.hours(`salle-${i}`)),
        [['Salle', 30]],
        { visibility: [], mode: [] },
      );
    }
    for (const [i, name] of ['Échographe', 'IRM', 'Scanner'].entries()) {
      const device = this.add({
        resourceType: 'Device',
        id: `appareil-${i + 1}`,
        identifier: [internal(`appareil-${i + 1}`)],
        deviceName: [{ name, type: 'user-friendly-name' }],
        modelNumber: `BR-${100 + i}`,
        type: { text: name },
        location: { reference: 'Location/hopital-brume' },
      });
      this.schedule(
        `agenda-appareil-${i + 1}`,
        [device],
        everyDay('07:30', '19:30', this.hours(`appareil-${i + 1}`)),
        [[name, 30]],
        { visibility: [], mode: [] },
      );
    }
  }

  vaccination(): void {
    const place = this.place('centre-vaccination', 'Centre de vaccination', TOWNS[0]!);
    this.schedule(
      'agenda-vaccination',
      [place],
      everyDay('09:00', '18:00', this.hours('vaccination')),
      [['Vaccination', 10]],
      { visibility: ['PUBLIC'], mode: ['AMB'], capacity: 10 },
    );
  }

  patients(): void {
    for (let i = 1; i <= PATIENTS; i++) {
      const given = this.random.pick(GIVEN);
      const family = this.random.pick(FAMILY);
      this.add({
        resourceType: 'Patient',
        id: `patient-${i}`,
        identifier: [internal(`patient-${i}`)],
        name: [{ use: 'official', family, given: [given] }],
        gender: i % 2 === 0 ? 'female' : 'male',
        birthDate: `${1940 + this.random.whole(80)}-${String(1 + this.random.whole(12)).padStart(2, '0')}-15`,
        telecom: [{ system: 'email', value: `patient${i}@courriel.example` }],
      });
      if (i % 20 === 0) {
        this.add({
          resourceType: 'RelatedPerson',
          id: `proche-${i}`,
          identifier: [internal(`proche-${i}`)],
          patient: { reference: `Patient/patient-${i}` },
          name: [{ family, given: [this.random.pick(GIVEN)] }],
          relationship: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-RoleCode', code: 'PRN' }] }],
        });
      }
    }
  }
}

export { PATIENTS };
