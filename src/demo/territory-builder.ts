/** The builder of the demonstration territory: it adds one resource at a time and hands out names, places and ids. */
import type { Extension, Resource } from '../fhir/resource.ts';
import { FRANCE } from '../fhir/date.ts';
import { DAY, localDate } from '../scheduling/zone.ts';
import { type DemoTown, FAMILY, GIVEN, type Specialty, STREETS, TOWNS } from './names.ts';
import type { Hours } from './opening.ts';
import type { Random } from './random.ts';
import {
  concept,
  duration,
  G15,
  GAP_SCHEDULE,
  internal,
  national,
  offer,
  type OfferShape,
  PROFILES,
  R38,
} from './shapes.ts';

const YEAR = 365 * DAY;

export interface TerritoryPerson {
  given: string;
  family: string;
  slug: string;
  /** `Practitioner/id`. */
  reference: string;
}

export interface DemoSchedule {
  id: string;
  actors: readonly string[];
  openings: readonly Extension[];
  /** Consultations and their minutes. */
  visits: readonly (readonly [string, number])[];
  offered: Pick<OfferShape, 'visibility' | 'mode' | 'cpts' | 'capacity'>;
  specialty?: Specialty | undefined;
  active?: boolean;
}

export class TerritoryBuilder {
  readonly resources: Resource[] = [];
  /** Ids of the agendas that are filled with appointments. */
  readonly filled: string[] = [];
  readonly random: Random;
  private readonly now: number;
  private readonly slugs = new Map<string, number>();
  private rpps = 10_000_000_000;

  constructor(now: number, random: Random) {
    this.now = now;
    this.random = random;
  }

  /** Returns the reference. */
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

  place(id: string, name: string, town: DemoTown, organization?: string, extra: object = {}): string {
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

  hours(id: string, zone = FRANCE): Hours {
    return { now: this.now, zone, id };
  }

  town(): DemoTown {
    const total = TOWNS.reduce((sum, town) => sum + town.weight, 0);
    let at = this.random.whole(total);
    for (const town of TOWNS) {
      at -= town.weight;
      if (at < 0) return town;
    }
    return TOWNS[0]!;
  }

  person(): TerritoryPerson {
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

  /** `place` and `organization` are references; `suffix` tells several roles of one person apart. */
  role(person: TerritoryPerson, specialty: Specialty, place: string, organization?: string, suffix = ''): string {
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

  schedule({ id, actors, openings, visits, offered, specialty, active = true }: DemoSchedule): void {
    const { cpts, visibility } = offered;
    this.add({
      resourceType: 'Schedule',
      id,
      meta: { profile: [GAP_SCHEDULE] },
      extension: [
        ...visits.map(([label, minutes]) => duration(label, minutes)),
        ...openings,
        offer({ ...offered, visibility: cpts ? [...visibility, 'CPTS'] : visibility }),
      ],
      identifier: [internal(id)],
      active,
      ...(specialty ? { specialty: [concept(R38, specialty.code, specialty.display)] } : {}),
      actor: actors.map((reference) => ({ reference })),
      planningHorizon: { start: localDate(this.now - YEAR, FRANCE), end: localDate(this.now + YEAR, FRANCE) },
    });
    if (active) this.filled.push(id);
  }
}
