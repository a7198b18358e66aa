/**
 * The clock of each time of a calendar. The VTIMEZONE of the file comes first; if it agrees with a zone of the IANA
 * database, that zone is meant. Else the name decides: IANA, Windows, a city, an offset.
 */
import { DAY } from '../../../scheduling/zone.ts';
import { importIssue, type ImportIssue } from '../in/import-issue.ts';
import { type Component, textOf } from '../text/read-calendar.ts';
import { agree, type Clock, fixedClock, zoneClock } from './clock.ts';
import { type Definition, definitionOf } from './definition.ts';
import { bareName, keepsOffset, offsetNamed, zoneOfCities, zonesNamed } from './zone-name.ts';

const YEAR = 366 * DAY;
/** For all definitions of a calendar: no file needs as many zones. */
const MAX_STEPS = 200_000;
/** Definitions of one name that are compared; more of them are taken to differ. */
const MAX_DEFINITIONS = 8;
/** Names of zones in one calendar; there are some 450 zones. */
const MAX_NAMES = 1000;
/** A definition whose last change is longer ago than that says nothing of today. */
const HALF_YEAR = 183 * DAY;

export class Clocks {
  /** The clock of times without a zone. */
  readonly floating: Clock;
  /** The agenda's own clock: that of whole days. */
  readonly own: Clock;
  readonly issues: ImportIssue[] = [];
  private readonly zone: string;
  private readonly definitions: readonly Component[];
  private readonly now: number;
  private readonly budget = { left: MAX_STEPS };
  private readonly known = new Map<string, Clock | undefined>();
  private readonly doubtful = new Set<string>();

  constructor(calendar: Component, zone: string, now: number) {
    const shown = textOf(calendar, 'x-wr-timezone')?.trim();
    this.zone = zone;
    this.own = zoneClock(zone);
    this.definitions = calendar.components.filter(({ name }) => name === 'vtimezone');
    this.now = now;
    this.floating = (shown === undefined || shown === '' ? undefined : this.named(shown)) ?? this.own;
  }

  /** `undefined` for a name that nothing explains. */
  named(tzid: string): Clock | undefined {
    if (!this.known.has(tzid) && this.known.size < MAX_NAMES) this.known.set(tzid, this.find(tzid));
    return this.known.get(tzid);
  }

  /** Its definition lacks something, or another one contradicts it. */
  isDoubtful(tzid: string): boolean {
    return this.named(tzid) !== undefined && this.doubtful.has(tzid);
  }

  private find(tzid: string): Clock | undefined {
    const timezones = this.definitions.filter((definition) => bareName(textOf(definition, 'tzid')) === bareName(tzid));
    const locations = timezones.flatMap((timezone) => textOf(timezone, 'x-lic-location') ?? []);
    const [zone] = [tzid, ...locations].flatMap(zonesNamed);
    const named = zone === undefined ? undefined : zoneClock(zone);
    for (const [index, timezone] of timezones.entries()) {
      const definition = this.read(timezone);
      if (definition === undefined) continue;
      if (this.isContradicted(definition, timezones.slice(index + 1))) this.doubtful.add(tzid);
      return this.defined(tzid, timezone, definition, named);
    }
    if (named !== undefined) return named;
    const city = zoneOfCities(tzid);
    if (city !== undefined) return zoneClock(city);
    const offset = offsetNamed(tzid);
    if (offset === undefined) return undefined;
    // Outlook shows a zone by its offset in winter, and places in the language of the user.
    const isShownZone = /\)\s*\p{L}/u.test(tzid) && keepsOffset(this.zone, offset);
    return isShownZone ? this.own : fixedClock(offset);
  }

  private read(timezone: Component): Definition | undefined {
    return definitionOf(timezone, this.now + 40 * YEAR, this.budget);
  }

  private isContradicted(definition: Definition, others: readonly Component[]): boolean {
    const [from, to] = [this.now - YEAR, this.now + 3 * YEAR];
    const around = definition.changes.filter((change) => change > from && change < to);
    if (others.length > MAX_DEFINITIONS) return true;
    return others.some((timezone) => {
      const other = this.read(timezone);
      return other === undefined || !agree(definition, other, from, to, around);
    });
  }

  private defined(tzid: string, timezone: Component, definition: Definition, named: Clock | undefined): Clock {
    const from = Math.max(this.now - YEAR, definition.changes[0]!);
    const to = Math.min(this.now + 3 * YEAR, definition.end + HALF_YEAR);
    const around = definition.changes.filter((change) => change > from && change < to);
    const isLike = (clock: Clock): boolean => from < to && agree(definition, clock, from, to, around);
    if (isLike(this.own)) return this.own;
    if (named === undefined && definition.isIncomplete) this.doubtful.add(tzid);
    if (named === undefined) return definition;
    if (isLike(named) || from >= to || definition.isIncomplete) return named;
    this.issues.push(
      importIssue(
        timezone.line,
        `VTIMEZONE "${tzid.slice(0, 60)}" differs from the zone of that name: its own rules count`,
        `VTIMEZONE « ${tzid.slice(0, 60)} » diffère du fuseau de ce nom : ses propres règles comptent`,
        'information',
      ),
    );
    return definition;
  }
}
