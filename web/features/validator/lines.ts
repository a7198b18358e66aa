/**
 * The line of an element in the text of its resource, JSON or XML, by its path: `Slot.serviceType[0].coding[1].code`.
 * Pure.
 */

/** Line numbers by path. The first item of an array is named without its index, as many expressions do. */
export function linesOf(text: string): ReadonlyMap<string, number> {
  const lines = new Map<string, number>();
  try {
    if (text.trimStart().startsWith('<')) readXml(text, lines);
    else new JsonLines(text, lines).read();
  } catch {
    // The text ends too soon: the lines that were read stand.
  }
  return lines;
}

/** The line of the element, or of the nearest element around it. */
export function lineAt(lines: ReadonlyMap<string, number>, expression: string | undefined): number | undefined {
  for (let path = expression ?? ''; path !== ''; path = path.replace(/(\[\d+\]|\.?[^.[]+)$/, '')) {
    const line = lines.get(first(path));
    if (line !== undefined) return line;
    if (!/[.[]/.test(path)) break;
  }
  return undefined;
}

function first(path: string): string {
  return path.replaceAll('[0]', '');
}

/** Reads JSON only as far as it must to know where each element begins. */
class JsonLines {
  readonly #text: string;
  readonly #lines: Map<string, number>;
  #at = 0;
  #line = 1;

  constructor(text: string, lines: Map<string, number>) {
    this.#text = text;
    this.#lines = lines;
  }

  read(): void {
    const root = /"resourceType"\s*:\s*"([A-Za-z]+)"/.exec(this.#text)?.[1] ?? '';
    this.#value(root);
  }

  #value(path: string): void {
    this.#skip();
    if (!this.#lines.has(path)) this.#lines.set(path, this.#line);
    const start = this.#text[this.#at];
    if (start === '{') this.#object(path);
    else if (start === '[') this.#array(path);
    else if (start === '"') this.#string();
    else {
      const rest = /^[^\s,\]}]+/.exec(this.#text.slice(this.#at, this.#at + 400));
      if (rest === null) throw new Error('no value');
      this.#at += rest[0].length;
    }
  }

  #object(path: string): void {
    this.#at++;
    for (;;) {
      this.#skip();
      if (this.#text[this.#at] === '}') break;
      const name = this.#string();
      this.#lines.set(`${path}.${name}`, this.#line);
      this.#skip();
      this.#at++;
      this.#value(`${path}.${name}`);
      this.#skip();
      if (this.#text[this.#at] !== ',') break;
      this.#at++;
    }
    this.#at++;
  }

  #array(path: string): void {
    this.#at++;
    for (let i = 0; ; i++) {
      this.#skip();
      if (this.#text[this.#at] === ']') break;
      this.#value(i === 0 ? path : `${path}[${i}]`);
      this.#skip();
      if (this.#text[this.#at] !== ',') break;
      this.#at++;
    }
    this.#at++;
  }

  #string(): string {
    const start = ++this.#at;
    while (this.#text[this.#at] !== '"') {
      if (this.#at >= this.#text.length) throw new Error('no end');
      if (this.#text[this.#at] === '\n') this.#line++;
      this.#at += this.#text[this.#at] === '\\' ? 2 : 1;
    }
    return this.#text.slice(start, this.#at++);
  }

  #skip(): void {
    for (; /\s/.test(this.#text[this.#at] ?? ''); this.#at++) if (this.#text[this.#at] === '\n') this.#line++;
    if (this.#at >= this.#text.length) throw new Error('no end');
  }
}

/** Of `<resource><Slot>` the type of the resource is not part of the path below it. */
function readXml(text: string, lines: Map<string, number>): void {
  const stack: { path: string; counts: Map<string, number> }[] = [];
  let line = 1;
  let seen = 0;
  for (const match of text.matchAll(/<(\/?)([A-Za-z][\w:.-]*)[^>]*?(\/?)>/g)) {
    line += text.slice(seen, match.index).split('\n').length - 1;
    seen = match.index;
    const [, closes, name = '', ends] = match;
    if (closes === '/') {
      stack.pop();
      continue;
    }
    const parent = stack.at(-1);
    const isResource = parent !== undefined && /^[A-Z]/.test(name);
    const index = parent?.counts.get(name) ?? 0;
    parent?.counts.set(name, index + 1);
    const plain = parent === undefined ? name : isResource ? parent.path : `${parent.path}.${name}`;
    const path = isResource || index === 0 ? plain : `${plain}[${index}]`;
    if (!lines.has(path)) lines.set(path, line);
    if (ends !== '/') stack.push({ path, counts: new Map() });
  }
}
