/** Which occurrence of its series a component stands for, whatever way a calendar names it. */
import { readRecurrenceId } from '../in/recurrence-id.ts';
import { type Component, textOf } from '../text/read-calendar.ts';
import { Clocks } from '../zones/clocks.ts';

/** Where and when a calendar is read. */
export interface ReadingPlace {
  /** Of the agenda. */
  zone: string;
  now: number;
}

export class OccurrenceNames {
  private readonly clocks = new Map<Component, Clocks>();
  private readonly place: ReadingPlace;

  constructor(place: ReadingPlace) {
    this.place = place;
  }

  /** Components are read on the clocks of their calendar. */
  add(calendar: Component): void {
    const clocks = new Clocks(calendar, this.place.zone, this.place.now);
    for (const part of calendar.components) this.clocks.set(part, clocks);
  }

  /** `undefined` for the series itself. */
  of(part: Component): string | undefined {
    const id = readRecurrenceId(part, this.clocks.get(part)!, []);
    if (id === undefined) return undefined;
    return id === 'unreadable' ? textOf(part, 'recurrence-id') : `${id.isThisAndFuture ? 'from ' : ''}${id.instant}`;
  }
}
