/**
 * Erases what is older than the operator keeps it (`--keep`), a little at a time: appointments and written slots by
 * their beginning, patients whom nobody has seen, and the content of what was deleted. Several processes may do it at
 * once: what one of them has erased, the others do not find.
 */
import type { Context } from '../../fhir/interaction.ts';
import type { Log } from '../../runtime/log.ts';
import type { KeptType, Keeping } from '../../runtime/options/values.ts';
import { type ErasureParts, erasingContext, removeLiving } from './erase-patient.ts';

const AT_ONCE = 200;

/** Returns how many resources were erased; fewer than `AT_ONCE` a type: nothing is left. */
export async function eraseOld(
  parts: ErasureParts,
  keeping: readonly Keeping[],
  now: number,
  log: Log,
): Promise<number> {
  const context: Context = erasingContext({
    ...{ now, requestId: 'retention', caller: 'retention', roles: [], strict: false, base: '' },
  });
  let count = 0;
  for (const { type, months } of keeping) {
    const erased = await eraseType(parts, context, type, monthsBefore(now, months));
    if (erased > 0) log.info({ type, erased }, 'the time of these resources was over: erased');
    count += erased;
  }
  return count;
}

async function eraseType(parts: ErasureParts, context: Context, type: KeptType, before: number): Promise<number> {
  const { repository, erasure } = parts;
  if (type === 'Patient') {
    const patients = (await erasure.unseenSince(before, AT_ONCE)).map((id) => `Patient/${id}`);
    const relatives =
      patients.length === 0 ? [] : await repository.reader.referringTo('RelatedPerson', 'patient', patients);
    await eraseAll(parts, context, [...relatives, ...patients]);
    return patients.length + (await eraseDeleted(parts, type, before));
  }
  const references = (await erasure.begunBefore(type, before, AT_ONCE)).map((id) => `${type}/${id}`);
  const responses =
    type === 'Appointment' && references.length > 0 ? await erasure.mentioning('AppointmentResponse', references) : [];
  const all = [...responses.map((id) => `AppointmentResponse/${id}`), ...references];
  await eraseAll(parts, context, all);
  return references.length + (await eraseDeleted(parts, type, before));
}

async function eraseAll({ repository, erasure }: ErasureParts, context: Context, references: string[]): Promise<void> {
  for (const reference of references) await removeLiving(repository, context, reference);
  if (references.length > 0) await erasure.erase(references);
}

async function eraseDeleted({ erasure }: ErasureParts, type: KeptType, before: number): Promise<number> {
  const references = await erasure.deletedBefore(type, before, AT_ONCE);
  if (references.length > 0) await erasure.erase(references);
  return references.length;
}

/** The same day and time so many months earlier. */
function monthsBefore(now: number, months: number): number {
  const date = new Date(now);
  date.setUTCMonth(date.getUTCMonth() - months);
  return date.getTime();
}
