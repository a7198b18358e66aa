/**
 * The tickets of an agenda server: invitations to a practice, and the code that opens the set-up of an installation
 * that belongs to nobody yet. The code has 128 bits, lasts an hour and is used once; it is shown on the console of the
 * server and stored as a hash.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { FhirError } from '../../fhir/issue.ts';
import type { PersonRole } from '../../fhir/interaction.ts';
import type { Joining, Ticket } from '../../rest/access/join.ts';
import type { Identity } from '../../rest/access/person.ts';
import type { PeopleStore } from '../../store/records/people.ts';
import type { ResourceReader } from '../../store/resources/resource-reader.ts';

const SET_UP_MS = 3_600_000;

export interface JoiningParts {
  people: PeopleStore;
  reader: ResourceReader;
  /** Does the people file, or the demonstration, know anybody? */
  isAnybodyListed: () => boolean;
  now: () => number;
}

/** As the console shows it: `3f9a-...`, eight groups. */
export async function openSetUp(people: PeopleStore, now: number): Promise<string> {
  const code = randomBytes(16).toString('hex');
  await people.openSetUp(code, now + SET_UP_MS);
  return code.replace(/(.{4})(?=.)/g, '$1-');
}

export class Tickets implements Joining {
  private readonly parts: JoiningParts;
  /** An installation that belongs to somebody never belongs to nobody again. */
  private isOwned = false;

  constructor(parts: JoiningParts) {
    this.parts = parts;
  }

  async look(ticket: string): Promise<Ticket> {
    const { people, now } = this.parts;
    const code = codeIn(ticket);
    if (code !== undefined) {
      const state = await people.lookSetUp(code, now());
      if (state === undefined) throw unknown('This code is unknown', "Ce code n'est pas le bon.");
      if (state !== 'open' || (await people.isAnybodyKnown())) throw over('code', state === 'expired');
      return { kind: 'set-up', roles: ['practice-manager'] };
    }
    const found = await people.look(ticket, now());
    if (found === undefined) throw unknown('This invitation is unknown', 'Cette invitation est inconnue.');
    if (typeof found === 'string') throw over('invitation', found === 'expired');
    return { kind: 'invitation', name: found.name, roles: found.roles as PersonRole[] };
  }

  async take(ticket: string, identity: Identity, name: string): Promise<void> {
    const { people, now } = this.parts;
    const code = codeIn(ticket);
    if (code !== undefined) {
      const practice = `Organization/${randomUUID()}`;
      if (!(await people.setUp(code, identity, { practice, name, rights: [] }, now()))) throw over('code', false);
      this.isOwned = true;
      return;
    }
    const outcome = await people.accept(ticket, identity, now());
    if (outcome === 'over') throw over('invitation', false);
    if (outcome === 'known')
      throw new FhirError('conflict', 'This login is somebody of this practice already', {
        text: 'Vous avez déjà un accès à ce cabinet avec cette identité.',
      });
  }

  async isSetUpNeeded(): Promise<boolean> {
    if (this.isOwned || this.parts.isAnybodyListed()) return false;
    const { people, reader } = this.parts;
    this.isOwned = (await people.isAnybodyKnown()) || (await reader.search('Schedule', [], { count: 0 })).total !== 0;
    return !this.isOwned;
  }
}

/** A code, however it was typed. */
function codeIn(ticket: string): string | undefined {
  const text = ticket.replaceAll(/[\s-]/g, '').toLowerCase();
  return /^[0-9a-f]{32}$/.test(text) ? text : undefined;
}

function unknown(diagnostics: string, text: string): FhirError {
  return new FhirError('not-found', diagnostics, { expression: 'ticket', text });
}

function over(what: 'code' | 'invitation', isExpired: boolean): FhirError {
  const text = OVER[what][isExpired ? 'expired' : 'used'];
  return new FhirError('deleted', `This ${what} has been used, or has ended`, { expression: 'ticket', text });
}

const OVER = {
  code: {
    used: 'Ce code a déjà été utilisé.',
    expired: "Ce code n'est plus valable : demandez-en un autre.",
  },
  invitation: {
    used: 'Cette invitation a déjà été utilisée.',
    expired: "Cette invitation n'est plus valable : demandez-en une autre.",
  },
};
