/**
 * People, as opposed to programs: who somebody is (said once, by the identity provider) and what that person may do
 * (asked anew at every
 * request, so that a right withdrawn is withdrawn at once). The people file gives rights:
 *
 *     {"people": [{"name": "Dr Camille Vasseur", "subject": "899700218896", "roles": ["practitioner"], "practitioner":
 * "Practitioner/vasseur"},
 *                 {"name": "Secrétariat", "email": "accueil@cabinet.example", "roles": ["secretary"], "places":
 * ["Location/cabinet"], "agendas": ["Schedule/salle-2"]}]}
 *
 * `subject` is the provider's (Pro Santé Connect: `SubjectNameID`, or `sub`); without it the e-mail counts.
 */
import type { Person, PersonRole } from '../../fhir/interaction.ts';

const PERSON_ROLES: readonly PersonRole[] = ['practitioner', 'secretary', 'regulator', 'operator'];
/** Who logged in, as the provider said it. */
export interface Identity {
  name: string;
  /** Who says so: the provider's address, or `demo`. */
  issuer: string;
  subject: string;
  /** National identifier of the professional, as Pro Santé Connect gives it. */
  subjectNameId?: string;
  email?: string;
  /** Came from the SAS (`origin=sas...`): regulator accounts count then only. */
  fromSas: boolean;
}

export interface PersonEntry extends Omit<Person, 'regulator'> {
  subject?: string | undefined;
  email?: string | undefined;
}

/** Throws with the entry that is wrong: a misspelt role would silently open nothing. */
export function readPeople(file: Buffer): PersonEntry[] {
  const { people } = JSON.parse(file.toString('utf8')) as { people?: unknown };
  if (!Array.isArray(people)) throw new Error('"people" is missing');
  return people.map(readEntry);
}

function readEntry(one: Record<string, unknown>): PersonEntry {
  const wrong = (what: string): Error => new Error(`${what}: ${JSON.stringify(one).slice(0, 120)}`);
  const text = (key: string, form = /\S/): string | undefined => {
    const value = one?.[key];
    if (value === undefined || (typeof value === 'string' && form.test(value))) return value;
    throw wrong(`"${key}" is not as expected`);
  };
  const list = (key: string, form: RegExp): string[] => {
    const value = one?.[key] ?? [];
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'string' && form.test(item)))
      throw wrong(`"${key}" is not a list as expected`);
    return value;
  };
  const entry = {
    name: text('name') ?? '',
    subject: text('subject'),
    email: text('email', /@/),
    roles: list('roles', /^\S+$/) as PersonRole[],
    practitioner: text('practitioner', /^Practitioner\/[A-Za-z0-9\-.]+$/),
    agendas: list('agendas', /^Schedule\/[A-Za-z0-9\-.]+$/),
    places: list('places', /^Location\/[A-Za-z0-9\-.]+$/),
  };
  const unknown = entry.roles.find((role) => !PERSON_ROLES.includes(role));
  if (unknown !== undefined) throw wrong(`there is no role "${unknown}"; there are ${PERSON_ROLES.join(', ')}`);
  if (entry.name === '') throw wrong('a person has no name');
  if (entry.subject === undefined && entry.email === undefined) throw wrong('a person has neither subject nor email');
  if (entry.roles.includes('practitioner') && entry.practitioner === undefined)
    throw wrong('a practitioner without "practitioner"');
  return entry;
}

/** Everything that the file gives to this identity: by subject, or by e-mail when the entry has no subject. */
export function entriesOf(people: readonly PersonEntry[], { subject, subjectNameId, email }: Identity): PersonEntry[] {
  const mail = email?.trim().toLowerCase();
  return people.filter((person) =>
    person.subject === undefined
      ? mail !== undefined && person.email?.trim().toLowerCase() === mail
      : person.subject === subjectNameId || person.subject === subject,
  );
}

/** Rights add up. `undefined` when there are none. */
export function personOf(name: string, parts: readonly Omit<Person, 'name'>[]): Person | undefined {
  if (parts.every((part) => part.roles.length === 0)) return undefined;
  return {
    name,
    roles: PERSON_ROLES.filter((role) => parts.some((part) => part.roles.includes(role))),
    practitioner: parts.find((part) => part.practitioner !== undefined)?.practitioner,
    agendas: [...new Set(parts.flatMap((part) => part.agendas))],
    places: [...new Set(parts.flatMap((part) => part.places))],
    regulator: parts.find((part) => part.regulator !== undefined)?.regulator,
  };
}
