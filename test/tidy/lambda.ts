/** Finds arrow functions by the name of a parameter. Reads text, not a syntax tree: good enough for formatted code. */

const OPENING = '([{';
const CLOSING = ')]}';

/** The arrow functions with a parameter called `name`, each as one line of text without extra spaces. */
export function arrowsWith(name: string, text: string): string[] {
  const start = new RegExp(
    `(?<![\\w$.])(?:\\((?:[^()]*[(,{[\\s])?${name}\\b[^()]*\\)(?::[^=;]+?)?|${name})\\s*=>`,
    'g',
  );
  return [...text.matchAll(start)].map((match) => {
    const bodyStart = match.index + match[0].length;
    return text.slice(match.index, endOfExpression(text, bodyStart)).replace(/\s+/g, ' ').trim();
  });
}

/** Where the expression that starts at `from` ends: at a comma, semicolon or closing bracket that is not its own. */
function endOfExpression(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const character = text[at]!;
    if (character === "'" || character === '"' || character === '`') at = endOfString(text, at);
    else if (OPENING.includes(character)) depth++;
    else if (CLOSING.includes(character)) {
      if (depth === 0) return at;
      depth--;
    } else if (depth === 0 && (character === ',' || character === ';')) return at;
  }
  return text.length;
}

/** The closing quote of the string that opens at `from`. Quotes nested in a template's expressions are read as text. */
function endOfString(text: string, from: number): number {
  const quote = text[from];
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === quote || (quote !== '`' && text[at] === '\n')) return at;
  }
  return text.length;
}
