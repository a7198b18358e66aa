/**
 * Kinds of visit: the extension `urn:creneau:fhir:visit-kind`, read into plain rules. The catalogue of an Organization
 * has them whole; what a practitioner, a service or an agenda says of the same coding takes the place of single rules.
 * ADR 0035
 */
import { codeOf, extensionsOf, type LocatedExtension, partsOf, partValue, partValues } from '../extension.ts';
import { numberOf } from '../json.ts';
import type { CodeableConcept, Coding, Json, Resource } from '../resource.ts';

/** The people who may book a kind by themselves. The desk of the practice may book every kind. */
export const AUDIENCES = ['everyone', 'patients', 'colleagues', 'regulators'] as const;
export type Audience = (typeof AUDIENCES)[number];

/** Seen for the first time, somebody comes as one of an audience; the desk comes through no limits. */
export interface Visitor {
  as: Audience | 'desk';
  /** The practice has seen this patient before. */
  isKnown?: boolean | undefined;
  /** Of the patient, `YYYY-MM-DD`. */
  birthDate?: string | undefined;
}

/** The system of the kinds that the pages make. Their names reveal why somebody comes: no message carries them. */
export const KIND_SYSTEM = 'urn:creneau:fhir:motif';

/** The kinds of other editors have a system that ends so. */
export function isKindSystem(system: string | undefined): boolean {
  return system !== undefined && /[:/#]motifs?$/i.test(system);
}

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** Times open on one day of the week at a time, each time for some weeks. */
export interface Release {
  /** 0: Monday. */
  weekday: number;
  /** Minutes after midnight, by the clock of the agenda. */
  minute: number;
  weeks: number;
}

/** The limits of one kind for some audiences; for all of them without any. */
export interface KindLimit {
  audiences: Audience[];
  noticeMs: number;
  notSameDay: boolean;
  horizonDays?: number;
  release?: Release;
  perDay?: number;
  perWeek?: number;
}

/** The rules that somebody states about a kind; what is absent is stated elsewhere, or not at all. */
export interface KindRules {
  name?: string;
  group?: string;
  durationMs?: number;
  modes?: string[];
  audiences?: Audience[];
  takesNew?: boolean;
  needsApproval?: boolean;
  /** Whole years, inclusive. */
  ageMin?: number;
  ageMax?: number;
  bufferMs?: number;
  stepMs?: number;
  places?: number;
  /** A patient may cancel until so long before the start. */
  cancelMs?: number;
  /** Patients are reminded so many hours before the start; 0 alone: never. */
  reminderHours?: number[];
  limits?: KindLimit[];
  isRetired?: boolean;
}

export interface VisitKindEntry {
  /** `system|code`. */
  key: string;
  rules: KindRules;
}

/** The texts and questions for a patient. */
export interface KindTexts {
  before?: string;
  after?: string;
  documents?: string;
  questions: { text: string; answers: string[]; call: string[] }[];
}

const MINUTE_MS = 60_000;

/** On one line, whatever the code is. */
export function kindKey({ system = '', code = '' }: Coding): string {
  return `${system}|${code}`.replace(/\s+/g, ' ');
}

/** The keys that a concept may have. */
export function keysOfConcept({ coding = [] }: CodeableConcept): string[] {
  return coding.filter(({ code }) => code !== undefined).map(kindKey);
}

export function readVisitKinds(resource: Resource): VisitKindEntry[] {
  return extensionsOf(resource, 'visitKind').flatMap((whole) => {
    const coding: Coding | undefined = partValue(whole, 'kind');
    return coding?.code === undefined ? [] : [{ key: kindKey(coding), rules: rulesOf(whole, coding) }];
  });
}

function rulesOf(whole: LocatedExtension, coding: Coding): KindRules {
  const has = (url: string): boolean => partsOf(whole, url).length > 0;
  const limits = partsOf(whole, 'limit').map(limitOf);
  return withoutAbsent({
    name: coding.display,
    group: textOf(partValue(whole, 'group')),
    durationMs: minutesOf(whole, 'duration'),
    modes: has('mode') ? codesOf(whole, 'mode') : undefined,
    audiences: has('audience') ? audiencesOf(whole) : undefined,
    takesNew: flagOf(whole, 'newPatients'),
    needsApproval: flagOf(whole, 'approval'),
    ageMin: countOf(whole, 'ageMin'),
    ageMax: countOf(whole, 'ageMax'),
    bufferMs: minutesOf(whole, 'buffer'),
    stepMs: minutesOf(whole, 'step'),
    places: countOf(whole, 'places'),
    cancelMs: minutesOf(whole, 'cancelUntil'),
    reminderHours: has('reminder') ? hoursOf(whole) : undefined,
    limits: limits.length > 0 ? limits : undefined,
    isRetired: flagOf(whole, 'retired'),
  });
}

function limitOf(part: LocatedExtension): KindLimit {
  const [release] = partsOf(part, 'release');
  return withoutAbsent({
    audiences: audiencesOf(part),
    noticeMs: minutesOf(part, 'notice') ?? 0,
    notSameDay: flagOf(part, 'notSameDay') === true,
    horizonDays: countOf(part, 'horizonDays'),
    release: release === undefined ? undefined : releaseOf(release),
    perDay: countOf(part, 'perDay'),
    perWeek: countOf(part, 'perWeek'),
  });
}

/** `undefined` where a part of it cannot be understood: the check of the write says so. */
export function releaseOf(part: LocatedExtension): Release | undefined {
  const weekday = WEEKDAYS.indexOf(codeOf(partValue(part, 'day')) as (typeof WEEKDAYS)[number]);
  const clock = /^([01]\d|2[0-3]):([0-5]\d)(?::\d\d)?$/.exec(String(partValue(part, 'at') ?? ''));
  const weeks = countOf(part, 'weeks');
  if (weekday < 0 || clock === null || weeks === undefined || weeks < 1) return undefined;
  return { weekday, minute: Number(clock[1]) * 60 + Number(clock[2]), weeks };
}

function hoursOf(whole: LocatedExtension): number[] {
  return partValues(whole, 'reminder')
    .map(numberOf)
    .filter((hours) => Number.isInteger(hours) && hours > 0);
}

export function audiencesOf(whole: LocatedExtension): Audience[] {
  return codesOf(whole, 'audience').filter((code): code is Audience => AUDIENCES.includes(code as Audience));
}

export function codesOf(whole: LocatedExtension, url: string): string[] {
  return partValues(whole, url).map((value) => codeOf(value) ?? '');
}

/** A whole number from 0; `undefined` for anything else. */
export function countOf(whole: LocatedExtension, url: string): number | undefined {
  const value: Json = partValue(whole, url);
  const count = value === undefined ? Number.NaN : numberOf(value);
  return Number.isInteger(count) && count >= 0 ? count : undefined;
}

function minutesOf(whole: LocatedExtension, url: string): number | undefined {
  const minutes = countOf(whole, url);
  return minutes === undefined ? undefined : minutes * MINUTE_MS;
}

function flagOf(whole: LocatedExtension, url: string): boolean | undefined {
  const value: Json = partValue(whole, url);
  return typeof value === 'boolean' ? value : undefined;
}

function textOf(value: Json): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

/** The texts of one kind; the resource that is named last has the last word. */
export function readKindTexts(resources: readonly Resource[], key: string): KindTexts {
  const texts: KindTexts = { questions: [] };
  for (const resource of resources)
    for (const whole of extensionsOf(resource, 'visitKind')) {
      if (kindKey(partValue(whole, 'kind') ?? {}) !== key) continue;
      for (const url of ['before', 'after', 'documents'] as const) {
        const text = textOf(partValue(whole, url));
        if (text !== undefined) texts[url] = text;
      }
      const questions = partsOf(whole, 'question').map((question) => ({
        text: textOf(partValue(question, 'text')) ?? '',
        answers: partValues(question, 'answer').map(String),
        call: partValues(question, 'call').map(String),
      }));
      if (questions.length > 0) texts.questions = questions;
    }
  return texts;
}

function withoutAbsent<T extends object>(parts: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as T;
}
