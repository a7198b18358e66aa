/** Names the locum who takes an appointment in the place of the practitioner, for its patient. ADR 0040 */
import { participantsOf } from '../../fhir/actors.ts';
import { FRANCE } from '../../fhir/date.ts';
import { readTimezone } from '../../fhir/french/fr-extensions.ts';
import { readReplacements, replacementOn } from '../../fhir/french/replacement.ts';
import { parseResource } from '../../fhir/json.ts';
import { localId } from '../../fhir/local-reference.ts';
import { type Appointment, list } from '../../fhir/resources.ts';
import { nameOf } from '../../fhir/shared-elements.ts';
import { parseSlotId } from '../../scheduling/slot-id.ts';
import { localDate } from '../../scheduling/zone.ts';
import type { AgendaReader, AgendaRow } from '../../store/resources/agenda-reader.ts';
import { readResources } from '../../store/resources/read-resources.ts';
import type { ResourceReader } from '../../store/resources/resource-reader.ts';

/** The name of today; `undefined`: nobody is replaced then. */
export async function locumOf(
  reader: ResourceReader,
  agendas: AgendaReader,
  appointment: Appointment,
): Promise<string | undefined> {
  const row = await agendaOf(agendas, appointment);
  const [stored] = row === undefined ? [] : await agendas.schedules([row.schedule]);
  if (row === undefined || stored === undefined) return undefined;
  const schedule = parseResource('Schedule', stored.body);
  const { placeZone = FRANCE } = JSON.parse(row.context) as { placeZone?: string };
  const day = localDate(Date.parse(appointment.start ?? ''), readTimezone(schedule) ?? placeZone);
  const replacement = replacementOn(readReplacements(schedule), day);
  if (replacement === undefined) return undefined;
  const [practitioner] = await readResources(reader, [replacement.practitioner]);
  return (practitioner && nameOf(practitioner)) || replacement.name || undefined;
}

/** The agenda of its slot; without a slot, that of its professionals, where they leave no choice. */
async function agendaOf(agendas: AgendaReader, appointment: Appointment): Promise<AgendaRow | undefined> {
  const code = parseSlotId(localId(list(appointment.slot)[0], 'Slot') ?? '')?.agenda;
  if (code !== undefined) return agendas.byCode(code);
  const professionals = participantsOf(appointment).filter((actor) => /^Practitioner(Role)?\//.test(actor));
  const [row, second] = professionals.length === 0 ? [] : await agendas.ofActors(professionals);
  return second === undefined ? row : undefined;
}

/** `Avec Dr Awa Diallo, en remplacement de Dr Camille Vasseur` */
export function withWhom(doctor: string | undefined, locum: string | undefined): string[] {
  if (locum === undefined) return doctor === undefined ? [] : [`Avec ${doctor}`];
  return [doctor === undefined ? `Avec ${locum}` : `Avec ${locum}, en remplacement de ${doctor}`];
}
