/**
 * The paths of FHIRPath Patch, as a grammar of their own: the part of FHIRPath that names elements. A caller's text is
 * never evaluated as general FHIRPath, whose functions can run for ever.
 *
 *     Patient.name[0].given                       names, and places in what was found so far
 *     Patient.telecom.where(system = 'phone').first()
 *     Schedule.extension('urn:x').value           also ofType(T), as(T), last(), exists() in a condition
 *
 * https://hl7.org/fhir/R4/fhirpatch.html, http://hl7.org/fhirpath/N1/#path-selection
 */
import { type FhirError, wrongValue } from '../issue.ts';

export type Step =
  | { is: 'name'; name: string }
  | { is: 'index'; index: number }
  | { is: 'first' | 'last' }
  | { is: 'where'; condition: PathCondition }
  | { is: 'extension'; url: string }
  | { is: 'type'; type: string };

export type PathCondition =
  | { is: 'all' | 'any'; of: PathCondition[] }
  | { is: 'exists'; path: Step[] }
  | { is: 'equal' | 'different'; path: Step[]; literal: string | number | boolean };

const MAX_LENGTH = 1_000;
/** `where` inside `where`. */
const MAX_DEPTH = 4;
const TOKEN =
  /\s*(?:([A-Za-z_][A-Za-z0-9_]*)|`([^`\\]*)`|'((?:[^'\\]|\\.)*)'|@([\dT:.Z+-]+)|(\d+(?:\.\d+)?)|(!=|[.=()[\]]))/y;

interface Token {
  kind: 'name' | 'text' | 'number' | 'sign';
  text: string;
}

/** Throws 400 for a text outside the grammar. */
export function readPath(text: string): Step[] {
  if (text.length > MAX_LENGTH) throw unusable(`it is longer than ${MAX_LENGTH} characters`);
  const reader = new Reader(tokensOf(text));
  const path = reader.path(0);
  if (!reader.isAtEnd()) throw unusable('it goes on where a path ends');
  return path;
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < text.length; ) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) {
      if (text.slice(at).trim() === '') break;
      throw unusable('it has a sign that no path has');
    }
    const [, name, quoted, string, date, number, sign] = match;
    if ((name ?? quoted) !== undefined) tokens.push({ kind: 'name', text: (name ?? quoted)! });
    else if (string !== undefined) tokens.push({ kind: 'text', text: string.replace(/\\(.)/g, '$1') });
    else if (date !== undefined) tokens.push({ kind: 'text', text: date });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else tokens.push({ kind: 'sign', text: sign! });
  }
  return tokens;
}

class Reader {
  private readonly tokens: readonly Token[];
  private at = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  isAtEnd(): boolean {
    return this.at >= this.tokens.length;
  }

  path(depth: number): Step[] {
    const steps = [...this.step(depth), ...this.indexes()];
    while (this.take('.')) steps.push(...this.step(depth), ...this.indexes());
    return steps;
  }

  private step(depth: number): Step[] {
    const name = this.expect('name');
    if (!this.take('(')) return [{ is: 'name', name }];
    const step = this.call(name, depth);
    if (!this.take(')')) throw unusable(`${name.slice(0, 40)}(...) is not closed`);
    return [step];
  }

  private call(name: string, depth: number): Step {
    switch (name) {
      case 'first':
      case 'last':
        return { is: name };
      case 'where':
        if (depth >= MAX_DEPTH) throw unusable(`where stands in where more than ${MAX_DEPTH} times`);
        return { is: 'where', condition: this.condition(depth + 1) };
      case 'extension':
        return { is: 'extension', url: this.expect('text') };
      case 'ofType':
      case 'as': {
        const type = this.expect('name');
        return { is: 'type', type: this.take('.') ? this.expect('name') : type };
      }
      default:
        throw unusable(`${name.slice(0, 40)}() is not allowed here: first, last, where, extension, ofType, as`);
    }
  }

  private indexes(): Step[] {
    const steps: Step[] = [];
    while (this.take('[')) {
      steps.push({ is: 'index', index: Number(this.expect('number')) });
      if (!this.take(']')) throw unusable('[ is not closed');
    }
    return steps;
  }

  /** `and` binds closer than `or`. */
  private condition(depth: number): PathCondition {
    const any = [this.conjunction(depth)];
    while (this.takeName('or')) any.push(this.conjunction(depth));
    return any.length === 1 ? any[0]! : { is: 'any', of: any };
  }

  private conjunction(depth: number): PathCondition {
    const all = [this.comparison(depth)];
    while (this.takeName('and')) all.push(this.comparison(depth));
    return all.length === 1 ? all[0]! : { is: 'all', of: all };
  }

  private comparison(depth: number): PathCondition {
    const path: Step[] = [];
    do {
      if (this.takeCall('exists')) return { is: 'exists', path };
      path.push(...this.step(depth), ...this.indexes());
    } while (this.take('.'));
    const isEqual = this.take('=');
    if (!isEqual && !this.take('!=')) throw unusable('a condition compares by = or !=');
    return { is: isEqual ? 'equal' : 'different', path, literal: this.literal() };
  }

  private literal(): string | number | boolean {
    const token = this.tokens[this.at++];
    if (token?.kind === 'text') return token.text;
    if (token?.kind === 'number') return Number(token.text);
    if (token?.kind === 'name' && (token.text === 'true' || token.text === 'false')) return token.text === 'true';
    throw unusable('a condition compares with a text, a number, true or false');
  }

  private expect(kind: Token['kind']): string {
    const token = this.tokens[this.at];
    if (token?.kind !== kind) throw unusable(`a ${kind} is expected`);
    this.at++;
    return token.text;
  }

  private take(sign: string): boolean {
    return this.takeIf('sign', sign);
  }

  private takeName(name: string): boolean {
    return this.takeIf('name', name);
  }

  private takeCall(name: string): boolean {
    const [first, second, third] = this.tokens.slice(this.at, this.at + 3);
    if (first?.kind !== 'name' || first.text !== name || second?.text !== '(' || third?.text !== ')') return false;
    this.at += 3;
    return true;
  }

  private takeIf(kind: Token['kind'], text: string): boolean {
    const token = this.tokens[this.at];
    if (token?.kind !== kind || token.text !== text) return false;
    this.at++;
    return true;
  }
}

function unusable(reason: string): FhirError {
  return wrongValue(`The path cannot be used: ${reason}`, 'Chemin FHIRPath inutilisable.');
}
