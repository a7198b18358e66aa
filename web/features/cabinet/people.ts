/** The people of a practice, as the server's operations give and change them. */
import type { Parameter } from '../../../src/fhir/foundation.ts';
import { search, ask } from '../../fhir/client.ts';
import type { Role } from '../../fhir/me.ts';
import { actorName } from '../../fhir/names.ts';
import { parametersNamed, parameterValue, partsNamed, partValue, partValues } from '../../fhir/parameters.ts';

export interface PracticePerson {
  id: string;
  name: string;
  email: string | undefined;
  state: 'invited' | 'expired' | 'active' | 'withdrawn';
  rights: { role: Role; target: string; powers: string[] }[];
}

export interface InvitationValues {
  name: string;
  email: string;
  role: Role;
  /** `Practitioner/x` or `Location/x`; '' of a manager. */
  target: string;
  mayChangeHours: boolean;
}

export async function practicePeople(practice: string, signal: AbortSignal): Promise<PracticePerson[]> {
  const { json } = await ask(`/fhir/${practice}/$people`, { signal });
  return parametersNamed(json, 'person').map(personIn);
}

function personIn(part: Parameter): PracticePerson {
  return {
    id: partValue(part, 'id'),
    name: partValue(part, 'name'),
    email: partValue(part, 'email'),
    state: partValue(part, 'state'),
    rights: partsNamed(part, 'right').map((right) => ({
      role: partValue(right, 'role'),
      target: partValue(right, 'target')?.reference ?? '',
      powers: partValues(right, 'power'),
    })),
  };
}

/** The link of the invitation: the server tells it once. */
export async function invite(practice: string, values: InvitationValues): Promise<string> {
  const { name, email, role, target, mayChangeHours } = values;
  const part = [
    { name: 'role', valueCode: role },
    { name: 'target', valueReference: { reference: role === 'practice-manager' ? practice : target } },
    ...(role === 'secretary' && mayChangeHours ? [{ name: 'power', valueCode: 'hours' }] : []),
  ];
  return linkOf(practice, [
    { name: 'name', valueString: name },
    ...(email === '' ? [] : [{ name: 'email', valueString: email }]),
    { name: 'right', part },
  ]);
}

/** `right`: the parts of the one right that the person gets. */
export function inviteWith(practice: string, name: string, right: object[]): Promise<string> {
  return linkOf(practice, [
    { name: 'name', valueString: name },
    { name: 'right', part: right },
  ]);
}

export function inviteAgain(practice: string, person: string): Promise<string> {
  return linkOf(practice, [{ name: 'person', valueString: person }]);
}

async function linkOf(practice: string, parameter: object[]): Promise<string> {
  const body = { resourceType: 'Parameters', parameter };
  const { json } = await ask(`/fhir/${practice}/$invite`, { method: 'POST', body });
  return parameterValue(json, 'url');
}

export async function withdraw(practice: string, person: string): Promise<void> {
  const body = { resourceType: 'Parameters', parameter: [{ name: 'person', valueString: person }] };
  await ask(`/fhir/${practice}/$withdraw`, { method: 'POST', body });
}

export interface Target {
  value: string;
  label: string;
}

/** The places and practitioners of the practice, which rights are about. */
export async function targetsOf(
  practice: string,
  signal: AbortSignal,
): Promise<Record<'places' | 'practitioners', Target[]>> {
  const [places, roles] = await Promise.all([
    search('Location', { organization: practice }, signal),
    search('PractitionerRole', { organization: practice, _include: 'PractitionerRole:practitioner' }, signal),
  ]);
  // A secretary works at a site; its rooms come with it.
  const sites = places.matches.filter(({ partOf }) => partOf === undefined);
  return {
    places: sites.map((place) => ({ value: `Location/${place.id}`, label: actorName(place) })),
    practitioners: roles.included.map((person) => ({ value: `Practitioner/${person.id}`, label: actorName(person) })),
  };
}
