/** The read scope, case by case, in a directory of two practices. `test/people-reads.test.ts` asks over HTTP. */
import { describe, expect, it } from 'vitest';
import type { Context, Person, PersonRole } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import type { ReadScope } from '../../fhir/search/request.ts';
import {
  hiddenFrom,
  ownOf,
  ownPractice,
  practicesOf,
  readScopeOf,
  requireHistory,
  requireSeen,
  writesAll,
} from './read-scope.ts';
import type { RuleServices } from './services.ts';

/** Resources and their references, by column. */
const DIRECTORY: Record<string, Record<string, string[]>> = {
  'PractitionerRole/a-paris': {
    practitioner: ['Practitioner/a'],
    location: ['Location/paris'],
    organization: ['Organization/p'],
  },
  'PractitionerRole/b-paris': { practitioner: ['Practitioner/b'], location: ['Location/paris'] },
  'PractitionerRole/c-lyon': {
    practitioner: ['Practitioner/c'],
    location: ['Location/lyon'],
    organization: ['Organization/l'],
  },
  'Location/paris': { organization: ['Organization/p'] },
  'Location/lyon': { organization: ['Organization/l'] },
  'HealthcareService/vaccins': { organization: ['Organization/l'] },
  'Device/echo': { organization: ['Organization/l'] },
  'Patient/x': { organization: ['Organization/l'] },
  'Schedule/a': { actor: ['Practitioner/a'] },
  'Schedule/a-paris': { actor: ['PractitionerRole/a-paris', 'Device/echo'] },
  'Schedule/b-paris': { actor: ['PractitionerRole/b-paris'] },
  'Schedule/c-lyon': { actor: ['PractitionerRole/c-lyon'] },
  'Schedule/echo': { actor: ['Device/echo'] },
};

/** `asked`: the questions to the database. */
function world(hidden: readonly string[] = []) {
  const asked: string[] = [];
  const where = (type: string, column: string, targets: readonly string[]) => {
    asked.push(`${type} by ${column}`);
    return Object.keys(DIRECTORY).filter(
      (key) => key.startsWith(`${type}/`) && DIRECTORY[key]![column]?.some((target) => targets.includes(target)),
    );
  };
  const services = {
    reader: {
      referringTo: async (type: string, column: string, targets: readonly string[]) => where(type, column, targets),
      referencesOf: async (type: string, column: string, ids: readonly string[]) => {
        asked.push(`${column} of ${type}`);
        return ids.flatMap((id) => DIRECTORY[`${type}/${id}`]?.[column] ?? []);
      },
      hidden: async ({ person }: ReadScope, references: readonly string[]) => {
        asked.push(`hidden from ${person!.actors.join(' ')}`);
        return new Set(references.filter((reference) => hidden.includes(reference)));
      },
    },
    agendas: {
      stored: {
        ofActors: async (actors: readonly string[]) =>
          where('Schedule', 'actor', actors).map((key) => ({ schedule: key.slice('Schedule/'.length) })),
      },
    },
  } as unknown as RuleServices;
  return { services, asked };
}

const PROGRAM: Context = { now: 0, requestId: 'r', caller: 'x', roles: [], strict: false, base: '' };

/** All that a person can have; the roles decide what of it counts. */
const EVERYTHING = {
  practitioner: 'Practitioner/c',
  places: ['Location/paris'],
  practices: ['Organization/l'],
  agendas: ['Schedule/a'],
};

function as(roles: PersonRole[], more: Partial<Person> = {}): Context {
  return { ...PROGRAM, roles, person: { name: 'x', roles, agendas: [], places: [], ...more } };
}

describe('a person reads', () => {
  it.each<[string, Context, { agendas: string[]; actors: string[]; practice: string[] }]>([
    ['nothing without a right', as(['regulator']), { agendas: [], actors: [], practice: [] }],
    [
      'own agendas and those of own roles, as a practitioner',
      as(['practitioner'], {
        practitioner: 'Practitioner/a',
        places: ['Location/lyon'],
        practices: ['Organization/l'],
      }),
      {
        agendas: ['a', 'a-paris'],
        actors: ['Practitioner/a', 'PractitionerRole/a-paris'],
        practice: [
          ...['Practitioner/a', 'PractitionerRole/a-paris', 'Location/paris', 'Organization/p'],
          ...['Schedule/a', 'Schedule/a-paris'],
        ],
      },
    ],
    ['nothing as a practitioner whom nobody named', as(['practitioner']), { agendas: [], actors: [], practice: [] }],
    [
      'the agendas of the places, as a secretary',
      as(['secretary'], { practitioner: 'Practitioner/c', places: ['Location/paris'] }),
      {
        agendas: ['a-paris', 'b-paris'],
        actors: ['Location/paris', 'PractitionerRole/a-paris', 'PractitionerRole/b-paris'],
        practice: [
          ...['Location/paris', 'PractitionerRole/a-paris', 'PractitionerRole/b-paris', 'Practitioner/a'],
          ...['Practitioner/b', 'Organization/p', 'Schedule/a-paris', 'Schedule/b-paris'],
        ],
      },
    ],
    [
      'nothing of a role that has the id of the place',
      as(['secretary'], { places: ['Location/c-lyon'] }),
      { agendas: [], actors: ['Location/c-lyon'], practice: ['Location/c-lyon'] },
    ],
    [
      'whatever may own an agenda of the practice, as its manager',
      as(['practice-manager'], { practices: ['Organization/l'] }),
      {
        agendas: ['a-paris', 'c-lyon', 'echo'],
        actors: ['PractitionerRole/c-lyon', 'Location/lyon', 'HealthcareService/vaccins', 'Device/echo'],
        practice: [
          ...['PractitionerRole/c-lyon', 'Location/lyon', 'HealthcareService/vaccins', 'Device/echo'],
          ...['Practitioner/c', 'Organization/l', 'Schedule/a-paris', 'Schedule/c-lyon', 'Schedule/echo'],
        ],
      },
    ],
    [
      'an agenda of a list, whose professional belongs to the practice and whose device does not',
      as(['secretary'], { agendas: ['Schedule/a-paris'] }),
      {
        agendas: ['a-paris'],
        actors: [],
        practice: [
          ...['PractitionerRole/a-paris', 'Practitioner/a', 'Location/paris', 'Organization/p'],
          'Schedule/a-paris',
        ],
      },
    ],
    [
      'an agenda once that is both own and listed',
      as(['practitioner'], { practitioner: 'Practitioner/b', agendas: ['Schedule/b-paris', 'Schedule/a'] }),
      {
        agendas: ['b-paris', 'a'],
        actors: ['Practitioner/b', 'PractitionerRole/b-paris'],
        practice: [
          ...['Practitioner/b', 'PractitionerRole/b-paris', 'Practitioner/a', 'Location/paris'],
          ...['Schedule/b-paris', 'Schedule/a'],
        ],
      },
    ],
  ])('%s', async (_name, context, expected) => {
    const scope = await ownOf(world().services, context);
    expect({ ...scope, practice: [...scope.practice].sort() }).toEqual({
      ...expected,
      practice: expected.practice.sort(),
    });
    expect(await readScopeOf(world().services, context)).toEqual({ person: scope });
  });

  it('asks nothing of the directory about rights that nobody has', async () => {
    const roles: PersonRole[] = ['practitioner', 'secretary', 'practice-manager'];
    for (const context of [PROGRAM, { ...PROGRAM, roles }, as(roles)]) {
      const { services, asked } = world();
      expect(await ownOf(services, context)).toEqual({ agendas: [], actors: [], practice: [] });
      expect(asked).toEqual([]);
    }
  });
});

describe('the practice of a patient whom somebody creates', () => {
  it.each<[string, PersonRole[], string[]]>([
    ['a practitioner', ['practitioner'], ['Practitioner/c', 'Schedule/a']],
    ['a secretary', ['secretary'], ['Location/paris', 'Schedule/a']],
    ['a manager of the practice', ['practice-manager'], ['Organization/l', 'Schedule/a']],
    ['a regulator', ['regulator'], ['Schedule/a']],
  ])('%s', (_name, roles, expected) => expect(ownPractice(as(roles, EVERYTHING))).toEqual(expected));

  it('is none of a program, and lacks what a person lacks', () => {
    expect(ownPractice(PROGRAM)).toEqual([]);
    expect(ownPractice(as(['practitioner', 'secretary', 'practice-manager']))).toEqual([]);
    expect(practicesOf({ roles: ['practice-manager'] })).toEqual([]);
  });
});

describe('a role', () => {
  it.each([
    ['*', true, true],
    ['manager', true, true],
    ['reader', true, false],
    ['booker', false, false],
    ['practitioner', false, false],
  ])('%s: reads all: %s, writes all: %s', async (role, reads, writes) => {
    const context = { ...PROGRAM, roles: ['operator', role] };
    expect((await readScopeOf(world().services, context)) === undefined).toBe(reads);
    expect(writesAll(context)).toBe(writes);
  });
});

describe('hidden resources', () => {
  const MINE = as(['practitioner'], { practitioner: 'Practitioner/b' });
  const HIDDEN = ['Appointment/1', 'AppointmentResponse/1', 'Patient/1', 'RelatedPerson/1', 'AuditEvent/1'];

  it('are asked of the database for the scope of the caller', async () => {
    const { services, asked } = world(HIDDEN);
    expect(await hiddenFrom(services, MINE, ['Location/1', 'Patient/1', 'Patient/2'])).toEqual(new Set(['Patient/1']));
    expect(asked.at(-1)).toBe('hidden from Practitioner/b PractitionerRole/b-paris');
  });

  it.each([
    ['public types', MINE, ['Location/1', 'Slot/1']],
    ['nothing', MINE, []],
    ['callers who read all', { ...PROGRAM, roles: ['reader'] }, ['Patient/1']],
  ])('are not looked for: %s', async (_name, context, references) => {
    const { services, asked } = world(HIDDEN);
    expect(await hiddenFrom(services, context, references)).toEqual(new Set());
    expect(asked).toEqual([]);
  });

  it.each(HIDDEN)('%s is forbidden, and the reason names its type', async (reference) => {
    const [type = ''] = reference.split('/');
    const refusal = await requireSeen(world(HIDDEN).services, MINE, 'Patient/2', reference).catch((error) => error);
    expect(refusal).toBeInstanceOf(FhirError);
    expect(refusal).toMatchObject({ status: 403, issues: [{ code: 'forbidden', expression: [type] }] });
    expect(refusal.issues[0].diagnostics).toContain(type);
    expect(refusal.issues[0].text).toMatch(
      { Patient: /patient/, RelatedPerson: /patient/, Appointment: /rendez-vous/, AppointmentResponse: /réponse/ }[
        type
      ] ?? /rôle/,
    );
  });

  it('and what is not hidden is seen', async () => {
    await expect(requireSeen(world(HIDDEN).services, MINE, 'Patient/2')).resolves.toBeUndefined();
  });
});

describe('the history', () => {
  it.each<[string[], string | undefined, boolean]>([
    [['reader'], undefined, true],
    [['reader'], 'Patient', true],
    [['secretary'], 'Location', true],
    [['secretary'], 'Patient', false],
    [['secretary'], 'AuditEvent', false],
    [['secretary'], 'Unknown', false],
    [['secretary'], undefined, false],
  ])('as %s of %s: %s', (roles, type, expected) => {
    const ask = () => requireHistory({ ...PROGRAM, roles }, type);
    if (expected) expect(ask).not.toThrow();
    else {
      const issues = [expect.objectContaining({ code: 'forbidden', text: expect.stringContaining('historique') })];
      expect(ask).toThrow(expect.objectContaining({ status: 403, issues }));
    }
  });
});
