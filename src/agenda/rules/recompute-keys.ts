/**
 * Agendas whose keys were computed by an older rule (`KEY_RULE`), or by a program of an older version that still runs:
 * their keys are computed again, one agenda a commit, beside all other writers. Appointments that would occupy what
 * others occupy are kept, recorded beside these; `$overlaps` lists them. It may be killed at any moment. ADR 0022
 */
import { parseResource } from '../../fhir/json.ts';
import type { Log } from '../../runtime/log.ts';
import type { Database } from '../../store/engine/database.ts';
import { outdatedAgendas } from '../../store/resources/overlap-reader.ts';
import { Unit } from '../../store/write/unit.ts';
import { resolveActors } from '../inherited.ts';
import { KEY_RULE } from '../occupied.ts';
import type { RuleServices } from './services.ts';

const BATCH = 100;

/** Returns how many agendas were computed again. */
export async function recomputeKeys(
  services: Pick<RuleServices, 'agendas' | 'reader'>,
  database: Database,
  log?: Log,
): Promise<number> {
  let done = 0;
  for (;;) {
    const schedules = await outdatedAgendas(database, KEY_RULE, BATCH);
    let changed = 0;
    for (const schedule of schedules) if (await recompute(services, database, schedule)) changed++;
    done += changed;
    if (schedules.length > 0) log?.info({ agendas: changed }, 'the occupied resources of agendas were computed again');
    // An agenda that somebody else writes just now is left to the next call.
    if (schedules.length < BATCH || changed === 0) return done;
  }
}

/** False if somebody else wrote the agenda or one of its actors at that moment. */
async function recompute(
  { agendas, reader }: Pick<RuleServices, 'agendas' | 'reader'>,
  database: Database,
  schedule: string,
): Promise<boolean> {
  const [row] = await agendas.stored.rows([schedule]);
  const stored = await reader.read('Schedule', schedule);
  if (row === undefined || stored?.body === undefined) return false;
  const unit = new Unit();
  const { keys, inherited } = await resolveActors(reader, unit, parseResource('Schedule', stored.body));
  const { code, version } = row;
  unit.lock(schedule, version);
  unit.setAgenda({ schedule, code, version, keys, keyRule: KEY_RULE, context: inherited, deleted: false });
  unit.keepClashes();
  return 'ok' in (await unit.commit(database));
}
