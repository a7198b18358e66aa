/**
 * Which resources a caller may read. Programs read what their roles open; people read the appointments of their own
 * agendas and the patients who come to them, and whatever the table of `store/resources/read-rights.ts` opens.
 */
import type { Context } from '../../fhir/interaction.ts';
import { FhirError, notFound } from '../../fhir/issue.ts';
import type { Letters } from '../../fhir/grants.ts';
import type { PersonScope, ReadScope } from '../../fhir/search/request.ts';
import { personReads } from '../../store/resources/read-rights.ts';
import type { ResourceReader } from '../../store/resources/resource-reader.ts';
import type { RuleServices } from './services.ts';

/** Roles of people, whose rights depend on the agendas that they manage. */
export const PEOPLE = ['practitioner', 'secretary', 'regulator', 'practice-manager'] as const;

/** Roles that read every resource that the server stores; a role that is not here reads as a person without agendas. */
const READS_ALL: ReadonlySet<string> = new Set(['manager', 'reader', '*']);
/** Roles that write every resource; a role that is not here writes what `person-rules.ts` opens to it. */
const WRITES_ALL: ReadonlySet<string> = new Set(['manager', '*']);

function readsAll({ roles }: Pick<Context, 'roles'>): boolean {
  return roles.some((role) => READS_ALL.has(role));
}

export function writesAll({ roles }: Pick<Context, 'roles'>): boolean {
  return roles.some((role) => WRITES_ALL.has(role));
}

/** The agendas that a person manages: a practitioner's own, a secretary's by place and list, all of a practice. */
export async function ownOf({ reader, agendas }: RuleServices, { roles, person }: Context): Promise<PersonScope> {
  const practitioner = roles.includes('practitioner') ? [person?.practitioner ?? []].flat() : [];
  const places = roles.includes('secretary') ? (person?.places ?? []) : [];
  const playedByMe =
    practitioner.length === 0 ? [] : await reader.referringTo('PractitionerRole', 'practitioner', practitioner);
  const playedThere = places.length === 0 ? [] : await reader.referringTo('PractitionerRole', 'location', places);
  const ofPractice = await actorsOf(reader, practicesOf({ roles, person }));
  const actors = [...new Set([...practitioner, ...playedByMe, ...places, ...playedThere, ...ofPractice])];
  const rows = actors.length === 0 ? [] : await agendas.stored.ofActors(actors);
  const listed = (person?.agendas ?? []).map((agenda) => agenda.slice('Schedule/'.length));
  const own = { agendas: [...new Set([...rows.map((row) => row.schedule), ...listed])], actors };
  const practice = [...(await practiceOf(reader, own, listed)), ...practicesOf({ roles, person })];
  return { ...own, practice: [...new Set(practice)] };
}

/**
 * The agendas and actors of a person, and those whom they work with: the place, the structure and the professional of
 * each role. Rooms and devices of an agenda do not count: its owner may add any.
 */
async function practiceOf(
  reader: ResourceReader,
  { agendas, actors }: Omit<PersonScope, 'practice'>,
  listed: readonly string[],
): Promise<string[]> {
  const besides = listed.length === 0 ? [] : await reader.referencesOf('Schedule', 'actor', listed);
  const professionals = besides.filter((actor) => /^Practitioner(Role)?\//.test(actor));
  const all = [...actors, ...professionals];
  const roles = all.filter((actor) => actor.startsWith('PractitionerRole/')).map((role) => role.split('/')[1]!);
  const around = await Promise.all(
    roles.length === 0
      ? []
      : ['practitioner', 'location', 'organization'].map((column) =>
          reader.referencesOf('PractitionerRole', column, roles),
        ),
  );
  return [...new Set([...all, ...around.flat(), ...agendas.map((agenda) => `Schedule/${agenda}`)])];
}

/** The practice to which a patient belongs whom this caller creates; of a program: none. */
export function ownPractice({ roles, person }: Context): string[] {
  if (person === undefined) return [];
  const { practitioner, places, agendas } = person;
  return [
    ...(roles.includes('practitioner') ? [practitioner ?? []].flat() : []),
    ...(roles.includes('secretary') ? places : []),
    ...practicesOf({ roles, person }),
    ...agendas,
  ];
}

/** The practices (`Organization/x`) that a caller runs. */
export function practicesOf({ roles, person }: Pick<Context, 'roles' | 'person'>): readonly string[] {
  return roles.includes('practice-manager') ? (person?.practices ?? []) : [];
}

/** The roles, places, services and devices of practices: whatever may own an agenda. */
async function actorsOf(reader: ResourceReader, practices: readonly string[]): Promise<string[]> {
  if (practices.length === 0) return [];
  const types = ['PractitionerRole', 'Location', 'HealthcareService', 'Device'];
  return (await Promise.all(types.map((type) => reader.referringTo(type, 'organization', practices)))).flat();
}

/**
 * `undefined`: the caller reads everything. `letters`: the rights by a scope that let a program see a resource here; a
 * search by default.
 */
export async function readScopeOf(
  services: RuleServices,
  context: Context,
  letters: Letters = 's',
): Promise<ReadScope | undefined> {
  const { grants } = context;
  const person = readsAll(context) ? undefined : await ownOf(services, context);
  if (person === undefined && grants === undefined) return undefined;
  return {
    ...(person === undefined ? {} : { person }),
    ...(grants === undefined ? {} : { limitOf: (type: string) => grants.limitOf(type, letters) }),
  };
}

/** The references (`Type/id`) among these that the caller may not read, or see by other rights of a scope. */
export async function hiddenFrom(
  services: RuleServices,
  context: Context,
  references: readonly string[],
  letters: Letters = 'r',
): Promise<ReadonlySet<string>> {
  const isAnyGuarded =
    context.grants !== undefined || references.some((reference) => personReads(typeIn(reference)) !== 'all');
  const scope = isAnyGuarded ? await readScopeOf(services, context, letters) : undefined;
  return scope === undefined ? new Set() : services.reader.hidden(scope, references);
}

/** Types of which nobody learns that a hidden one exists: it is answered as if it were missing. ADR 0031 */
const CONCEALED: ReadonlySet<string> = new Set(['Binary', 'DocumentReference']);

/** True of `Type/id` whose existence is hidden with it. */
export function isConcealed(reference: string): boolean {
  return CONCEALED.has(typeIn(reference));
}

/** Throws `forbidden` (403), or `not-found` (404) where even that would say too much. */
export async function requireSeen(services: RuleServices, context: Context, ...references: string[]): Promise<void> {
  const [hidden] = await hiddenFrom(services, context, references);
  if (hidden !== undefined) throw refusedRead(hidden);
}

export function refusedRead(hidden: string): FhirError {
  const type = typeIn(hidden);
  if (isConcealed(hidden)) return notFound(type, hidden.slice(type.length + 1));
  return new FhirError('forbidden', `This ${type} belongs to agendas of somebody else`, {
    expression: type,
    text: HIDDEN.get(type) ?? 'Votre rôle ne permet pas de lire cela.',
  });
}

/** People read the history of one resource at a time, unless the whole type is open to them. Throws `forbidden`. */
export function requireHistory(context: Context, type: string | undefined): void {
  if (readsAll(context) || (type !== undefined && personReads(type) === 'all')) return;
  throw new FhirError('forbidden', 'People read the history of one resource at a time', {
    text: "Votre rôle ne donne que l'historique d'une ressource à la fois.",
  });
}

function typeIn(reference: string): string {
  return reference.split('/')[0]!;
}

const HIDDEN: ReadonlyMap<string, string> = new Map([
  ['Appointment', "Ce rendez-vous n'est pas sur l'un de vos agendas."],
  ['AppointmentResponse', "Cette réponse porte sur un rendez-vous d'un autre agenda."],
  ['Patient', "Ce patient n'est connu que d'autres agendas que les vôtres."],
  ['RelatedPerson', "Ce patient n'est connu que d'autres agendas que les vôtres."],
]);
