/** The page of the limits says what the table in the code says. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Budget, BUDGETS } from '../src/fhir/budgets.ts';
import { ROOT } from './process.ts';

const PAGE = join(ROOT, 'docs/limites.md');
const HEAD = '| budget | au plus | pourquoi (en anglais, comme dans le code) |\n|---|---|---|\n';

it('docs/limites.md has every budget with its reason; UPDATE_DOCS=1 writes them', () => {
  const rows = Object.values<Budget>(BUDGETS).map(
    ({ most, french, reason }) => `| ${french} | ${most.toLocaleString('fr-FR').replace(/\s/g, ' ')} | ${reason} |`,
  );
  const table = `${HEAD}${rows.join('\n')}\n`;
  const page = readFileSync(PAGE, 'utf8');
  const written = page.replace(/\| budget \|[\s\S]*?\n(?=\n|$)/, table);
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(PAGE, written);
  expect(readFileSync(PAGE, 'utf8')).toBe(written);
});
