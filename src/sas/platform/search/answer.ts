/**
 * Reads and checks one partner's answer, each entry by itself, so that a wrong one does not spoil the others. The
 * result has ids that no other partner uses; practitioners and structures with a national identifier have one id for
 * all partners. Spec: 6.1 to 6.3, traps I8, C22 and C29
 */
import { isUtf8 } from 'node:buffer';
import { bufferBytes, type ByteText, bytesOf, textOf } from '../../../fhir/byte-text.ts';
import type { CodeableConcept, Json, Resource } from '../../../fhir/resource.ts';
import type { BundleEntry } from '../../../fhir/foundation.ts';
import { entryTexts } from './entry-texts.ts';
import { hasFaults, hasReferences, ID, Included, parseEntry, type Place, withSource } from './included.ts';
import type { Partner } from '../partners/partner.ts';
import { PartnerFailure } from '../partners/partner-link.ts';
import type { Question } from './question.ts';
import { SameTimes, type Time } from './same-times.ts';
import { type Holes, SlotTemplate } from './slot-template.ts';

export interface FoundSlot extends Time {
  id: string;
  /** JSON. */
  body: ByteText;
  /** `Schedule/id`, and what goes with it. */
  schedule: string;
  /** The same place at another partner has the same; absent without national identifiers. */
  shared: string | undefined;
}

export interface Answer {
  slots: FoundSlot[];
  /** What slots refer to, by `Type/id`: JSON. */
  others: Map<string, ByteText>;
  /** `Type/id` of what goes with a schedule, itself first. */
  needs: Map<string, readonly string[]>;
  /** Asked identifiers that were there. */
  seen: Set<string>;
  /** Practitioners and structures with a national identifier, as the platform's directory keeps them. */
  directory: Resource[];
  /** Entries that were left out: wrong, or not asked for. */
  invalid: number;
  /** The same slot again. */
  duplicates: number;
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

export function emptyAnswer(): Answer {
  return { slots: [], others: new Map(), needs: new Map(), seen: new Set(), directory: [], invalid: 0, duplicates: 0 };
}

/** Throws PartnerFailure `invalid` when it is no searchset at all. */
export function readAnswer(partner: Partner, question: Question, body: Buffer): Answer {
  if (!isUtf8(body))
    throw new PartnerFailure('invalid', 'the answer is not in UTF-8', "réponse qui n'est pas en UTF-8");
  const answer = emptyAnswer();
  const included = new Included(partner);
  const slots = readEntries(partner, included, bufferBytes(body));
  included.settle();
  const asked = new Set(question.identifiers);
  const places = new Map<string, Place | undefined>();
  const known = new Set<string>();
  const times = new SameTimes<Time & { comment: string }>();
  const instants = new Map<string, number>();
  for (const slot of slots) {
    const start = instantOf(slot.holes.start, instants);
    const end = instantOf(slot.holes.end, instants);
    // NaN is not before anything.
    if (!(start < end) || !isRight(slot) || !question.isWithin(start)) {
      answer.invalid++;
      continue;
    }
    const { schedule: reference } = slot.holes;
    if (!places.has(reference))
      places.set(
        reference,
        question.kind === 'SOS'
          ? included.structurePlace(textOf(reference), asked)
          : included.practitionerPlace(textOf(reference), asked),
      );
    const place = places.get(reference);
    if (place === undefined) {
      answer.invalid++;
      continue;
    }
    const id = included.idOf(slot.holes.id);
    const time = { start, end, modes: slot.modes, comment: slot.holes.comment };
    if (known.has(slot.holes.id) || times.find(place.schedule, time).some((one) => one.comment === time.comment)) {
      answer.duplicates++;
      continue;
    }
    known.add(slot.holes.id);
    times.add(place.schedule, time);
    const needs = question.kind === 'CPTS' && slot.resource !== undefined ? included.services(slot.resource) : [];
    const { schedule } = place;
    const body =
      slot.template === undefined
        ? included.slotBytes(slot.resource!, id, schedule)
        : slot.template.write({ ...slot.holes, id: id as ByteText, schedule: schedule as ByteText });
    answer.slots.push({ id, start, end, modes: slot.modes, schedule, shared: place.shared, body });
    answer.seen.add(place.identifier);
    if (needs.length > 0 || !answer.needs.has(schedule))
      answer.needs.set(schedule, [...new Set([...(answer.needs.get(schedule) ?? place.needs), ...needs])]);
  }
  answer.invalid += included.invalid;
  for (const needs of answer.needs.values())
    for (const one of needs) if (!answer.others.has(one)) answer.others.set(one, included.bytes(one));
  answer.directory = included.directory(answer.others.keys());
  return answer;
}

/** A slot that was parsed, or one that is like another that was. */
interface ReadSlot {
  holes: Holes;
  modes: string;
  /** `undefined`: wrong. */
  resource: Resource | undefined;
  template: SlotTemplate | undefined;
}

/** Kinds of slots in one answer that are worth learning. */
const MAX_TEMPLATES = 32;

/** The slots; everything else goes to `included`. */
function readEntries(partner: Partner, included: Included, text: ByteText): ReadSlot[] {
  const cut = entryTexts(text);
  if (cut === undefined) return parsedEntries(included, text);
  checkBundle(cut.bundle);
  const slots: ReadSlot[] = [];
  const templates: SlotTemplate[] = [];
  for (const entry of cut.entries) {
    const like = matching(templates, entry);
    if (like !== undefined) {
      slots.push(like);
      continue;
    }
    let value: BundleEntry | undefined;
    try {
      value = parseEntry(entry);
    } catch {
      // Cut at a wrong place, or no JSON: the parser decides.
      included.clear();
      return parsedEntries(included, text);
    }
    const slot = value?.resource;
    if (slot?.resourceType !== 'Slot') {
      included.add(value);
      continue;
    }
    const read = readSlot(slot);
    slots.push(read);
    if (read.resource === undefined || templates.length >= MAX_TEMPLATES || hasReferences(slot)) continue;
    const template = SlotTemplate.of(entry, slot, withSource(partner, slot), read.modes);
    if (template !== undefined) templates.push(template);
  }
  return slots;
}

function matching(templates: readonly SlotTemplate[], entry: ByteText): ReadSlot | undefined {
  for (const template of templates) {
    const holes = template.match(entry);
    if (holes !== undefined) return { holes, modes: template.modes, resource: undefined, template };
  }
  return undefined;
}

function parsedEntries(included: Included, text: ByteText): ReadSlot[] {
  let bundle: Json;
  try {
    bundle = JSON.parse(textOf(text));
  } catch (cause) {
    throw new PartnerFailure('invalid', 'the answer is no JSON', 'réponse illisible (pas du JSON)', { cause });
  }
  checkBundle(bundle);
  const slots: ReadSlot[] = [];
  for (const entry of (bundle.entry ?? []) as BundleEntry[]) {
    if (entry?.resource?.resourceType === 'Slot') slots.push(readSlot(entry.resource));
    else included.add(entry);
  }
  return slots;
}

function checkBundle(bundle: Json): void {
  if (
    bundle?.resourceType === 'Bundle' &&
    bundle.type === 'searchset' &&
    (bundle.entry === undefined || Array.isArray(bundle.entry))
  )
    return;
  throw new PartnerFailure(
    'invalid',
    'the answer is no searchset',
    "réponse inattendue (ce n'est pas un résultat de recherche FHIR)",
  );
}

function readSlot(slot: Resource): ReadSlot {
  const { id, start, end, comment, schedule } = slot as Json;
  const reference = schedule?.reference;
  // As in the texts: what is not ASCII is in bytes. Anything else that is no text is wrong.
  const inBytes = (value: Json): ByteText => (typeof value === 'string' ? bytesOf(value) : value);
  const holes = { fullUrl: inBytes(''), id, start, end, comment: inBytes(comment), schedule: inBytes(reference) };
  const isWrong = slot['status'] !== 'free' || typeof reference !== 'string' || !ID.test(id) || hasFaults(slot);
  return { holes, modes: isWrong ? '' : modesOf(slot), resource: isWrong ? undefined : slot, template: undefined };
}

/** Epoch ms, or NaN. Many slots have the same times. */
function instantOf(text: string, known: Map<string, number>): number {
  const before = known.get(text);
  if (before !== undefined) return before;
  const at = INSTANT.test(text) ? Date.parse(text) : Number.NaN;
  known.set(text, at);
  return at;
}

/** What was parsed has been checked; of what is like it, what fills the holes is left to check. */
function isRight({ holes, resource, template }: ReadSlot): boolean {
  return template === undefined ? resource !== undefined : ID.test(holes.id) && holes.comment !== '';
}

/** The consultation modes, which tell two slots of one time and place apart. */
function modesOf(slot: Resource): string {
  const types = slot['serviceType'] as CodeableConcept[] | undefined;
  if (types === undefined) return '';
  const codes = types.flatMap((one) => (one.coding ?? []).map((coding) => coding.code ?? ''));
  return codes.length > 1 ? codes.sort().join() : (codes[0] ?? '');
}
