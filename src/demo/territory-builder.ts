/** Makes the resources of the demonstration territory one by one, each with an id that a reader can recognise. */
import type { Extension, Resource } from '../fhir/resource.ts';
import { DAY, localDate } from '../scheduling/zone.ts';
import { FAMILY, GIVEN, type Specialty, STREETS, TOWNS, type Town } from './names.ts';
import type { Hours } from './opening.ts';
import type { Random } from './random.ts';
import { concept, duration, G15, GAP_SCHEDULE, internal, national, offer, PROFILES, R38, structure } from './shapes.ts';

const PARIS = 'Europe/Paris';

export interface Doctor {
  given: string;
  family: string;
  slug: string;
  reference: string;
}

interface RoleShape {
  doctor: Doctor;
  specialty: Specialty;
  location: string;
  organization?: string;
  /** Tells the roles of one doctor apart. */
  suffix?: string;
}

export interface ScheduleShape {
  id: string;
  actors: readonly string[];
  openings: readonly Extension[];
  visits: readonly (readonly [label: string, minutes: number])[];
  offered: { visibility: readonly string[]; mode: readonly string[]; cpts?: string; capacity?: number };
  specialty?: Specialty;
  active?: boolean;
}

export class TerritoryBuilder {
  readonly resources: Resource[] = [];
  /** Ids of the agendas that are to be filled with appointments. */
  readonly filled: string[] = [];
  readonly random: Random;
  private readonly now: number;
  private readonly slugs = new Map<string, number>();
  private rpps = 10_000_000_000;

  constructor(now: number, random: Random) {
    this.now = now;
    this.random = random;
  }

  /** Returns the reference to the resource. */
  add(resource: Resource): string {
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

  organization(id: string, number: string, name: string, phone: string): string {
    return this.add({
      resourceType: 'Organization',
      id,
      identifier: [structure(number)],
      name,
      telecom: [{ system: 'phone', value: phone }],
    });
  }

  place(id: string, name: string, town: Town, organization?: string, extra: object = {}): string {
    const spread = (): number => (this.random.next() - 0.5) / 50;
    const decimal = (value: number): number => Math.round(value * 1e5) / 1e5;
    return this.add({
      resourceType: 'Location',
      id,
      meta: { profile: [`${PROFILES}fr-core-location`] },
      identifier: [internal(id)],
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

  hours(id: string, zone = PARIS): Hours {
    return { now: this.now, zone, id };
  }

  /** A town, the larger the likelier. */
  town(): Town {
    const total = TOWNS.reduce((sum, town) => sum + town.weight, 0);
    let at = this.random.whole(total);
    for (const town of TOWNS) {
      at -= town.weight;
      if (at < 0) return town;
    }
    return TOWNS[0]!;
  }

  doctor(): Doctor {
    const given = this.random.pick(GIVEN);
    const family = this.random.pick(FAMILY);
    const slug = this.slug(`${given}-${family}`);
    this.rpps += 7;
    const reference = this.add({
      resourceType: 'Practitioner',
      id: `dr-${slug}`,
      meta: { profile: [`${PROFILES}fr-core-practitioner`] },
      identifier: [national(`8${this.rpps}`)],
      active: true,
      name: [{ family, given: [given], prefix: ['DR'] }],
      telecom: [{ system: 'email', value: `${slug}@sante.example` }],
    });
    return { given, family, slug, reference };
  }

  role({ doctor, specialty, location, organization, suffix = '' }: RoleShape): string {
    return this.add({
      resourceType: 'PractitionerRole',
      id: `role-${doctor.slug}${suffix}`,
      extension: [
        {
          url: 'https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition/as-ext-practitionerrole-name',
          valueHumanName: { family: doctor.family, given: [doctor.given], suffix: ['DR'] },
        },
      ],
      identifier: [internal(`role-${doctor.slug}${suffix}`)],
      active: true,
      practitioner: { reference: doctor.reference },
      ...(organization ? { organization: { reference: organization } } : {}),
      code: [concept(G15, '10', 'Médecin')],
      specialty: [concept(R38, specialty.code, specialty.display)],
      location: [{ reference: location }],
      telecom: [{ system: 'phone', value: `+333869${String(20_000 + this.resources.length).slice(0, 5)}` }],
    });
  }

  schedule({ id, actors, openings, visits, offered, specialty, active = true }: ScheduleShape): void {
    const { cpts, visibility, ...rest } = offered;
    this.add({
      resourceType: 'Schedule',
      id,
      meta: { profile: [GAP_SCHEDULE] },
      extension: [
        ...visits.map(([label, minutes]) => duration(label, minutes)),
        ...openings,
        offer({ ...rest, visibility: cpts ? [...visibility, 'CPTS'] : visibility, ...(cpts ? { cpts } : {}) }),
      ],
      identifier: [internal(id)],
      active,
      ...(specialty ? { specialty: [concept(R38, specialty.code, specialty.display)] } : {}),
      actor: actors.map((reference) => ({ reference })),
      planningHorizon: { start: localDate(this.now - 365 * DAY, PARIS), end: localDate(this.now + 365 * DAY, PARIS) },
    });
    if (active) this.filled.push(id);
  }
}
