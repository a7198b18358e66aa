/** The search at every partner, as the answers arrive: the free slots so far, and the outcome of each partner. */
import { useEffect, useReducer, useState } from 'react';
import { IDNPS } from '../../../src/fhir/french/identifiers.ts';
import type { Json } from '../../../src/fhir/resource.ts';
import { onConnection, Refusal, Unreachable } from '../../fhir/client.ts';
import { events } from '../../fhir/event-stream.ts';
import { addDays, dayIn, FRANCE } from '../../fhir/zone.ts';
import { addPlaces, type ConsultationPlace, placesOf } from './consultation-places.ts';
import type { DirectoryPractitioner } from './directory.ts';

export interface PartnerAnswer {
  id: string;
  name: string;
  /** `ok`, or how it failed. */
  outcome: string;
  /** The outcome as a sentence. */
  text: string;
}

export interface SearchProgress {
  answered: number;
  failed: number;
  waiting: number;
  total: number;
}

export interface Answers {
  places: ConsultationPlace[];
  partners: PartnerAnswer[];
  progress: SearchProgress | undefined;
  state: 'idle' | 'running' | 'done' | 'failed';
  error: unknown;
}

const NOTHING: Answers = { places: [], partners: [], progress: undefined, state: 'idle', error: undefined };

type Action =
  | { is: 'start' }
  | { is: 'partner'; answer: Json }
  | { is: 'progress'; progress: SearchProgress }
  | { is: 'done' }
  | { is: 'failed'; error: unknown };

function reduce(before: Answers, action: Action): Answers {
  switch (action.is) {
    case 'start':
      return { ...NOTHING, state: 'running' };
    case 'progress':
      return { ...before, progress: action.progress };
    case 'done':
      return { ...before, state: 'done' };
    case 'failed':
      return { ...before, state: 'failed', error: action.error };
    case 'partner':
      return withPartner(before, action.answer);
  }
}

function withPartner(before: Answers, { partner: id, name, fate, outcome, bundle }: Json): Answers {
  const text = outcome?.issue?.[0]?.details?.text ?? '';
  return {
    ...before,
    partners: [...before.partners, { id, name, outcome: fate, text }],
    places: addPlaces(before.places, placesOf(bundle, name)),
  };
}

/** Days of slots, today included. */
const DAYS = 3;

/**
 * Nothing is searched while `practitioners` is undefined. Another `round` searches the same again. A search that was
 * cut off starts again as soon as the server answers anything.
 */
export function useAnswers(practitioners: readonly DirectoryPractitioner[] | undefined, round: number): Answers {
  const [answers, dispatch] = useReducer(reduce, NOTHING);
  const [attempt, setAttempt] = useState(0);
  const identifiers = practitioners?.map(({ id }) => `${IDNPS}%7C${encodeURIComponent(id)}`).join(',') ?? '';
  // Another round or attempt searches the same again.
  useEffect(() => {
    if (identifiers === '') return;
    const controller = new AbortController();
    dispatch({ is: 'start' });
    void follow(identifiers, controller.signal, dispatch);
    return () => controller.abort();
  }, [identifiers, round, attempt]);
  const isCut =
    answers.error instanceof Unreachable || (answers.error instanceof Refusal && answers.error.status === 401);
  useEffect(
    () => (isCut ? onConnection((event) => event === 'answered' && setAttempt((before) => before + 1)) : undefined),
    [isCut],
  );
  return identifiers === '' ? NOTHING : answers;
}

async function follow(identifiers: string, signal: AbortSignal, dispatch: (action: Action) => void): Promise<void> {
  try {
    for await (const { event, data } of events(pathOf(identifiers), signal)) {
      if (event === 'partner') dispatch({ is: 'partner', answer: JSON.parse(data) });
      else if (event === 'progress') dispatch({ is: 'progress', progress: JSON.parse(data) });
    }
    if (!signal.aborted) dispatch({ is: 'done' });
  } catch (error) {
    if (!signal.aborted) dispatch({ is: 'failed', error });
  }
}

function pathOf(identifiers: string): string {
  const now = Date.now();
  const start = encodeURIComponent(new Date(now).toISOString());
  const end = `${addDays(dayIn(now, FRANCE), DAYS - 1)}T23:59:59`;
  const period = `start=ge${start}&start=le${end}`;
  return `/fhir/Slot?status=free&${period}&schedule.actor:Practitioner.identifier=${identifiers}`;
}
