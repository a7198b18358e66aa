/** Changes a request as a careless or hostile caller would: its path, query, headers, and body as value and as text. */
import type { Random } from './random.ts';
import type { FuzzRequest } from './seeds.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const;
const TYPES = ['Appointment', 'Slot', 'Schedule', 'Patient', 'Practitioner', 'Bundle', 'Binary', 'x', '', '*'] as const;
/** Names that mean something to a program instead of to FHIR. */
const NAMES = [
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '_cursor',
    '_count',
    '_sort',
    '_include',
    '_has',
    '_id',
  ],
  ...['_since', '_at', '_after', '_format', '_elements', '_summary', '_total', 'identifier', 'start', 'status', 'date'],
] as const;
const TEXTS = [
  ...[
    '',
    ' ',
    '0',
    '-1',
    '1e400',
    '9007199254740993',
    'null',
    'true',
    '[]',
    '{}',
    '"',
    "'",
    '\\',
    '%',
    '%00',
    '%ff',
    '|',
    ',',
  ],
  ...[
    '\u0000',
    '\u202e',
    '\ud800',
    '💉',
    '\r\n',
    '../..',
    'a'.repeat(3000),
    'Patient/a',
    '#',
    '#a',
    'urn:uuid:x',
    'http://x/Patient/a',
  ],
  ...[
    '0001-01-01',
    '9999-12-31',
    '9999-12-31T23:59:59.999+14:00',
    '10000-01-01',
    '2026-02-30',
    '2026-11-25T24:00:00Z',
    'ge2026',
    'apx',
  ],
  ...['$', '$find', '_history', 'P1D', 'FREQ=SECONDLY;COUNT=99999', '(a+)+$', 'a:b|c', '*', '__proto__', 'constructor'],
] as const;
const VALUES: readonly unknown[] = [
  ...[null, true, 0, -1, 1.5, 1e300, [], {}, [[]], [null], { a: 1 }, '', ' '],
  ...[{ resourceType: 'Patient' }, { reference: '#' }, { url: 'x' }, { extension: [] }, { value: null }],
];
const HEADERS = {
  Prefer: ['handling=strict', 'return=minimal', 'return=OperationOutcome', 'respond-async', 'x=;'],
  'If-Match': ['W/"1"', 'W/"x"', '*', '"', 'W/"99999999999"'],
  'If-None-Match': ['*', 'W/"1"', ''],
  'If-None-Exist': ['identifier=a|b', '__proto__=x', 'name=%00', '_id=a', '&&&'],
  'If-Modified-Since': ['Wed, 25 Nov 2026 08:00:00 GMT', 'never'],
  'Idempotency-Key': ['"a"', 'a', '', '"'.repeat(3)],
  'Last-Event-ID': ['1', 'x', '99999999999999999999'],
  Accept: ['*/*', 'application/fhir+xml', 'text/event-stream', 'text/calendar', 'application/json;q=x', ''],
  'Content-Type': [
    'application/fhir+json',
    'application/fhir+xml',
    'application/json-patch+json',
    'text/calendar',
    'text/plain',
    '',
  ],
  'Accept-Encoding': ['gzip', 'br', 'x'],
} as const;

/** One to three changes. */
export function mutate(seed: FuzzRequest, random: Random): FuzzRequest {
  const request: FuzzRequest = { ...seed, headers: { ...seed.headers } };
  for (let i = random.below(3); i >= 0; i--) random.pick(CHANGES)(request, random);
  return request;
}

type Change = (request: FuzzRequest, random: Random) => void;

const changeMethod: Change = (request, random) => {
  request.method = random.pick(METHODS);
};

const changePath: Change = (request, random) => {
  const [path = '', ...query] = request.path.split('?');
  const segments = path.split('/');
  const at = random.below(segments.length);
  if (random.chance(0.3)) segments.splice(at, 1);
  else if (random.chance(0.5)) segments[at] = random.pick([...TYPES, ...TEXTS]);
  else segments.splice(at, 0, random.pick([...TYPES, ...TEXTS]));
  request.path = [segments.join('/'), ...query].join('?');
};

const changeQuery: Change = (request, random) => {
  const [path = '', query = ''] = request.path.split('?');
  const pairs = query.split('&').filter(Boolean);
  const at = random.below(pairs.length + 1);
  const [name = random.pick(NAMES), value = ''] = (pairs[at] ?? '').split('=');
  const kind = random.below(5);
  if (kind === 0) pairs.splice(at, 1);
  else if (kind === 1) pairs.push(...pairs);
  else if (kind === 2) pairs[at] = `${random.pick(NAMES)}=${value}`;
  else pairs[at] = `${name}=${encodeOrNot(random.pick(TEXTS), random)}`;
  request.path = `${path}?${pairs.join('&').slice(0, 6000)}`;
};

const changeHeader: Change = (request, random) => {
  const name = random.pick(Object.keys(HEADERS)) as keyof typeof HEADERS;
  request.headers[name] = random.pick<string>(HEADERS[name]);
};

/** As a value: any node is replaced, deleted, repeated or wrapped. */
const changeValue: Change = (request, random) => {
  let value: unknown;
  try {
    value = JSON.parse(request.body ?? '');
  } catch {
    return changeText(request, random);
  }
  const nodes = nodesOf(value);
  if (nodes.length === 0) return;
  const { parent, key } = random.pick(nodes);
  const target = parent as Record<string, unknown>;
  const kind = random.below(6);
  if (kind === 0) delete target[key];
  else if (kind === 1) target[key] = [target[key], target[key]];
  else if (kind === 2) target[key] = { [random.pick([...NAMES, 'extension', 'value'])]: target[key] };
  else if (kind === 3) target[random.pick([`_${key}`, ...NAMES])] = random.pick(VALUES);
  else if (kind === 4) target[key] = random.pick(TEXTS);
  else target[key] = random.pick(VALUES);
  request.body = JSON.stringify(value);
};

/** As a text: a stretch of it is deleted, repeated, moved or overwritten. */
const changeText: Change = (request, random) => {
  const text = request.body ?? '';
  const from = random.below(text.length + 1);
  const to = Math.min(text.length, from + random.below(random.chance(0.3) ? text.length + 1 : 12));
  const part = text.slice(from, to);
  const middle = random.pick(['', part + part, random.pick(TEXTS), `${part}${String(random.pick(VALUES))}`]);
  request.body = (text.slice(0, from) + middle + text.slice(to)).slice(0, 500_000);
  if (request.method === 'GET' && random.chance(0.5)) request.method = 'POST';
};

const CHANGES: readonly Change[] = [
  ...[changeMethod, changePath, changeQuery, changeQuery, changeHeader],
  ...[changeValue, changeValue, changeValue, changeText],
];

function encodeOrNot(text: string, random: Random): string {
  try {
    return random.chance(0.7) ? encodeURIComponent(text) : text;
  } catch {
    return '%ED%A0%80';
  }
}

function nodesOf(value: unknown): { parent: object; key: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => [{ parent: value, key }, ...nodesOf(child)]);
}
