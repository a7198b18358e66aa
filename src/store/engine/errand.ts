/** The search on whose behalf a statement runs: where it goes, and whether anybody still waits for the answer. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { callerLeft } from '../../fhir/refusals.ts';

export interface Errand<Place> {
  hasLeft: () => boolean;
  /** `undefined`: the database itself. */
  place: Place | undefined;
}

export class Errands<Place> {
  private readonly storage = new AsyncLocalStorage<Errand<Place>>();

  async run<T>(errand: Errand<Place>, work: () => Promise<T>): Promise<T> {
    try {
      return await this.storage.run(errand, work);
    } finally {
      // The search is over: statements that come later belong to something else.
      errand.place = undefined;
      errand.hasLeft = () => false;
    }
  }

  /** Throws when the caller of this search has left. */
  current(): Errand<Place> | undefined {
    const errand = this.storage.getStore();
    if (errand?.hasLeft()) throw callerLeft();
    return errand;
  }
}
