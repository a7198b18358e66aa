/** The record of changes of people and rights in the audit trail: ids and codes, no names. */
import { randomUUID } from 'node:crypto';
import { factOf } from '../../fhir/audit/fact.ts';
import type { Context } from '../../fhir/interaction.ts';
import type { Database } from '../../store/engine/database.ts';
import { Unit } from '../../store/write/unit.ts';

type Record = (
  context: Context,
  code: string,
  action: 'C' | 'U' | 'D',
  /** Id of the person. */
  person: string,
  /** `Type/id`: the practice, and the subjects of the rights. */
  entities: readonly string[],
) => Promise<void>;

export function recordPeople(database: Database): Record {
  return async (context, code, action, person, entities) => {
    const unit = new Unit();
    unit.audit(factOf(context, randomUUID(), [code], action, [...new Set([...entities, `Person/${person}`])]));
    await unit.commit(database);
  };
}
