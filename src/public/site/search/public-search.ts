/**
 * `/trouver`: the practitioners who are on line and have a time, in the order of the first time or of the distance.
 * Nobody pays for a place: ties are broken by chance, another one each day.
 */
import { createHash } from 'node:crypto';
import type { RuleServices } from '../../../agenda/rules/services.ts';
import { kilometresBetween, type Position } from '../../../fhir/distance.ts';
import { numberOf } from '../../../fhir/json.ts';
import { normalise } from '../../../fhir/search/text.ts';
import type { Visitor } from '../../../fhir/french/visit-kind.ts';
import { list, type Location } from '../../../fhir/resources.ts';
import { DAY, toInstant } from '../../../scheduling/zone.ts';
import type { Towns } from '../../../store/records/towns.ts';
import type { Town } from '../../../towns/town.ts';
import { nextTimes, type PublicTime } from '../next-times.ts';
import { findPractices, findPractitioners, kindsOf, type OfferedKind, type PractitionerPage } from '../pages-found.ts';
import type { PublicSite } from '../public-site.ts';
import { wholeOffer } from '../site-pages.ts';
import { accessesOf, conceptText } from '../words.ts';
import { civilStart } from './dates.ts';
import { PAGE_SIZE, type PublicSearchQuery } from './search-query.ts';

export interface FoundPractitioner {
  page: PractitionerPage;
  /** The next times, three at most, whatever the kind. */
  times: PublicTime[];
  /** Kilometres; `undefined` without a place. */
  distance: number | undefined;
}

export interface SearchOutcome {
  found: FoundPractitioner[];
  total: number;
  /** Others who are on line and have no time there. */
  withoutTime: PractitionerPage[];
  /** The place that the text named; `undefined`: none was named. */
  town: Town | undefined;
  /** The text named no place that is known. */
  isPlaceUnknown: boolean;
}

const TIMES = 3;
const MAX_WITHOUT = 20;
const MAX_POSITIONS = 10_000;

export class PublicSearch {
  private readonly site: PublicSite;
  private readonly services: RuleServices;
  private readonly towns: Pick<Towns, 'find'>;
  private readonly positions = new Map<string, Promise<Position | undefined>>();

  constructor(site: PublicSite, services: RuleServices, towns: Pick<Towns, 'find'>) {
    this.site = site;
    this.services = services;
    this.towns = towns;
  }

  async find(query: PublicSearchQuery, visitor: Visitor, now: number): Promise<SearchOutcome> {
    const pages = await this.pages(now);
    const town = (await this.townOf(query.where)) ?? townOfPlaces(pages, query.where);
    const isPlaceUnknown = query.where !== '' && town === undefined;
    if (isPlaceUnknown) return { found: [], total: 0, withoutTime: [], town, isPlaceUnknown };
    const candidates = [];
    for (const page of pages) {
      const offered = offeredTo(page, query, visitor);
      if (offered === undefined || !fits(page, query)) continue;
      const distance = town === undefined ? undefined : await this.distanceTo(page, town);
      const isNear = town === undefined || (distance !== undefined && distance <= query.radiusKm);
      if (isNear) candidates.push({ page, offered, distance });
    }
    // The first time decides the order; the next ones are looked for on one page only.
    const first = await nextTimes(
      this.services,
      candidates.map(({ offered }) => offered),
      visitor,
      now,
      1,
    );
    const timed = candidates.map((candidate, i) => ({ ...candidate, first: first[i]![0] }));
    const open = timed.filter((candidate): candidate is typeof candidate & { first: PublicTime } =>
      isInTime(candidate.first, query),
    );
    open.sort(orderOf(query, now));
    const start = (query.page - 1) * PAGE_SIZE;
    const shown = open.slice(start, start + PAGE_SIZE);
    const times = await nextTimes(
      this.services,
      shown.map(({ offered }) => offered),
      visitor,
      now,
      TIMES,
    );
    return {
      found: shown.map(({ page, distance }, i) => ({ page, distance, times: times[i]! })),
      total: open.length,
      withoutTime: timed
        .filter((candidate) => candidate.first === undefined)
        .slice(0, MAX_WITHOUT)
        .map(({ page }) => page),
      ...{ town, isPlaceUnknown },
    };
  }

  /** Every practitioner on line. */
  async pages(now: number): Promise<PractitionerPage[]> {
    const publications = await this.site.publications.published();
    const practices = await findPractices(
      this.services,
      publications.filter(({ practitioner }) => practitioner === ''),
    );
    const people = publications.filter(({ practitioner }) => practitioner !== '');
    return findPractitioners(this.services, practices, people, now);
  }

  private async townOf(text: string): Promise<Town | undefined> {
    if (text === '') return undefined;
    const [town] = await this.towns.find({ text, count: 1 });
    return town?.latitude === null || town?.longitude === null ? undefined : town;
  }

  /** To the nearest of the places; a place without a position stands in its town. */
  private async distanceTo({ places }: PractitionerPage, town: Town): Promise<number | undefined> {
    const distances = [];
    for (const place of places) {
      const position = positionOf(place) ?? (await this.positionOfTown(place));
      if (position !== undefined) distances.push(kilometresBetween(town as Position, position));
    }
    return distances.length === 0 ? undefined : Math.min(...distances);
  }

  /** The list of towns is long: each is looked for once. */
  private async positionOfTown({ address }: Location): Promise<Position | undefined> {
    const key = `${address?.city}|${address?.postalCode}`;
    const known = this.positions.get(key);
    if (known !== undefined) return known;
    if (this.positions.size >= MAX_POSITIONS) this.positions.clear();
    const found = this.findTown(address);
    this.positions.set(key, found);
    return found;
  }

  private async findTown(address: Location['address']): Promise<Position | undefined> {
    const text = address?.city ?? address?.postalCode ?? '';
    const towns = text === '' ? [] : await this.towns.find({ text, count: 20 });
    const [town] = [towns.find(({ postcodes }) => postcodes.includes(address?.postalCode ?? '')) ?? towns[0]].flat();
    return town === undefined || town.latitude === null || town.longitude === null ? undefined : (town as Position);
  }
}

/** A town that no list has, where somebody who is on line works. */
function townOfPlaces(pages: readonly PractitionerPage[], text: string): Town | undefined {
  const wanted = normalise(text);
  if (wanted === '') return undefined;
  const place = pages
    .flatMap(({ places }) => places)
    .find(({ address }) => normalise(address?.city ?? '') === wanted || address?.postalCode === text);
  const position = place && positionOf(place);
  if (position === undefined) return undefined;
  return { code: '', name: place?.address?.city ?? text, postcodes: [], population: 0, ...position };
}

/** The kinds that fit the query as one; `undefined`: none does. */
function offeredTo(page: PractitionerPage, query: PublicSearchQuery, visitor: Visitor): OfferedKind | undefined {
  const wanted = normalise(query.what);
  const isNamed = wanted === '' || isAbout(page, wanted);
  const kinds = kindsOf(page, visitor)
    .filter(({ name }) => isNamed || hasWords(normalise(name), wanted))
    .map((kind) => ({ ...kind, offers: kind.offers.filter(({ kind: rules }) => isAsAsked(rules, query)) }))
    .filter(({ offers }) => offers.length > 0);
  return kinds.length === 0 ? undefined : wholeOffer(kinds);
}

function isAsAsked({ modes, takesNew }: OfferedKind['offers'][number]['kind'], query: PublicSearchQuery): boolean {
  const isOfMode = query.mode === undefined || (modes.length === 0 ? query.mode === 'AMB' : modes.includes(query.mode));
  return isOfMode && (!query.takesNew || takesNew);
}

/** By name, profession or specialty. */
function isAbout({ name, roles, practice }: PractitionerPage, wanted: string): boolean {
  const concepts = roles.flatMap(({ specialty, code }) => [...list(specialty), ...list(code)]).map(conceptText);
  return [name, practice.name, ...concepts].some((text) => hasWords(normalise(text), wanted));
}

/** Each word that is asked for begins a word of the text. */
function hasWords(text: string, wanted: string): boolean {
  const words = text.split(/[^a-z0-9]+/);
  return wanted
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
    .every((word) => words.some((known) => known.startsWith(word)));
}

function fits({ profile, places }: PractitionerPage, { language, accesses, isSector1 }: PublicSearchQuery): boolean {
  return (
    (language === undefined || (profile.languages ?? []).includes(language)) &&
    (!isSector1 || profile.sector === '1') &&
    (accesses.length === 0 || places.some((place) => accesses.every((code) => accessesOf(place).includes(code))))
  );
}

function isInTime(first: PublicTime | undefined, { before }: PublicSearchQuery): first is PublicTime {
  if (first === undefined) return false;
  const day = before === undefined ? undefined : civilStart(before);
  return day === undefined || first.start < toInstant(first.loaded.agenda.zone, day + DAY).instant;
}

interface Ranked {
  page: PractitionerPage;
  distance: number | undefined;
  first: PublicTime;
}

function orderOf({ order }: PublicSearchQuery, now: number): (a: Ranked, b: Ranked) => number {
  const day = Math.floor(now / DAY);
  const lots = new Map<string, string>();
  const lotOf = ({ page }: Ranked): string => {
    const { practice, practitioner } = page.publication;
    const key = `${practice} ${practitioner}`;
    const lot = lots.get(key) ?? createHash('sha256').update(`${day} ${key}`).digest('hex');
    lots.set(key, lot);
    return lot;
  };
  const byTime = (a: Ranked, b: Ranked): number => a.first.start - b.first.start;
  // Within a hundred metres nobody is nearer.
  const byDistance = (a: Ranked, b: Ranked): number =>
    Math.round((a.distance ?? 0) * 10) - Math.round((b.distance ?? 0) * 10);
  const [main, second] = order === 'distance' ? [byDistance, byTime] : [byTime, () => 0];
  return (a, b) => main(a, b) || second(a, b) || (lotOf(a) < lotOf(b) ? -1 : 1);
}

function positionOf({ position }: Location): Position | undefined {
  if (position === undefined) return undefined;
  const [latitude, longitude] = [numberOf(position.latitude), numberOf(position.longitude)];
  return Number.isFinite(latitude) && Number.isFinite(longitude) ? { latitude, longitude } : undefined;
}
