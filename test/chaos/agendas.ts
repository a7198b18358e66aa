/** The agendas of a run, who works there, and the programs that write: the checker's own knowledge of the world. */
import type { Json } from '../../src/fhir/resource.ts';
import { FIXTURE } from '../fixture.ts';

/** Callers of the servers: the manager of the agendas, and the delegate of two of them. */
export const PROGRAMS = ['cabinet', 'editeur'] as const;
export type Program = (typeof PROGRAMS)[number];

export interface ChaosAgenda {
  id: string;
  /** Each of them can be in one place at a time. */
  people: readonly string[];
  /** Appointments at a time. */
  capacity: number;
  /** The only program that may write its appointments. */
  only?: Program;
}

export const AGENDAS: readonly ChaosAgenda[] = [
  { id: 'vasseur-paris', people: ['vasseur'], capacity: 1 },
  { id: 'vasseur-lyon', people: ['vasseur'], capacity: 1 },
  { id: 'delorme-paris', people: ['delorme'], capacity: 1 },
  { id: 'vaccins', people: ['vaccins'], capacity: 2 },
  { id: 'commun', people: ['vasseur', 'delorme'], capacity: 1 },
  { id: 'equipe', people: ['equipe'], capacity: 3 },
  { id: 'delegue', people: ['delorme'], capacity: 1, only: 'editeur' },
];

const BOTH = ['Practitioner/vasseur', 'Practitioner/delorme'];
/** Those of the team whom an appointment may name: it takes them too. */
export const MEMBERS: readonly string[] = BOTH;

/** The agendas that the fixture does not have: of two people, of any one of them, and one that is delegated. */
export function moreAgendas(): Json[] {
  return [
    agendaOf('commun', BOTH),
    agendaOf('equipe', BOTH, { url: 'urn:creneau:fhir:team', valuePositiveInt: 3 }),
    agendaOf('delegue', ['Practitioner/delorme']),
  ];
}

function agendaOf(id: string, actors: readonly string[], ...more: Json[]): Json {
  const { identifier: _, ...like } = FIXTURE.find(
    ({ resourceType, id: its }) => resourceType === 'Schedule' && its === 'delorme-paris',
  )!;
  const actor = actors.map((reference) => ({ reference }));
  return { ...like, id, actor, extension: [...like.extension, ...more] };
}

/** One agenda is the delegate's alone; another is written by both. */
export const DELEGATIONS = [
  { agenda: 'delegue', mode: 'exclusive' },
  { agenda: 'vasseur-lyon', mode: 'shared' },
] as const;

/** The delegate declares appointments of this agenda, by its role. */
export const DECLARED = { agenda: 'vasseur-lyon', role: 'PractitionerRole/vasseur-lyon' } as const;

/** May the program say of this agenda what has taken place, whatever its times? */
export function mayDeclare(program: Program, agenda: string): boolean {
  return program === 'editeur' && DELEGATIONS.some((delegated) => delegated.agenda === agenda);
}

export function delegation(mode: string): Json {
  const extension = [
    { url: 'caller', valueString: 'editeur' },
    { url: 'scope', valueCode: 'appointments' },
    { url: 'mode', valueCode: mode },
  ];
  return [{ op: 'add', path: '/extension/-', value: { url: 'urn:creneau:fhir:delegation', extension } }];
}

/** Each caller's token is its name. */
export const as = (caller: Program | 'preuve'): Record<string, string> => ({ authorization: `Bearer ${caller}` });
