/**
 * The rights of people who log in: their entries in the people file and their account, read anew at every request. In
 * the demonstration, fictional people stand beside them.
 */
import type { Person } from '../../fhir/interaction.ts';
import type { DemoPerson } from './demo-login.ts';
import { entriesOf, type Identity, type PersonEntry, personOf } from './person.ts';

export interface PeopleSources {
  /** The people file as it is now. */
  entries(): readonly PersonEntry[];
  /** The rights that an account gives beside the entries of the file: those of a regulator. */
  accounts(identity: Identity): Promise<Omit<Person, 'name'> | undefined>;
}

/** A fictional person with his or her rights. */
export interface DemoEntry {
  person: DemoPerson;
  /** Absent for a regulator: the account says. */
  rights?: PersonEntry;
}

const DEMO_ISSUER = 'demo';

export class People {
  private readonly sources: PeopleSources;
  private readonly demo: DemoEntry[] = [];

  constructor(sources: PeopleSources) {
    this.sources = sources;
  }

  /** The rights of this identity now; `undefined`: none. The people file gives none to a fictional identity. */
  async resolve(identity: Identity): Promise<Person | undefined> {
    const listed =
      identity.issuer === DEMO_ISSUER ? this.demo.flatMap(({ rights }) => rights ?? []) : this.sources.entries();
    const entries = entriesOf(listed, identity);
    const account = await this.sources.accounts(identity);
    return personOf(entries[0]?.name ?? identity.name, [...entries, ...(account === undefined ? [] : [account])]);
  }

  /** Puts fictional people into the chooser. */
  introduce(entries: readonly DemoEntry[]): void {
    this.demo.push(...entries);
  }

  demoPeople(): readonly DemoPerson[] {
    return this.demo.map((entry) => entry.person);
  }
}

/** A fictional identity. */
export function demoIdentity(id: string, name: string, more: Partial<Identity> = {}): Identity {
  return { issuer: DEMO_ISSUER, subject: `${DEMO_ISSUER}:${id}`, name, fromSas: false, ...more };
}
