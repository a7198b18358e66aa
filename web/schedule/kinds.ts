/**
 * The catalogue of kinds of visit of a practice, as a form shows it. Each kind is an extension of the Organization;
 * parts that the form does not show stay as they are.
 */
import { extensionUrl, isExtension } from '../../src/fhir/extension.ts';
import {
  AUDIENCES,
  type Audience,
  KIND_SYSTEM,
  kindKey,
  readKindTexts,
  readVisitKinds,
  WEEKDAYS,
} from '../../src/fhir/french/visit-kind.ts';
import type { Coding, Extension, Resource } from '../../src/fhir/resource.ts';
import { ask, update } from '../fhir/client.ts';

export { AUDIENCES, KIND_SYSTEM, WEEKDAYS };

/** Numbers are what is typed; '' leaves the part out. */
export interface LimitValues {
  audiences: Audience[];
  noticeHours: string;
  notSameDay: boolean;
  horizonDays: string;
  /** '' or one of `WEEKDAYS`. */
  releaseDay: string;
  releaseAt: string;
  releaseWeeks: string;
  perDay: string;
  perWeek: string;
}

export interface KindValues {
  /** '' of a new one. */
  code: string;
  name: string;
  group: string;
  minutes: string;
  modes: string[];
  audiences: Audience[];
  takesNew: boolean;
  needsApproval: boolean;
  ageMin: string;
  ageMax: string;
  buffer: string;
  step: string;
  places: string;
  cancelHours: string;
  limits: LimitValues[];
  before: string;
  after: string;
  documents: string;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export const NEW_LIMIT: LimitValues = {
  audiences: [],
  ...{ noticeHours: '', notSameDay: false, horizonDays: '', perDay: '', perWeek: '' },
  ...{ releaseDay: '', releaseAt: '08:00', releaseWeeks: '4' },
};

export const NEW_KIND: KindValues = {
  ...{ code: '', name: '', group: '', minutes: '15', modes: ['AMB'], audiences: [], takesNew: true },
  ...{ needsApproval: false, ageMin: '', ageMax: '', buffer: '', step: '', places: '', cancelHours: '' },
  ...{ limits: [], before: '', after: '', documents: '' },
};

/** The parts that the form writes. */
const FORM_PARTS = [
  ...['kind', 'group', 'duration', 'mode', 'audience', 'newPatients', 'approval', 'ageMin', 'ageMax', 'buffer', 'step'],
  ...['places', 'cancelUntil', 'limit', 'before', 'after', 'documents', 'retired'],
];

/** Those that can be chosen, in the order of the practice. */
export function kindsOf(organization: Resource): KindValues[] {
  return readVisitKinds(organization)
    .filter(({ rules }) => rules.isRetired !== true)
    .map(({ key, rules }) => {
      const { before = '', after = '', documents = '' } = readKindTexts([organization], key);
      return {
        ...NEW_KIND,
        code: key.slice(key.indexOf('|') + 1),
        name: rules.name ?? '',
        group: rules.group ?? '',
        minutes: typed(rules.durationMs, MINUTE_MS),
        modes: rules.modes ?? [],
        audiences: rules.audiences ?? [],
        takesNew: rules.takesNew ?? true,
        needsApproval: rules.needsApproval ?? false,
        ageMin: typed(rules.ageMin),
        ageMax: typed(rules.ageMax),
        buffer: typed(rules.bufferMs, MINUTE_MS),
        step: typed(rules.stepMs, MINUTE_MS),
        places: typed(rules.places),
        cancelHours: typed(rules.cancelMs, HOUR_MS),
        limits: (rules.limits ?? []).map((limit) => ({
          ...NEW_LIMIT,
          audiences: limit.audiences,
          noticeHours: limit.noticeMs === 0 ? '' : typed(limit.noticeMs, HOUR_MS),
          notSameDay: limit.notSameDay,
          horizonDays: typed(limit.horizonDays),
          perDay: typed(limit.perDay),
          perWeek: typed(limit.perWeek),
          ...(limit.release === undefined
            ? {}
            : {
                releaseDay: WEEKDAYS[limit.release.weekday]!,
                releaseAt: clockOf(limit.release.minute),
                releaseWeeks: String(limit.release.weeks),
              }),
        })),
        ...{ before, after, documents },
      };
    });
}

function typed(value: number | undefined, unit = 1): string {
  return value === undefined ? '' : String(value / unit);
}

function clockOf(minute: number): string {
  return [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, '0')).join(':');
}

export function codingOf({ code, name }: Pick<KindValues, 'code' | 'name'>): Coding {
  return { system: KIND_SYSTEM, code, display: name.trim() };
}

/** Whole numbers, so that `1,5` hours are 90 minutes. */
function count(url: string, text: string, factor = 1): Extension[] {
  const value = Math.round(Number(text.replace(',', '.')) * factor);
  return text.trim() === '' || !Number.isFinite(value) ? [] : [{ url, valueUnsignedInt: value }];
}

const positive = (url: string, text: string): Extension[] =>
  count(url, text).map(({ valueUnsignedInt }) => ({ url, valuePositiveInt: valueUnsignedInt }));
const codes = (url: string, values: readonly string[]): Extension[] => values.map((valueCode) => ({ url, valueCode }));
const words = (url: string, text: string): Extension[] =>
  text.trim() === '' ? [] : [{ url, valueString: text.trim() }];

/** `before`: the entry that it replaces. */
function entryOf(values: KindValues, before: Extension | undefined): Extension {
  return {
    url: extensionUrl('visitKind'),
    extension: [
      { url: 'kind', valueCoding: codingOf(values) },
      ...words('group', values.group),
      ...positive('duration', values.minutes),
      ...codes('mode', values.modes),
      ...codes('audience', values.audiences),
      { url: 'newPatients', valueBoolean: values.takesNew },
      { url: 'approval', valueBoolean: values.needsApproval },
      ...count('ageMin', values.ageMin),
      ...count('ageMax', values.ageMax),
      ...count('buffer', values.buffer),
      ...positive('step', values.step),
      ...positive('places', values.places),
      ...count('cancelUntil', values.cancelHours, 60),
      ...values.limits.map((limit) => ({ url: 'limit', extension: limitParts(limit) })),
      ...words('before', values.before),
      ...words('after', values.after),
      ...words('documents', values.documents),
      ...(before?.extension ?? []).filter(({ url }) => !FORM_PARTS.includes(url)),
    ],
  };
}

function limitParts(limit: LimitValues): Extension[] {
  return [
    ...codes('audience', limit.audiences),
    ...count('notice', limit.noticeHours, 60),
    { url: 'notSameDay', valueBoolean: limit.notSameDay },
    ...positive('horizonDays', limit.horizonDays),
    ...(limit.releaseDay === ''
      ? []
      : [
          {
            url: 'release',
            extension: [
              { url: 'day', valueCode: limit.releaseDay },
              { url: 'at', valueTime: `${limit.releaseAt}:00` },
              ...positive('weeks', limit.releaseWeeks),
            ],
          },
        ]),
    ...positive('perDay', limit.perDay),
    ...positive('perWeek', limit.perWeek),
  ];
}

function isEntryOf(extension: Extension, code: string): boolean {
  const coding = extension.extension?.find(({ url }) => url === 'kind')?.valueCoding;
  return isExtension(extension, 'visitKind') && coding !== undefined && kindKey(coding) === `${KIND_SYSTEM}|${code}`;
}

/** Adds the kind, or changes it. Throws a refusal when somebody has changed the practice since. */
export function writeKind(organization: Resource, values: KindValues): Promise<Resource> {
  const all = organization.extension ?? [];
  const before = all.find((extension) => isEntryOf(extension, values.code));
  const written = entryOf(values.code === '' ? { ...values, code: crypto.randomUUID() } : values, before);
  const extension = before === undefined ? [...all, written] : all.map((other) => (other === before ? written : other));
  return update({ ...organization, extension });
}

/** Nobody chooses it any more; appointments that have it keep its words. */
export function retireKind(organization: Resource, code: string): Promise<Resource> {
  const extension = (organization.extension ?? []).map((entry) =>
    isEntryOf(entry, code)
      ? { ...entry, extension: [...(entry.extension ?? []), { url: 'retired', valueBoolean: true }] }
      : entry,
  );
  return update({ ...organization, extension });
}

export async function readPractice(practice: string, signal: AbortSignal): Promise<Resource> {
  return (await ask(`/fhir/${practice}`, { signal })).json;
}

/** Fails when somebody has changed the practice since. */
export function undoPractice(before: Resource, after: Resource): Promise<Resource> {
  return update({ ...before, meta: after.meta! });
}
