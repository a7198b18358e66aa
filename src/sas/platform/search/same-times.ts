/**
 * Finds times that are already known at a place. It compares numbers: one text made of everything that tells two slots
 * apart would cost more than the slots themselves.
 */
export interface SlotTime {
  /** Epoch ms. */
  start: number;
  end: number;
  /** Consultation modes. */
  modes: string;
}

/** Slots of one place that start together; each new one is compared with all of them. */
const MAX_TOGETHER = 100;

export class SameTimes<T extends SlotTime> {
  private readonly places = new Map<string, Map<number, T[]>>();

  /** The times of a place with this start, end and modes. */
  find(place: string, { start, end, modes }: SlotTime): T[] {
    const starting = this.places.get(place)?.get(start) ?? [];
    return starting.filter((time) => time.end === end && time.modes === modes);
  }

  /** More slots that start then are not believed. */
  isFull(place: string, start: number): boolean {
    return (this.places.get(place)?.get(start)?.length ?? 0) >= MAX_TOGETHER;
  }

  add(place: string, time: T): void {
    const times = this.places.get(place) ?? new Map<number, T[]>();
    this.places.set(place, times);
    const starting = times.get(time.start);
    if (starting === undefined) times.set(time.start, [time]);
    else starting.push(time);
  }
}
