/**
 * The write rules of what is attached to an appointment: Binary, which holds a file, and DocumentReference, which says
 * what it is. Both belong to one Appointment, whose readers are theirs; they go with it. ADR 0031
 */
import type { Context } from '../../fhir/interaction.ts';
import { brokenRule, FhirError, missing } from '../../fhir/issue.ts';
import { parseResource } from '../../fhir/json.ts';
import { localId } from '../../fhir/local-reference.ts';
import type { Resource } from '../../fhir/resource.ts';
import { asType, list } from '../../fhir/resources.ts';
import { contentsOfAppointment } from '../../store/records/binary-content.ts';
import type { Unit } from '../../store/write/unit.ts';
import { type Change, sidesOf } from '../../store/write/write-rules.ts';
import { concernedAgendas } from './addressed.ts';
import { requireType } from './attachment-type.ts';
import { removeToo, writeDocument } from './document-rules.ts';
import type { RuleServices } from './services.ts';

export const ATTACHED_TYPES: ReadonlySet<string> = new Set(['Binary', 'DocumentReference']);

/** The Appointment (its id) that an attachment belongs to; `undefined`: it names none, or several. */
export function attachedTo(resource: Resource): string | undefined {
  const related = list(asType(resource, 'DocumentReference')?.context?.related);
  const named = [asType(resource, 'Binary')?.securityContext ?? [], related].flat();
  const [first, ...more] = named.flatMap((reference) => localId(reference, 'Appointment') ?? []);
  return more.length > 0 ? undefined : first;
}

export async function writeAttachment(
  services: RuleServices,
  context: Context,
  change: Change,
  unit: Unit,
): Promise<void> {
  const { type, before, after } = change;
  const appointment = attachedTo((after ?? before)!);
  const place = type === 'Binary' ? 'Binary.securityContext' : 'DocumentReference.context.related';
  if (appointment === undefined)
    throw missing(`${place} names one Appointment of this server`, `« ${place} » doit nommer un rendez-vous.`, place);
  if (before !== undefined && after !== undefined && attachedTo(before) !== appointment)
    throw brokenRule(`${place} never changes`, 'Une pièce jointe reste à son rendez-vous.', place);
  if (after !== undefined) await requireRoom(services, type, change, appointment, unit);
  if (type === 'Binary') keepContent(services, change, appointment, unit);
  else await writeDocument(services, context, change, appointment, unit);
  const stored = await services.reader.read('Appointment', appointment);
  if (stored?.body === undefined) return;
  for (const { schedule } of await concernedAgendas(services, parseResource('Appointment', stored.body)))
    unit.concern(schedule);
}

/** The attachments of a deleted appointment go with it, and those that are added at the same moment do not stay. */
export async function removeAttachments(
  services: RuleServices,
  context: Context,
  id: string,
  unit: Unit,
): Promise<void> {
  await dependOnAttachments(services, id, unit);
  const documents = await services.reader.referringTo('DocumentReference', 'related', [`Appointment/${id}`]);
  const files = await contentsOfAppointment(services.reader.database, id);
  for (const reference of [...documents, ...files.map(({ binary }) => `Binary/${binary}`)])
    await removeToo(services, context, reference, unit);
}

/** Of two that add or remove attachments of one appointment at once, the second decides again. */
async function dependOnAttachments({ reader }: RuleServices, appointment: string, unit: Unit): Promise<void> {
  const criterion = `attachments of Appointment/${appointment}`;
  unit.dependOn(criterion, await reader.conditionWrites(criterion));
}

async function requireRoom(
  services: RuleServices,
  type: string,
  { id }: Change,
  appointment: string,
  unit: Unit,
): Promise<void> {
  await dependOnAttachments(services, appointment, unit);
  const { reader, settings } = services;
  const known =
    type === 'Binary'
      ? (await contentsOfAppointment(reader.database, appointment)).map(({ binary }) => `Binary/${binary}`)
      : await reader.referringTo('DocumentReference', 'related', [`Appointment/${appointment}`]);
  const others = new Set(known.filter((reference) => !isRemoved(unit, reference)));
  for (const resource of unit.pendingOf(type))
    if (attachedTo(resource) === appointment) others.add(`${type}/${resource.id}`);
  others.delete(`${type}/${id}`);
  if (others.size < settings.attachments) return;
  throw brokenRule(
    `An appointment has at most ${settings.attachments} ${type}`,
    `Un rendez-vous porte ${settings.attachments} pièces jointes au plus.`,
    type,
  );
}

function isRemoved(unit: Unit, reference: string): boolean {
  const [type = '', id = ''] = reference.split('/');
  const pending = unit.pending(type, id);
  return pending !== undefined && pending.body === undefined;
}

/** The octets leave the resource, so that no history repeats them. */
function keepContent({ settings }: RuleServices, change: Change, appointment: string, unit: Unit): void {
  const { after } = sidesOf(change, 'Binary');
  if (after === undefined) return;
  const { data, ...rest } = after;
  if (data === undefined || data === '')
    throw missing('An attachment has content: Binary.data', 'La pièce jointe est vide.', 'Binary.data');
  const octets = Buffer.from(data, 'base64');
  if (octets.length > settings.attachmentBytes) {
    throw new FhirError('too-long', `An attachment has at most ${settings.attachmentBytes} octets`, {
      status: 413,
      expression: 'Binary.data',
      text: `Pièce jointe trop grande : ${settings.attachmentBytes} octets au plus.`,
    });
  }
  requireType(after.contentType, octets);
  unit.keepContent(change.id, { appointment, data: octets.toString('base64') });
  change.after = rest;
}
