/**
 * One partner's answer, read and checked: each entry by itself, so that a wrong entry does not spoil the others. The
 * resources get ids that no other partner uses; practitioners and structures with a national identifier have the same
 * id for all partners. Spec: 6.1 to 6.3, traps I8, C22, C29
 */
import { isUtf8 } from 'node:buffer';
import { BUDGETS } from '../../../fhir/budgets.ts';
import { bufferBytes, type ByteText, bytesOf, textOf } from '../../../fhir/byte-text.ts';
import type { BundleEntry } from '../../../fhir/foundation.ts';
import type { Json, Resource } from '../../../fhir/resource.ts';
import { isType, type Slot } from '../../../fhir/resources.ts';
import type { Partner } from '../partners/partner.ts';
import { PartnerFailure } from '../partners/partner-link.ts';
import type { AggregatedQuery } from './aggregated-query.ts';
import { entryTexts, isDeeperThan } from './entry-texts.ts';
import { type AnsweredPlace, Included } from './included.ts';
import { hasFaults, hasReferences, ID, parseEntry, withSource } from './partner-entry.ts';
import { SameTimes, type SlotTime } from './same-times.ts';
import { type Holes, SlotTemplate } from './slot-template.ts';

export interface AnsweredSlot extends SlotTime {
  id: string;
  /** JSON. */
  body: ByteText;
  /** `Schedule/id`. */
  schedule: string;
  /** Equal for the same place at another partner; absent without national identifiers. */
  shared: string | undefined;
}

export interface PartnerAnswer {
  slots: AnsweredSlot[];
  /** The resources that slots refer to, as JSON, by `Type/id`. */
  others: Map<string, ByteText>;
  /** By `Schedule/id`: `Type/id` of the resources that go with its slots, the agenda first. */
  needs: Map<string, readonly string[]>;
  /** Identifiers that were asked for and have slots. */
  answered: Set<string>;
  /** Practitioners and structures with a national identifier, as the platform's directory keeps them. */
  directory: Resource[];
  /** Number of entries left out: wrong, or not asked for. */
  invalid: number;
  /** Number of slots that came twice. */
  duplicates: number;
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

export function emptyAnswer(): PartnerAnswer {
  return {
    slots: [],
    others: new Map(),
    needs: new Map(),
    answered: new Set(),
    directory: [],
    invalid: 0,
    duplicates: 0,
  };
}

/** Throws PartnerFailure `invalid` when the body is not a searchset. */
export function readAnswer(partner: Partner, query: AggregatedQuery, body: Buffer): PartnerAnswer {
  if (!isUtf8(body))
    throw new PartnerFailure('invalid', 'the answer is not in UTF-8', "réponse qui n'est pas en UTF-8");
  const answer = emptyAnswer();
  const included = new Included(partner);
  const slots = readEntries(partner, included, bufferBytes(body));
  included.settle();
  const asked = new Set(query.identifiers);
  const places = new Map<string, AnsweredPlace | undefined>();
  const ids = new Set<string>();
  const times = new SameTimes<SlotTime & { comment: string }>();
  const instants = new Map<string, number>();
  for (const slot of slots) {
    const start = instantOf(slot.holes.start, instants);
    const end = instantOf(slot.holes.end, instants);
    // A time that is not an instant is NaN, and NaN is less than no number.
    if (!(start < end) || !isValidSlot(slot) || !query.isWithin(start)) {
      answer.invalid++;
      continue;
    }
    const { schedule: reference } = slot.holes;
    if (!places.has(reference))
      places.set(
        reference,
        query.kind === 'SOS'
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
    if (times.isFull(place.schedule, start)) {
      answer.invalid++;
      continue;
    }
    if (ids.has(slot.holes.id) || times.find(place.schedule, time).some(({ comment }) => comment === time.comment)) {
      answer.duplicates++;
      continue;
    }
    ids.add(slot.holes.id);
    times.add(place.schedule, time);
    const needs = query.kind === 'CPTS' && slot.resource !== undefined ? included.services(slot.resource) : [];
    const { schedule } = place;
    const body =
      slot.template === undefined
        ? included.slotBytes(slot.resource!, id, schedule)
        : slot.template.write({ ...slot.holes, id: id as ByteText, schedule: schedule as ByteText });
    answer.slots.push({ id, start, end, modes: slot.modes, schedule, shared: place.shared, body });
    answer.answered.add(place.identifier);
    if (needs.length > 0 || !answer.needs.has(schedule))
      answer.needs.set(schedule, [...new Set([...(answer.needs.get(schedule) ?? place.needs), ...needs])]);
  }
  answer.invalid += included.invalid;
  for (const name of [...answer.needs.values()].flat())
    if (!answer.others.has(name)) answer.others.set(name, included.bytes(name));
  answer.directory = included.directory(answer.others.keys());
  return answer;
}

/** A slot that was parsed, or one with the text of another that was. */
interface ReadSlot {
  holes: Holes;
  modes: string;
  /** `undefined` when it is wrong, or was not parsed. */
  resource: Slot | undefined;
  template: SlotTemplate | undefined;
}

const MAX_DEPTH = 100;
/** A slot has a thousand. */
const LONG_ENTRY_CHARS = 100_000;
/** An answer has few kinds of slots; more templates would not pay. */
const MAX_TEMPLATES = 32;

/** Throws at the first slot too many: the others are not read. */
function addSlot(slots: ReadSlot[], slot: ReadSlot): void {
  if (slots.push(slot) > BUDGETS.partnerSlots.most)
    throw new PartnerFailure('invalid', 'the answer has too many slots', 'réponse qui a trop de créneaux');
}

/** Returns the slots, and puts the other entries into `included`. */
function readEntries(partner: Partner, included: Included, text: ByteText): ReadSlot[] {
  const cut = entryTexts(text);
  if (cut === undefined) return parsedEntries(included, text);
  checkBundle(cut.bundle);
  const slots: ReadSlot[] = [];
  const templates: SlotTemplate[] = [];
  for (const entry of cut.entries) {
    const matched = matching(templates, entry);
    if (matched !== undefined) {
      addSlot(slots, matched);
      continue;
    }
    if (entry.length > LONG_ENTRY_CHARS) requireFlat(entry);
    let value: BundleEntry | undefined;
    try {
      value = parseEntry(entry);
    } catch {
      // Cut at a wrong place, or not JSON: the parser decides.
      included.clear();
      return parsedEntries(included, text);
    }
    const slot = value?.resource;
    if (slot === undefined || slot === null || !isType(slot, 'Slot')) {
      included.add(value);
      continue;
    }
    const read = readSlot(slot);
    addSlot(slots, read);
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
  requireFlat(text);
  let bundle: Json;
  try {
    bundle = JSON.parse(textOf(text));
  } catch (cause) {
    throw new PartnerFailure('invalid', 'the answer is not JSON', 'réponse illisible (pas du JSON)', { cause });
  }
  checkBundle(bundle);
  const slots: ReadSlot[] = [];
  const entries: readonly BundleEntry[] = bundle.entry ?? [];
  for (const entry of entries) {
    if (entry?.resource && isType(entry.resource, 'Slot')) addSlot(slots, readSlot(entry.resource));
    else included.add(entry);
  }
  return slots;
}

/** Millions of brackets cost the parser seconds, and a resource has few levels. */
function requireFlat(text: ByteText): void {
  if (isDeeperThan(MAX_DEPTH, text))
    throw new PartnerFailure('invalid', 'the answer is nested too deeply', 'réponse illisible (trop de niveaux)');
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
    'the answer is not a searchset',
    "réponse inattendue (ce n'est pas un résultat de recherche FHIR)",
  );
}

function readSlot(slot: Slot): ReadSlot {
  const { id, start, end, comment, schedule }: Json = slot;
  const reference = schedule?.reference;
  // Byte text, as in the texts that are cut. A value that is not a string is wrong, and is found below.
  const inBytes = (value: Json): ByteText => (typeof value === 'string' ? bytesOf(value) : value);
  const holes = { fullUrl: inBytes(''), id, start, end, comment: inBytes(comment), schedule: inBytes(reference) };
  const isWrong = slot.status !== 'free' || typeof reference !== 'string' || !ID.test(id) || hasFaults(slot);
  return { holes, modes: isWrong ? '' : modesOf(slot), resource: isWrong ? undefined : slot, template: undefined };
}

/** Epoch milliseconds, or NaN. Many slots have the same times: `cache` saves the parsing. */
function instantOf(text: string, cache: Map<string, number>): number {
  const before = cache.get(text);
  if (before !== undefined) return before;
  const instant = INSTANT.test(text) ? Date.parse(text) : Number.NaN;
  cache.set(text, instant);
  return instant;
}

/** A parsed slot has been checked. Of a slot that matched a template only the values in the holes are left to check. */
function isValidSlot({ holes, resource, template }: ReadSlot): boolean {
  return template === undefined ? resource !== undefined : ID.test(holes.id) && holes.comment !== '';
}

/** The consultation modes, which tell two slots of one time and place apart. */
function modesOf({ serviceType: types }: Slot): string {
  if (types === undefined) return '';
  const codes = types.flatMap(({ coding }) => coding ?? []).map(({ code }) => code ?? '');
  return codes.length > 1 ? codes.sort().join() : (codes[0] ?? '');
}
