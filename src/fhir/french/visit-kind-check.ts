/** The faults of kinds of visit and of openings, for which a write is refused. ADR 0035 */
import {
  codeOf,
  type ExtensionName,
  extensionsOf,
  extensionValue,
  type LocatedExtension,
  partsOf,
  partValue,
  partValues,
} from '../extension.ts';
import { type Issue, issue } from '../issue.ts';
import { numberOf } from '../json.ts';
import type { Coding, Resource } from '../resource.ts';
import { MAX_CAPACITY } from './fr-extensions.ts';
import { AUDIENCES, kindKey, releaseOf } from './visit-kind.ts';

const MODES = ['AMB', 'HH', 'VR'];
const DAY_MINUTES = 1440;
const YEAR_DAYS = 366;
/** Characters of a name that the public reads on a telephone. */
const MAX_KIND_NAME = 60;
const MAX_QUESTIONS = 3;
/** Each kind may have a grid of its own, which every search of its agendas cuts. */
const MAX_KINDS = 200;
const MAX_TEXT = 2000;

interface Bound {
  url: string;
  min: number;
  max: number;
}

const COUNTS: readonly Bound[] = [
  { url: 'duration', min: 1, max: DAY_MINUTES },
  { url: 'buffer', min: 0, max: 240 },
  { url: 'step', min: 5, max: DAY_MINUTES },
  { url: 'places', min: 1, max: MAX_CAPACITY },
  { url: 'cancelUntil', min: 0, max: 30 * DAY_MINUTES },
  { url: 'reminder', min: 0, max: 60 * 24 },
  { url: 'ageMin', min: 0, max: 130 },
  { url: 'ageMax', min: 0, max: 130 },
];

const LIMIT_COUNTS: readonly Bound[] = [
  { url: 'notice', min: 0, max: YEAR_DAYS * DAY_MINUTES },
  { url: 'horizonDays', min: 1, max: 2 * YEAR_DAYS },
  { url: 'perDay', min: 1, max: 1000 },
  { url: 'perWeek', min: 1, max: 5000 },
];

/** Of any resource that may have kinds, and of the openings of a Schedule. */
export function checkVisitKinds(resource: Resource): Issue[] {
  const kinds = extensionsOf(resource, 'visitKind');
  const keys = kinds.map((whole) => kindKey(partValue(whole, 'kind') ?? {}));
  const twice = kinds.filter((_whole, i) => keys.indexOf(keys[i]!) < i);
  return [
    ...(kinds.length > MAX_KINDS
      ? [fault(kinds[MAX_KINDS]!.path, `at most ${MAX_KINDS} kinds`, `${MAX_KINDS} motifs au plus`)]
      : kinds.flatMap(checkKind)),
    ...twice.map(({ path }) => fault(path, 'a kind is stated once', 'ce motif est donné deux fois')),
    ...extensionsOf(resource, 'opening').flatMap(checkOpening),
  ];
}

function checkKind(whole: LocatedExtension): Issue[] {
  const { code, display }: Coding = partValue(whole, 'kind') ?? {};
  const text = ['group', 'before', 'after', 'documents'].filter(
    (url) => String(partValue(whole, url) ?? '').length > MAX_TEXT,
  );
  return [
    ...(code ? [] : [fault(whole.path, 'kind is a Coding with a code', '« kind » porte un code')]),
    ...((display ?? '').length > MAX_KIND_NAME
      ? [
          fault(
            whole.path,
            `its name has at most ${MAX_KIND_NAME} characters`,
            `son nom a ${MAX_KIND_NAME} lettres au plus`,
          ),
        ]
      : []),
    ...text.map((url) => fault(whole.path, `${url} is too long`, `« ${url} » est trop long`)),
    ...checkCodes(whole, 'audience', AUDIENCES),
    ...checkCodes(whole, 'mode', MODES),
    ...checkFlags(whole, ['newPatients', 'approval', 'retired']),
    ...checkCounts(whole, COUNTS),
    ...checkOrder(whole, 'ageMin', 'ageMax', 'l’âge minimal dépasse l’âge maximal'),
    ...partsOf(whole, 'limit').flatMap(checkLimit),
    ...checkQuestions(whole),
  ];
}

function checkLimit(part: LocatedExtension): Issue[] {
  const [release] = partsOf(part, 'release');
  const [notice, days] = ['notice', 'horizonDays'].map((url) => numberOf(partValue(part, url)));
  const isEmptyWindow = notice! >= days! * DAY_MINUTES;
  return [
    ...checkCodes(part, 'audience', AUDIENCES),
    ...checkFlags(part, ['notSameDay']),
    ...checkCounts(part, LIMIT_COUNTS),
    ...checkOrder(part, 'perDay', 'perWeek', 'le maximum du jour dépasse celui de la semaine'),
    ...(isEmptyWindow
      ? [
          fault(
            part.path,
            'notice reaches the horizon: nothing is left',
            'le délai minimum atteint l’horizon : rien ne reste',
          ),
        ]
      : []),
    ...(release !== undefined && releaseOf(release) === undefined
      ? [
          fault(
            release.path,
            'release is a day, a time and weeks',
            '« release » : un jour, une heure, un nombre de semaines',
          ),
        ]
      : []),
  ];
}

function checkQuestions(whole: LocatedExtension): Issue[] {
  const questions = partsOf(whole, 'question');
  const isFaulty = questions.some((question) => {
    const answers = partValues(question, 'answer').map(String);
    const isCall = partValues(question, 'call').every((answer) => answers.includes(String(answer)));
    return !partValue(question, 'text') || answers.length < 2 || !isCall;
  });
  return [
    ...(questions.length > MAX_QUESTIONS
      ? [fault(whole.path, `at most ${MAX_QUESTIONS} questions`, `${MAX_QUESTIONS} questions au plus`)]
      : []),
    ...(isFaulty
      ? [
          fault(
            whole.path,
            'a question has a text and two answers at least; those of call are among them',
            'une question a un texte et deux réponses au moins, dont celles qui demandent d’appeler',
          ),
        ]
      : []),
  ];
}

function checkOpening(whole: LocatedExtension): Issue[] {
  const name: ExtensionName = 'opening';
  const kinds = partValues(whole, 'kind').filter((coding: Coding) => !coding?.code);
  return [
    ...kinds.map(() => fault(whole.path, 'kind is a Coding with a code', '« kind » porte un code', name)),
    ...checkCodes(whole, 'audience', [...AUDIENCES, 'desk'], name),
    ...checkCodes(whole, 'mode', MODES, name),
    ...checkCounts(whole, [{ url: 'capacity', min: 1, max: MAX_CAPACITY }], name),
  ];
}

function checkCodes(whole: LocatedExtension, url: string, known: readonly string[], name?: ExtensionName): Issue[] {
  return partsOf(whole, url)
    .filter((part) => !known.includes(codeOf(extensionValue(part.extension)) ?? ''))
    .map(({ path }) =>
      fault(path, `${url} is one of ${known.join(', ')}`, `« ${url} » vaut ${known.join(', ')}`, name),
    );
}

function checkFlags(whole: LocatedExtension, urls: readonly string[]): Issue[] {
  return urls.flatMap((url) =>
    partsOf(whole, url)
      .filter((part) => typeof extensionValue(part.extension) !== 'boolean')
      .map(({ path }) => fault(path, `${url} is true or false`, `« ${url} » vaut oui ou non`)),
  );
}

function checkCounts(whole: LocatedExtension, bounds: readonly Bound[], name?: ExtensionName): Issue[] {
  return bounds.flatMap(({ url, min, max }) =>
    partsOf(whole, url)
      .filter((part) => !isWithin(numberOf(extensionValue(part.extension)), min, max))
      .map(({ path }) =>
        fault(
          path,
          `${url} is a whole number from ${min} to ${max}`,
          `« ${url} » : un entier de ${min} à ${max}`,
          name,
        ),
      ),
  );
}

function isWithin(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}

function checkOrder(whole: LocatedExtension, low: string, high: string, french: string): Issue[] {
  const isWrong = numberOf(partValue(whole, low)) > numberOf(partValue(whole, high));
  return isWrong ? [fault(whole.path, `${low} is over ${high}`, french)] : [];
}

function fault(path: string, english: string, french: string, name: ExtensionName = 'visitKind'): Issue {
  const [word, mot] = name === 'opening' ? ['opening', 'Plage incomprise'] : ['visit-kind', 'Motif incompris'];
  return issue('error', 'business-rule', `${word}: ${english}`, { expression: path, text: `${mot} : ${french}.` });
}
