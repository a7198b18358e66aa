/**
 * Search as the standard tells it, on plain JSON in memory, slowly: what the database's answers are compared with.
 * Shares no code with
 * the server: dates, strings, tokens and references are read here anew. https://hl7.org/fhir/R4/search.html
 */

// biome-ignore lint/suspicious/noExplicitAny: plain JSON
type Json = any;

export interface Clause {
  name: string;
  modifier?: string | undefined;
  /** OR-values as they stand in the query, unescaped. */
  values: string[];
}

/** Where each parameter of the generated queries looks. */
const PATHS: Record<
  string,
  Record<string, { kind: 'token' | 'string' | 'date' | 'reference'; of: (resource: Json) => Json[] }>
> = {
  Patient: {
    identifier: { kind: 'token', of: (r) => r.identifier ?? [] },
    gender: { kind: 'token', of: (r) => (r.gender === undefined ? [] : [r.gender]) },
    active: { kind: 'token', of: (r) => (r.active === undefined ? [] : [String(r.active)]) },
    family: { kind: 'string', of: (r) => (r.name ?? []).flatMap((n: Json) => n.family ?? []) },
    given: { kind: 'string', of: (r) => (r.name ?? []).flatMap((n: Json) => n.given ?? []) },
    name: {
      kind: 'string',
      of: (r) =>
        (r.name ?? []).flatMap((n: Json) =>
          [n.family, ...(n.given ?? []), n.text, ...(n.prefix ?? [])].filter(Boolean),
        ),
    },
    'address-city': { kind: 'string', of: (r) => (r.address ?? []).flatMap((a: Json) => a.city ?? []) },
    birthdate: { kind: 'date', of: (r) => (r.birthDate === undefined ? [] : [r.birthDate]) },
    'general-practitioner': { kind: 'reference', of: (r) => r.generalPractitioner ?? [] },
  },
  Practitioner: {
    identifier: { kind: 'token', of: (r) => r.identifier ?? [] },
    family: { kind: 'string', of: (r) => (r.name ?? []).flatMap((n: Json) => n.family ?? []) },
  },
};

const REFERENCES: Record<string, string> = { 'general-practitioner': 'Practitioner' };

/**
 * Ids of the resources of a type that satisfy every clause. `general-practitioner.family` chains,
 * `_has:Patient:general-practitioner:family` looks back.
 */
export function naive(all: readonly Json[], type: string, clauses: readonly Clause[]): string[] {
  return all
    .filter(
      (candidate) => candidate.resourceType === type && clauses.every((clause) => satisfies(all, candidate, clause)),
    )
    .map((match) => match.id);
}

function satisfies(all: readonly Json[], resource: Json, clause: Clause): boolean {
  if (clause.name.startsWith('_has:')) {
    const [, source = '', back = '', inner = ''] = clause.name.split(':');
    const found = naive(all, source, [{ ...clause, name: inner }]);
    return all.some(
      (candidate) =>
        candidate.resourceType === source &&
        found.includes(candidate.id) &&
        refersTo(candidate, back, `${resource.resourceType}/${resource.id}`),
    );
  }
  if (clause.name.includes('.')) {
    const [step = '', inner = ''] = clause.name.split('.');
    const targets = naive(all, REFERENCES[step]!, [{ ...clause, name: inner }]).map(
      (id) => `${REFERENCES[step]}/${id}`,
    );
    return targets.some((target) => refersTo(resource, step, target));
  }
  const { kind, of } = PATHS[resource.resourceType]![clause.name]!;
  const held = of(resource);
  if (clause.modifier === 'missing') return (held.length === 0) === (clause.values[0] === 'true');
  const any = clause.values.some((value) => held.some((element) => matches(kind, element, value, clause.modifier)));
  return clause.modifier === 'not' ? !any : any;
}

function refersTo(resource: Json, parameter: string, target: string): boolean {
  return PATHS[resource.resourceType]![parameter]!.of(resource).some((reference) => reference.reference === target);
}

function matches(kind: string, held: Json, asked: string, modifier: string | undefined): boolean {
  switch (kind) {
    case 'token': {
      const [system, code] = asked.includes('|') ? asked.split('|') : [undefined, asked];
      const [heldSystem, heldCode] = typeof held === 'string' ? ['', held] : [held.system ?? '', held.value];
      if (system === undefined) return heldCode === code;
      return heldSystem === system && (code === '' || heldCode === code);
    }
    case 'string': {
      if (modifier === 'exact') return held === asked;
      const [whole, part] = [plain(held), plain(asked)];
      return modifier === 'contains' ? whole.includes(part) : whole.startsWith(part);
    }
    case 'reference':
      return held.reference === asked || held.reference === `Practitioner/${asked}`;
    default:
      return dateMatches(held, asked);
  }
}

/** Without accents and case; hyphens and apostrophes are spaces, œ is oe. */
function plain(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('œ', 'oe')
    .replace(/[-'’]/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

/** The days that a date without a time covers: enough for birth dates, whose zone cancels out. `[first, after)` */
function days(text: string): [number, number] {
  const [year = 0, month, day] = text.split('-').map(Number);
  const at = (y: number, m: number, d: number): number => Date.UTC(y, m - 1, d) / 86_400_000;
  if (day !== undefined) return [at(year, month!, day), at(year, month!, day) + 1];
  if (month !== undefined) return [at(year, month, 1), at(year, month + 1, 1)];
  return [at(year, 1, 1), at(year + 1, 1, 1)];
}

function dateMatches(held: string, asked: string): boolean {
  const prefix = /^[a-z]{2}/.exec(asked)?.[0] ?? 'eq';
  const [low, high] = days(asked.replace(/^[a-z]{2}/, ''));
  const [first, after] = days(held);
  const isInside = low <= first && after <= high;
  switch (prefix) {
    case 'ne':
      return !isInside;
    case 'gt':
      return after > high;
    case 'lt':
      return first < low;
    case 'ge':
      return after > high || isInside;
    case 'le':
      return first < low || isInside;
    case 'sa':
      return first >= high;
    case 'eb':
      return after <= low;
    case 'ap': {
      // Overlaps the value widened by a tenth of its length on each side.
      const margin = (high - low) / 10;
      return first < high + margin && after > low - margin;
    }
    default:
      return isInside;
  }
}
