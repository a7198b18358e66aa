/**
 * The people of a practice, for whoever runs it: `GET /fhir/Organization/x/$people`, and `POST` of `$invite`, `$grant`
 * and `$withdraw` there. An invitation is a link that works once, for 72 hours; the login that takes it is the person
 * from then on. The link is told once, in the answer.
 */
import { randomBytes } from 'node:crypto';
import type { Context } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import type { Json, Resource } from '../../fhir/resource.ts';
import type { Operation } from '../../rest/backend.ts';
import { OperationInput } from '../../rest/operations/operation-input.ts';
import type { PeopleStore, StoredPerson, StoredRight } from '../../store/records/people.ts';
import { practicesOf } from '../rules/read-scope.ts';
import type { RuleServices } from '../rules/services.ts';
import { recordPeople } from './people-audit.ts';
import { readRights } from './right-input.ts';

const INVITATION_MS = 72 * 3_600_000;

/** Names are shown on pages and in the journal. */
const MAX_NAME_LENGTH = 100;

export interface PeopleParts {
  people: PeopleStore;
  services: RuleServices;
}

export function peopleOperations({ people, services }: PeopleParts): Operation[] {
  const record = recordPeople(services.reader.database);
  return [
    {
      ...operation('people', true, 'Les personnes du cabinet : leurs droits, leurs invitations.'),
      async run(context, { id }) {
        const practice = requireManager(context, id!);
        const listed = await people.list(practice, context.now);
        return { resource: parameters(listed.map(personPart)) };
      },
    },
    {
      ...operation(
        'invite',
        false,
        "Invite quelqu'un (name, email, right : role, target, et from et until pour un temps), " +
          'ou donne un nouveau lien à qui attend (person). Le lien sert une fois, pendant 72 heures.',
      ),
      async run(context, call) {
        const practice = requireManager(context, call.id!);
        const input = new OperationInput(call, context.base);
        const secret = randomBytes(24).toString('base64url');
        const endsAt = context.now + INVITATION_MS;
        const again = input.text('person');
        if (again === undefined) {
          const rights = await readRights(services, context, practice, call.resource);
          const newcomer = { practice, name: nameOf(input), email: emailOf(input), rights };
          const person = await people.invite(newcomer, secret, context.now, endsAt);
          await record(context, 'person-invite', 'C', person, [practice, ...rights.map(({ target }) => target)]);
        } else {
          if (!(await people.inviteAgain(practice, again, secret, endsAt))) throw notWaiting();
          await record(context, 'person-invite', 'U', again, [practice]);
        }
        return { status: 201, resource: parameters(linkParts(context, secret, endsAt)) };
      },
    },
    {
      ...operation('grant', false, 'Donne des droits (right) à une personne (person), sinon à qui le demande.'),
      async run(context, call) {
        const practice = requireManager(context, call.id!);
        const id = new OperationInput(call, context.base).text('person');
        const rights = await readRights(services, context, practice, call.resource);
        const who = id === undefined ? context.identity : { id };
        const person = who && (await people.grant(practice, who, rights));
        if (person === undefined) throw unknownPerson();
        await record(context, 'person-grant', 'U', person, [practice, ...rights.map(({ target }) => target)]);
        return { resource: parameters([{ name: 'granted', valueString: person }]) };
      },
    },
    {
      ...operation('withdraw', false, "Retire à une personne (person) tous ses droits dans le cabinet, à l'instant."),
      async run(context, call) {
        const practice = requireManager(context, call.id!);
        const person = new OperationInput(call, context.base).text('person') ?? '';
        const outcome = await people.withdraw(practice, person, context.now);
        if (outcome === 'unknown') throw unknownPerson();
        if (outcome === 'last-manager') throw lastManager();
        await record(context, 'person-withdraw', 'D', person, [practice]);
        return { resource: parameters([{ name: 'withdrawn', valueString: person }]) };
      },
    },
  ];
}

function operation(name: string, safe: boolean, description: string) {
  return { name, safe, description, on: ['Organization'], level: 'instance' as const };
}

/** The practice, `Organization/x`. To a manager of another practice it has no people (404). */
function requireManager(context: Context, id: string): string {
  const practice = `Organization/${id}`;
  if (context.roles.includes('*') || practicesOf(context).includes(practice)) return practice;
  throw new FhirError('not-found', 'This practice is none of those that the caller runs', {
    text: 'Vous ne gérez pas ce cabinet : ses gestionnaires voient et changent ses personnes.',
  });
}

function nameOf(input: OperationInput): string {
  const name = input.text('name')?.trim() ?? '';
  if (name !== '' && name.length <= MAX_NAME_LENGTH) return name;
  throw new FhirError('required', `name is missing, or has more than ${MAX_NAME_LENGTH} characters`, {
    expression: 'name',
    text: 'Le nom manque, ou il est trop long.',
  });
}

function emailOf(input: OperationInput): string | undefined {
  const email = input.text('email')?.trim();
  if (email === undefined || email === '') return undefined;
  if (email.length <= 254 && /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email)) return email;
  throw new FhirError('value', 'email is not an address', {
    expression: 'email',
    text: "L'adresse électronique n'est pas complète.",
  });
}

/** The secret stands behind the `#`, which browsers send to nobody. */
function linkParts(context: Context, secret: string, endsAt: number): Json[] {
  return [
    { name: 'url', valueUrl: `${context.base.replace(/\/fhir$/, '')}/invitation#${secret}` },
    { name: 'until', valueInstant: new Date(endsAt).toISOString() },
  ];
}

function personPart({ id, name, email, state, endsAt, rights }: StoredPerson): Json {
  return {
    name: 'person',
    part: [
      { name: 'id', valueString: id },
      { name: 'name', valueString: name },
      { name: 'state', valueCode: state },
      ...(email === null ? [] : [{ name: 'email', valueString: email }]),
      ...(endsAt === null ? [] : [{ name: 'until', valueInstant: new Date(endsAt).toISOString() }]),
      ...rights.map(rightPart),
    ],
  };
}

function rightPart({ role, target, powers, startsAt, endsAt }: StoredRight): Json {
  return {
    name: 'right',
    part: [
      { name: 'role', valueCode: role },
      { name: 'target', valueReference: { reference: target } },
      ...powers.map((power) => ({ name: 'power', valueCode: power })),
      ...Object.entries({ from: startsAt, until: endsAt }).flatMap(([name, at]) =>
        at == null ? [] : [{ name, valueInstant: new Date(at).toISOString() }],
      ),
    ],
  };
}

function parameters(parameter: Json[]): Resource {
  return { resourceType: 'Parameters', parameter };
}

function notWaiting(): FhirError {
  return new FhirError('conflict', 'Nobody of this id waits for an invitation', {
    expression: 'person',
    text: "Cette personne n'attend pas d'invitation : elle s'est déjà connectée, ou a été retirée.",
  });
}

function unknownPerson(): FhirError {
  return new FhirError('not-found', 'Nobody of this id is in this practice', {
    expression: 'person',
    text: "Cette personne n'est pas, ou n'est plus, de ce cabinet.",
  });
}

function lastManager(): FhirError {
  return new FhirError('business-rule', 'The last manager of a practice cannot be withdrawn', {
    expression: 'person',
    text: 'Cette personne est la seule à gérer le cabinet : nommez-en une autre avant de la retirer.',
  });
}
