/** The search at all editors, as their answers come: what is free so far, and what became of each editor. */
import { useEffect, useReducer, useState } from 'react';
import { IDNPS } from '../../../src/fhir/french/identifiers.ts';
import type { Json } from '../../../src/fhir/resource.ts';
import { onConnection, Refusal, Unreachable } from '../../fhir/client.ts';
import { addDays, dayIn } from '../../fhir/zone.ts';
import type { KnownPerson } from './directory.ts';
import { events } from './event-stream.ts';
import { addOffers, type Offer, offersOf } from './offers.ts';
import { PARIS } from './zone.ts';

export interface PartnerAnswer {
  id: string;
  name: string;
  fate: string;
  delayMs: number;
  count: number;
  /** What became of it, as a sentence. */
  text: string;
}

export interface Answers {
  offers: Offer[];
  partners: PartnerAnswer[];
  progress: { answered: number; failed: number; waiting: number; total: number } | undefined;
  state: 'idle' | 'running' | 'done' | 'failed';
  error: unknown;
}

const NOTHING: Answers = { offers: [], partners: [], progress: undefined, state: 'idle', error: undefined };

type Action =
  | { is: 'start' }
  | { is: 'partner'; told: Json }
  | { is: 'progress'; told: Answers['progress'] }
  | { is: 'done' }
  | { is: 'failed'; error: unknown };

function reduce(before: Answers, action: Action): Answers {
  if (action.is === 'start') return { ...NOTHING, state: 'running' };
  if (action.is === 'progress') return { ...before, progress: action.told };
  if (action.is === 'done') return { ...before, state: 'done' };
  if (action.is === 'failed') return { ...before, state: 'failed', error: action.error };
  const { partner, name, fate, delayMs, count, outcome, bundle } = action.told;
  const text = outcome?.issue?.[0]?.details?.text ?? '';
  return {
    ...before,
    partners: [...before.partners, { id: partner, name, fate, delayMs, count, text }],
    offers: addOffers(before.offers, offersOf(bundle, name)),
  };
}

const DAYS = 3;

/**
 * `people` undefined: nothing is asked. `round`: the same again. What was cut off is asked again as soon as the server
 * answers anything.
 */
export function useAnswers(people: readonly KnownPerson[] | undefined, round: number): Answers {
  const [answers, tell] = useReducer(reduce, NOTHING);
  const [attempt, setAttempt] = useState(0);
  const who = people?.map((person) => `${IDNPS}%7C${encodeURIComponent(person.id)}`).join(',');
  useEffect(() => {
    if (who === undefined || who === '') return;
    const controller = new AbortController();
    tell({ is: 'start' });
    void follow(who, controller.signal, tell);
    return () => controller.abort();
  }, [who, round, attempt]);
  const isCut =
    answers.error instanceof Unreachable || (answers.error instanceof Refusal && answers.error.status === 401);
  useEffect(
    () => (isCut ? onConnection((event) => event === 'answered' && setAttempt((before) => before + 1)) : undefined),
    [isCut],
  );
  return who === undefined || who === '' ? NOTHING : answers;
}

async function follow(who: string, signal: AbortSignal, tell: (action: Action) => void): Promise<void> {
  const now = Date.now();
  const start = encodeURIComponent(new Date(now).toISOString());
  const end = `${addDays(dayIn(now, PARIS), DAYS - 1)}T23:59:59`;
  try {
    for await (const { event, data } of events(
      `/fhir/Slot?status=free&start=ge${start}&start=le${end}&schedule.actor:Practitioner.identifier=${who}`,
      signal,
    )) {
      if (event === 'partner') tell({ is: 'partner', told: JSON.parse(data) });
      else if (event === 'progress') tell({ is: 'progress', told: JSON.parse(data) });
    }
    if (!signal.aborted) tell({ is: 'done' });
  } catch (error) {
    if (!signal.aborted) tell({ is: 'failed', error });
  }
}
