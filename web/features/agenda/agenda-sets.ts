/** The agendas that a person has shown last, and the sets of agendas that have a name; kept in this browser. */
import { useState } from 'react';
import { idsParam } from '../../ui/params.ts';
import { useSession } from '../../ui/session.ts';

export interface AgendaSet {
  name: string;
  /** Ids of Schedules. */
  agendas: readonly string[];
}

interface Kept {
  last: readonly string[];
  sets: readonly AgendaSet[];
}

const NOTHING: Kept = { last: [], sets: [] };
const MAX_SETS = 20;

/** Texts that come from elsewhere may make no sense. */
function readKept(key: string): Kept {
  try {
    const { last, sets } = JSON.parse(localStorage.getItem(key) ?? '') as Record<string, unknown>;
    return {
      last: idsParam(last) ?? [],
      sets: (Array.isArray(sets) ? sets : []).flatMap((set: { name?: unknown; agendas?: unknown }) => {
        const agendas = idsParam(set.agendas);
        return typeof set.name === 'string' && agendas !== undefined ? [{ name: set.name, agendas }] : [];
      }),
    };
  } catch {
    return NOTHING;
  }
}

/** Of the person who is logged in: several may share a browser. */
export function useAgendaSets() {
  const { me } = useSession();
  const key = `creneau-agendas ${me.person?.name ?? ''}`;
  const [kept, setKept] = useState(() => readKept(key));
  const keep = (changes: Partial<Kept>) => {
    const next = { ...kept, ...changes };
    setKept(next);
    localStorage.setItem(key, JSON.stringify(next));
  };
  return {
    last: kept.last,
    sets: kept.sets,
    remember: (last: readonly string[]) => keep({ last }),
    save: (set: AgendaSet) =>
      keep({ sets: [...kept.sets.filter(({ name }) => name !== set.name), set].slice(-MAX_SETS) }),
    remove: (name: string) => keep({ sets: kept.sets.filter((set) => set.name !== name) }),
  };
}
