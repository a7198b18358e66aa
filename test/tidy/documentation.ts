/** House rules of the documentation: it names what exists, and nothing of anybody's machine. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MOODS } from '../../src/runtime/options/demo.ts';
import { OPTIONS } from '../../src/runtime/options/table.ts';
import { filesIn, ROOT, textOf } from './sources.ts';

/** `busy time`, `busy_time` and `BusyTime` are one word. */
const spelledAlike = (text: string): string => text.toLowerCase().replace(/[ _-]/g, '');

describe('documentation', () => {
  it('names every setting', () => {
    const documented = textOf('docs/settings.md');
    expect(
      Object.values(OPTIONS)
        .filter(
          ({ flag, variable }) => !documented.includes(`\`--${flag}\``) || !documented.includes(`\`${variable}\``),
        )
        .map((option) => option.flag),
    ).toEqual([]);
  });

  it('names every mood of simulated partners', () => {
    const documented = textOf('docs/sas-plateforme.md');
    expect(MOODS.filter((mood) => !documented.includes(`\`${mood}\``))).toEqual([]);
  });

  it('links to files that are there', () => {
    const pages = ['README.md', 'ARCHITECTURE.md', 'GLOSSARY.md', 'CONTRIBUTING.md', ...filesIn('docs', /\.md$/)];
    const broken = pages.flatMap((page) => {
      const text = textOf(page);
      const links = [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map(([, target]) =>
        join(dirname(page), target!),
      );
      const names = [...text.matchAll(/`((?:src|test|tools|docs|bin)\/[\w./-]+)`/g)].map(([, target]) => target!);
      return [...links, ...names]
        .filter((target) => !existsSync(join(ROOT, target)))
        .map((target) => `${page} -> ${target}`);
    });
    expect(broken).toEqual([]);
  });

  it('explains each French word by an English one that the code uses', () => {
    const rows = textOf('GLOSSARY.md')
      .split('\n')
      .filter((line) => line.startsWith('| ') && !line.startsWith('| français'))
      .map((line) => line.split('|').map((cell) => cell.trim()));
    expect(rows.length).toBeGreaterThan(30);
    const wrong = rows.filter(([, french, english = '', , place = '', meaning]) => {
      const file = place.replaceAll('`', '');
      if (!french || !meaning || !existsSync(join(ROOT, file))) return true;
      const text = spelledAlike(textOf(file));
      return !english.split(', ').some((word) => text.includes(spelledAlike(word)));
    });
    expect(wrong).toEqual([]);
  });

  it('speaks of this project alone', () => {
    const texts = [
      ...filesIn('src', /\.(ts|sql)$/),
      ...filesIn('test', /\.(ts|http|json)$/),
      ...filesIn('docs', /\.md$/),
      ...filesIn('tools', /\.mjs$/),
      'README.md',
      'ARCHITECTURE.md',
      'CONTRIBUTING.md',
      'GLOSSARY.md',
      'package.json',
    ];
    // Spelled in two halves, so that this line does not find itself.
    const foreign = new RegExp(
      ['registry\\.npm' + 'js', '/wo' + 'rk/', 'farm-' + 'bench', '/\\.lib' + 'rary'].join('|'),
    );
    expect(texts.filter((file) => foreign.test(textOf(file)))).toEqual([]);
  });
});
