/**
 * People, as opposed to programs. The identity provider says once who somebody is. The rights of that person are looked
 * up at every request, so that a withdrawn right ends at once. The people file gives them:
 *
 *     {"people": [{"name": "Dr Camille Vasseur", "subject": "899700218896",
 *                  "roles": ["practitioner"], "practitioner": "Practitioner/vasseur"},
 *                 {"name": "Secrétariat", "email": "accueil@cabinet.example",
 *                  "roles": ["secretary"], "places": ["Location/cabinet"], "agendas": ["Schedule/salle-2"]}]}
 *
 * `subject` is the one of the provider (Pro Santé Connect: `SubjectNameID`; a provider without it: `sub`), and `issuer`
 * its address, where people come from several. An entry without a subject is found by the e-mail.
 */
import type { Identity, Person, PersonRole } from '../../fhir/interaction.ts';

export type { Identity } from '../../fhir/interaction.ts';

const PERSON_ROLES: readonly PersonRole[] = ['practitioner', 'secretary', 'regulator', 'operator', 'practice-manager'];

export interface PersonEntry extends Omit<Person, 'regulator'> {
  issuer?: string | undefined;
  subject?: string | undefined;
  email?: string | undefined;
}

/** Throws an error that names the wrong entry: a misspelt role would silently open nothing. */
export function readPeople(file: Buffer): PersonEntry[] {
  const { people } = JSON.parse(file.toString('utf8')) as { people?: unknown };
  if (!Array.isArray(people)) throw new Error('"people" is missing');
  return people.map(readEntry);
}

function readEntry(json: Record<string, unknown>): PersonEntry {
  const wrong = (reason: string): Error => new Error(`${reason}: ${JSON.stringify(json).slice(0, 120)}`);
  const text = (key: string, form = /\S/): string | undefined => {
    const value = json?.[key];
    if (value === undefined || (typeof value === 'string' && form.test(value))) return value;
    throw wrong(`"${key}" is not as expected`);
  };
  const list = (key: string, form: RegExp): string[] => {
    const value = json?.[key] ?? [];
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'string' && form.test(item)))
      throw wrong(`"${key}" is not a list as expected`);
    return value;
  };
  const entry = {
    name: text('name') ?? '',
    issuer: text('issuer', /^https?:\/\//),
    subject: text('subject'),
    email: text('email', /@/),
    roles: list('roles', /^\S+$/) as PersonRole[],
    practitioner: text('practitioner', /^Practitioner\/[A-Za-z0-9\-.]+$/),
    agendas: list('agendas', /^Schedule\/[A-Za-z0-9\-.]+$/),
    places: list('places', /^Location\/[A-Za-z0-9\-.]+$/),
    practices: list('practices', /^Organization\/[A-Za-z0-9\-.]+$/),
  };
  const unknown = entry.roles.find((role) => !PERSON_ROLES.includes(role));
  if (unknown !== undefined) throw wrong(`there is no role "${unknown}"; there are ${PERSON_ROLES.join(', ')}`);
  if (entry.name === '') throw wrong('a person has no name');
  if (entry.subject === undefined && entry.email === undefined) throw wrong('a person has neither subject nor email');
  if (entry.roles.includes('practitioner') && entry.practitioner === undefined)
    throw wrong('a practitioner without "practitioner"');
  if (entry.roles.includes('practice-manager') && entry.practices.length === 0)
    throw wrong('a practice-manager without "practices"');
  return entry;
}

/**
 * The entries of the file for this identity: by its subject at its issuer, or by e-mail when the entry has no subject.
 * A provider that has names of its own for professionals is asked by these alone: its `sub` may look like one of them.
 */
export function entriesOf(people: readonly PersonEntry[], identity: Identity): PersonEntry[] {
  const mail = identity.email?.trim().toLowerCase();
  const subject = identity.subjectNameId ?? identity.subject;
  return people.filter(
    (person) =>
      (person.issuer === undefined || person.issuer === identity.issuer) &&
      (person.subject === undefined
        ? mail !== undefined && person.email?.trim().toLowerCase() === mail
        : person.subject === subject),
  );
}

/** Adds up the rights of several entries; `undefined` when there are none. */
export function personOf(name: string, parts: readonly Omit<Person, 'name'>[]): Person | undefined {
  if (parts.every((part) => part.roles.length === 0)) return undefined;
  const practices = [...new Set(parts.flatMap((part) => part.practices ?? []))];
  const secretaries = parts.filter((part) => part.roles.includes('secretary'));
  // Rights add up: one entry without the limit is enough.
  const isLimited = (limit: 'withoutHours' | 'withoutOffer'): boolean =>
    secretaries.length > 0 && secretaries.every((part) => part[limit] === true);
  return {
    name,
    roles: PERSON_ROLES.filter((role) => parts.some((part) => part.roles.includes(role))),
    practitioner: parts.find((part) => part.practitioner !== undefined)?.practitioner,
    agendas: [...new Set(parts.flatMap((part) => part.agendas))],
    places: [...new Set(parts.flatMap((part) => part.places))],
    practices: practices.length === 0 ? undefined : practices,
    withoutHours: isLimited('withoutHours') ? true : undefined,
    withoutOffer: isLimited('withoutOffer') ? true : undefined,
    regulator: parts.find((part) => part.regulator !== undefined)?.regulator,
  };
}
