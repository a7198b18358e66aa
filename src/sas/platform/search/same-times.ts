/**
 * Which times are there already, of many places: found by numbers, since texts made of all that tells two slots apart
 * would cost more than the slots.
 */
export interface Time {
  /** Epoch ms. */
  start: number;
  end: number;
  /** Consultation modes. */
  modes: string;
}

export class SameTimes<T extends Time> {
  private readonly places = new Map<string, Map<number, T[]>>();

  /** Those of a place with this start, end and modes. */
  find(place: string, { start, end, modes }: Time): T[] {
    const there = this.places.get(place)?.get(start);
    return there === undefined ? [] : there.filter((one) => one.end === end && one.modes === modes);
  }

  add(place: string, time: T): void {
    const times = this.places.get(place) ?? new Map<number, T[]>();
    this.places.set(place, times);
    const there = times.get(time.start);
    if (there === undefined) times.set(time.start, [time]);
    else there.push(time);
  }
}
