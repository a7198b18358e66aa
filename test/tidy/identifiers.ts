/** The names in a file of code, read from its syntax tree: comments, strings and page texts are left out. */
import { parseAst } from 'vite';
import { textOf } from './sources.ts';

/** How often the file uses `name` as a variable, parameter, property or type. */
export function usesOf(name: string, file: string): number {
  const lang = file.endsWith('.tsx') ? 'tsx' : file.endsWith('.ts') ? 'ts' : 'js';
  return countIn(textOf(file), lang, name);
}

export function countIn(text: string, lang: 'js' | 'ts' | 'tsx', name: string): number {
  // Most files do not have the word at all; reading those would take most of the time.
  if (!new RegExp(`\\b${name}\\b`).test(text)) return 0;
  const found = new Set<number>();
  visit(treeOf(text, lang), (node) => {
    if (node['type'] === 'Identifier' && node['name'] === name) found.add(node['start'] as number);
  });
  return found.size;
}

export type Node = Readonly<Record<string, unknown>>;

export function treeOf(text: string, lang: 'js' | 'ts' | 'tsx'): unknown {
  return parseAst(text, { lang, sourceType: 'module', astType: 'ts' });
}

export function visit(value: unknown, see: (node: Node) => void): void {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) see(value as Node);
  for (const child of Object.values(value)) visit(child, see);
}
