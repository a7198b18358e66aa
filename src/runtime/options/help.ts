/** The options as people read them: for `--help`, and as `docs/settings.md`. */
import type { Option } from './option.ts';
import { SECTIONS } from './table.ts';

const COLUMN = 34;

/** French first, English under it. */
export function helpOf(): string {
  return SECTIONS.map(({ french, english, options }) => {
    const title = french === english ? french : `${french} / ${english}`;
    return `${title}\n${Object.values(options).map(lineOf).join('\n')}`;
  }).join('\n\n');
}

function lineOf({ flag, variable, value, fallback, french, english }: Option): string {
  const left = `  --${flag} ${value}`.padEnd(COLUMN);
  const byDefault = fallback === undefined ? '' : ` (${fallback})`;
  return `${left}${french}${byDefault}\n${' '.repeat(COLUMN)}${english} · ${variable}`;
}

/** The same as Markdown. */
export function helpTable(): string {
  return SECTIONS.map(
    ({ english, options }) =>
      `## ${english}\n\n| option | variable | value | default | français | English |\n|---|---|---|---|---|---|\n` +
      Object.values(options)
        .map((option) => `${rowOf(option)}\n`)
        .join(''),
  ).join('\n');
}

function rowOf({ flag, variable, value, fallback, french, english }: Option): string {
  const cells = [`\`--${flag}\``, `\`${variable}\``, value.replaceAll('|', ' \\| '), fallback ?? '', french, english];
  return `| ${cells.join(' | ')} |`;
}
