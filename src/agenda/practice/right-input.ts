/** The rights that an invitation gives, as `$invite` takes them: each is about something of the same practice. */
import type { Context } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import type { Parameter } from '../../fhir/foundation.ts';
import type { Json, Resource } from '../../fhir/resource.ts';
import { isType, list } from '../../fhir/resources.ts';
import { localTarget } from '../../fhir/local-reference.ts';
import type { StoredRight } from '../../store/records/people.ts';
import { ownOf } from '../rules/read-scope.ts';
import type { RuleServices } from '../rules/services.ts';

/** The types that a right of each role is about. */
const TARGETS: Readonly<Record<StoredRight['role'], readonly string[]>> = {
  'practice-manager': ['Organization'],
  practitioner: ['Practitioner'],
  secretary: ['Location', 'Schedule'],
};

/** A right may open these besides. */
const POWERS: readonly string[] = ['hours'];

const MAX_RIGHTS = 50;

/** Throws 400 for a right that says nothing, `forbidden` (403) for one about another practice. */
export async function readRights(
  services: RuleServices,
  context: Context,
  practice: string,
  resource: Resource | undefined,
): Promise<StoredRight[]> {
  const all = resource !== undefined && isType(resource, 'Parameters') ? list(resource.parameter) : [];
  const given = all.filter(({ name }) => name === 'right');
  if (given.length === 0 || given.length > MAX_RIGHTS)
    throw wrongRight(`right is missing, or there are more than ${MAX_RIGHTS}`, 'Donnez au moins un droit.');
  const rights = given.map((parameter) => readRight(parameter, context.base));
  const ours = await oursOf(services, context, practice);
  const foreign = rights.find(({ target }) => !ours.has(target));
  if (foreign !== undefined)
    throw new FhirError('forbidden', `${foreign.target} is not of this practice`, {
      expression: 'right.target',
      text: "Ce droit porte sur ce qui n'est pas à ce cabinet.",
    });
  return rights;
}

function readRight(parameter: Parameter, base: string): StoredRight {
  const parts = list(parameter.part);
  const valuesOf = (name: string): Json[] => parts.filter((part) => part.name === name).map(valueIn);
  const role = String(valuesOf('role')[0]) as StoredRight['role'];
  const [asked] = valuesOf('target');
  const target = localTarget(typeof asked === 'string' ? { reference: asked } : asked, base) ?? '';
  const powers = valuesOf('power').map(String);
  if (!TARGETS[role]?.includes(target.split('/')[0]!))
    throw wrongRight(`A right has a role (${Object.keys(TARGETS).join(', ')}) and its target`, 'Droit incomplet.');
  if (powers.some((power) => !POWERS.includes(power)))
    throw wrongRight(`The powers of a right are ${POWERS.join(', ')}`, 'Droit inconnu.');
  return { role, target, powers, ...periodOf(valuesOf('from')[0], valuesOf('until')[0]) };
}

/** A right for a time: it begins and ends by itself. */
function periodOf(from: Json, until: Json): Pick<StoredRight, 'startsAt' | 'endsAt'> {
  if (from === undefined && until === undefined) return {};
  const [startsAt, endsAt] = [from, until].map((value) => (value === undefined ? null : Date.parse(String(value))));
  if (Number.isNaN(startsAt) || Number.isNaN(endsAt) || (startsAt ?? 0) >= (endsAt ?? Number.POSITIVE_INFINITY))
    throw wrongRight('from and until are instants in this order', 'La fin du droit doit suivre son début.');
  return { startsAt: startsAt ?? null, endsAt: endsAt ?? null };
}

/** Everything of the practice that a right may be about, as `Type/id`. */
async function oursOf(services: RuleServices, context: Context, practice: string): Promise<Set<string>> {
  const person = { name: context.caller, roles: ['practice-manager' as const], agendas: [], places: [] };
  const manager: Context = { ...context, roles: person.roles, person: { ...person, practices: [practice] } };
  const { agendas, actors } = await ownOf(services, manager);
  const roles = actors.filter((actor) => actor.startsWith('PractitionerRole/')).map((role) => role.split('/')[1]!);
  const practitioners = await services.reader.referencesOf('PractitionerRole', 'practitioner', roles);
  return new Set([practice, ...actors, ...practitioners, ...agendas.map((agenda) => `Schedule/${agenda}`)]);
}

/** `value[x]` of a part. */
function valueIn(part: Parameter): Json {
  const { name, ...value } = part;
  return Object.values(value)[0];
}

function wrongRight(diagnostics: string, text: string): FhirError {
  return new FhirError('value', diagnostics, { expression: 'right', text });
}
