/**
 * The budgets of one request, each with its reason. A request beyond one is refused with `too-costly` before the work
 * is done: the server has one event loop, and whoever fills it stops everybody. `docs/limites.md` shows this table.
 */
import { FhirError } from './issue.ts';

export interface Budget {
  most: number;
  /** The things that are counted, in English and in French. */
  counts: string;
  french: string;
  /** Why this number. */
  reason: string;
}

export const BUDGETS = {
  patchOperations: {
    most: 200,
    counts: 'operations of a patch',
    french: 'opérations d’un correctif',
    reason: 'A change that needs more is an update.',
  },
  resourceNodes: {
    most: 100_000,
    counts: 'values in a resource',
    french: 'valeurs d’une ressource',
    reason: 'A day of every agenda of a hospital has fewer; validation and patches visit each of them.',
  },
  listItems: {
    most: 3_000,
    counts: 'items of one list of a resource',
    french: 'éléments d’une liste',
    reason: 'Some constraints compare every item with every other. An agenda may have 2,000 availabilities.',
  },
  containedResources: {
    most: 200,
    counts: 'contained resources',
    french: 'ressources contenues',
    reason: 'Each is compared with every reference.',
  },
  searchParameters: {
    most: 200,
    counts: 'parameters of a search',
    french: 'paramètres d’une recherche',
    reason: 'The longest searches of the guides have 12.',
  },
  searchCriteria: {
    most: 50,
    counts: 'criteria of a search',
    french: 'critères d’une recherche',
    reason: 'Each is a condition that the database plans.',
  },
  searchJoins: {
    most: 20,
    counts: 'chains and _has of a search',
    french: 'chaînages et _has d’une recherche',
    reason: 'Each is a sub-query, and each can read a whole table.',
  },
  searchBytes: {
    most: 65_536,
    counts: 'bytes of the body of a _search',
    french: 'octets du contenu d’un _search',
    reason: 'Five hundred identifiers take 30,000.',
  },
  searchValues: {
    most: 2_000,
    counts: 'values of a search',
    french: 'valeurs d’une recherche',
    reason: 'Four full lists of OR-values.',
  },
  batchBytes: {
    most: 10_000_000,
    counts: 'bytes of the answers of a batch',
    french: 'octets des réponses d’un lot',
    reason: 'The whole Bundle is held in memory, several times; 5,000 slots take 2,000,000.',
  },
  batchReadMs: {
    most: 400,
    counts: 'milliseconds of processor time of the reads and operations of a batch',
    french: 'millisecondes de calcul des lectures et opérations d’un lot',
    reason: 'Slots of 25 practitioners take 100. Others are served in between, but one request is not a hundred.',
  },
  batchWriteMs: {
    most: 10_000,
    counts: 'milliseconds of processor time of the writes of a batch',
    french: 'millisecondes de calcul des écritures d’un lot',
    reason: 'A thousand resources of a practice that is taken over take 3,000.',
  },
  validationMs: {
    most: 600,
    counts: 'milliseconds of processor time of one validation',
    french: 'millisecondes de calcul d’une validation',
    reason: 'Nobody else is served meanwhile; a Bundle of 200 entries takes 100.',
  },
  partnerSlots: {
    most: 15_000,
    counts: 'slots in the answer of one partner',
    french: 'créneaux dans la réponse d’un éditeur',
    reason: '25 practitioners, three days, 200 slots a day.',
  },
} as const satisfies Record<string, Budget>;

/** Warnings of one answer; each repeats what the caller sent. */
export const MAX_WARNINGS = 20;

/** Throws `too-costly` (400) beyond the budget. */
export function spend(name: keyof typeof BUDGETS, count: number, expression?: string): void {
  const { most, counts, french } = BUDGETS[name];
  if (count <= most) return;
  throw new FhirError('too-costly', `Too many ${counts}: at most ${most}. Send several smaller requests`, {
    ...(expression === undefined ? {} : { expression }),
    text: `Trop de ${french} : ${most} au plus. Envoyez plusieurs demandes plus petites.`,
  });
}
