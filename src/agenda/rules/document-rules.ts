/** The write rule of DocumentReference: what a file of an appointment is, and where it lies. ADR 0031 */
import { participantsOf } from '../../fhir/actors.ts';
import type { Context } from '../../fhir/interaction.ts';
import { brokenRule, FhirError } from '../../fhir/issue.ts';
import { parseAnyResource, parseResource } from '../../fhir/json.ts';
import { localReference, localTarget } from '../../fhir/local-reference.ts';
import type { Resource } from '../../fhir/resource.ts';
import { type Attachment, asType, type DocumentReference, list } from '../../fhir/resources.ts';
import { contentFacts } from '../../store/records/binary-content.ts';
import type { Unit } from '../../store/write/unit.ts';
import { versionAfter } from '../../store/write/version-floor.ts';
import { writeFact } from '../../store/write/write-fact.ts';
import { type Change, sidesOf } from '../../store/write/write-rules.ts';
import { bareType } from './attachment-type.ts';
import type { RuleServices } from './services.ts';

export async function writeDocument(
  services: RuleServices,
  context: Context,
  change: Change,
  appointment: string,
  unit: Unit,
): Promise<void> {
  const { before, after } = sidesOf(change, 'DocumentReference');
  if (after !== undefined) {
    await requireSubject(services, after, appointment);
    change.after = { ...after, content: await completed(services, context, after, appointment, unit) };
  }
  const kept = filesOf(change.after);
  const dropped = filesOf(before).filter((file) => !kept.includes(file));
  if (dropped.length === 0) return;
  const named = await filesOfOthers(services, change.id, appointment);
  for (const file of dropped) if (!named.has(file)) await removeToo(services, context, file, unit);
}

/** A document about somebody else than the patient of the appointment would be read by the wrong people. */
async function requireSubject(
  { reader }: RuleServices,
  document: DocumentReference,
  appointment: string,
): Promise<void> {
  const subject = localTarget(document.subject);
  if (subject === undefined) return;
  const stored = await reader.read('Appointment', appointment);
  if (stored?.body !== undefined && participantsOf(parseResource('Appointment', stored.body)).includes(subject)) return;
  throw brokenRule(
    'DocumentReference.subject does not take part in the appointment',
    "Le document concerne quelqu'un qui ne participe pas à ce rendez-vous.",
    'DocumentReference.subject',
  );
}

/** Each file is a Binary of the same appointment, or lies elsewhere. Its size and type are those of the Binary. */
async function completed(
  services: RuleServices,
  context: Context,
  { content }: DocumentReference,
  appointment: string,
  unit: Unit,
): Promise<DocumentReference['content']> {
  const result: DocumentReference['content'] = [];
  for (const [i, item] of content.entries()) {
    const place = `DocumentReference.content[${i}].attachment`;
    const { attachment } = item;
    if (attachment.data !== undefined)
      throw brokenRule(
        `${place}.data: send the content as a Binary, and its address as url`,
        'Envoyez le contenu comme Binary, et son adresse dans « url ».',
        `${place}.data`,
      );
    const own = fileOf(attachment, context.base);
    if (own !== undefined)
      result.push({ ...item, attachment: await described(services, attachment, own, place, unit) });
    else if (attachment.url === undefined || /^https:\/\/[^\s]+$/.test(attachment.url)) result.push(item);
    else throw brokenRule(`${place}.url is Binary/[id] or https`, 'Adresse de document refusée.', `${place}.url`);
    await requireSame(services, own, appointment, place, unit);
  }
  return result;
}

async function requireSame(
  { reader }: RuleServices,
  binary: string | undefined,
  appointment: string,
  place: string,
  unit: Unit,
): Promise<void> {
  if (binary === undefined) return;
  const pending = unit.keptContents().get(binary);
  const [facts] = pending === undefined ? await contentFacts(reader.database, [binary]) : [pending];
  if (facts?.appointment === appointment) return;
  throw new FhirError('not-found', `${place}.url leads to no Binary of this appointment`, {
    status: 422,
    expression: `${place}.url`,
    text: "L'adresse du document ne mène à aucune pièce jointe de ce rendez-vous.",
  });
}

async function described(
  { reader }: RuleServices,
  attachment: Attachment,
  binary: string,
  place: string,
  unit: Unit,
): Promise<Attachment> {
  const pending = unit.keptContents().get(binary);
  const bytes =
    pending === undefined
      ? (await contentFacts(reader.database, [binary]))[0]?.bytes
      : Buffer.byteLength(pending.data, 'base64');
  const stored = await reader.read('Binary', binary);
  const { contentType } = stored?.body === undefined ? attachment : parseResource('Binary', stored.body);
  const { contentType: told = contentType, size = bytes } = attachment;
  if (bareType(told ?? '') === bareType(contentType ?? '') && size === bytes)
    return { ...attachment, contentType: contentType!, url: `Binary/${binary}`, ...(bytes ? { size: bytes } : {}) };
  throw brokenRule(
    `${place}: contentType and size differ from those of Binary/${binary}`,
    'Le type ou la taille du document ne sont pas ceux de la pièce jointe.',
    place,
  );
}

/** The id of the Binary of this server that an attachment names. */
function fileOf({ url }: Attachment, base = ''): string | undefined {
  const reading = url === undefined ? undefined : localReference({ reference: url }, base);
  return reading?.is === 'local' && reading.type === 'Binary' ? reading.id : undefined;
}

/** `Binary/x` of the files of a document. */
function filesOf(document: Resource | undefined): string[] {
  return list(asType(document, 'DocumentReference')?.content).flatMap(({ attachment }) => {
    const id = fileOf(attachment);
    return id === undefined ? [] : [`Binary/${id}`];
  });
}

/** The files of the other documents of the appointment. */
async function filesOfOthers({ reader }: RuleServices, id: string, appointment: string): Promise<Set<string>> {
  const others = await reader.referringTo('DocumentReference', 'related', [`Appointment/${appointment}`]);
  const stored = await reader.readReferences(others.filter((other) => other !== `DocumentReference/${id}`));
  return new Set(stored.flatMap(({ body }) => filesOf(parseResource('DocumentReference', body!))));
}

/** Deletes another resource in the same commit. */
export async function removeToo(
  services: RuleServices,
  context: Context,
  reference: string,
  unit: Unit,
): Promise<void> {
  const [type = '', id = ''] = reference.split('/');
  const stored = await services.reader.read(type, id);
  if (stored?.body === undefined) return;
  const version = versionAfter(services.reader.database, stored.version);
  const at = new Date(Math.max(context.now, stored.updatedAt)).toISOString();
  const before = parseAnyResource(stored.body);
  unit.follow(type, id, stored.version);
  unit.audit(writeFact(context, { method: 'DELETE', type, id, before, after: undefined, version }, unit));
  unit.remove(type, id, version, at);
}
