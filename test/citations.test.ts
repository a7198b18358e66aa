/** Every citation of the guides and of our decisions leads somewhere (docs/spec/README.md). */
import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchorOf, anchors, citationsIn, otherFormsIn } from './citations.ts';
import { filesIn, ROOT, textOf } from './tidy/sources.ts';
import { TRAPS } from './traps.ts';

const TEXTS = [
  ...['src', 'web', 'test', 'tools', 'bench'].flatMap((folder) =>
    filesIn(folder, /\.(ts|tsx|mjs|sql|http|css|md|html)$/).filter((file) => !file.startsWith('test/citations')),
  ),
  ...filesIn('docs', /\.md$/),
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'GLOSSARY.md',
];
const SPEC = filesIn('docs/spec', /\.md$/);
const ADRS = filesIn('docs/adr', /^\d.*\.md$/);
const known = anchors();

const unresolved = (text: string): string[] =>
  citationsIn(text).flatMap(({ text: citation, targets }) =>
    targets.filter((target) => !known.has(anchorOf(target))).map((target) => `${citation}: no ${target}`),
  );

describe('a citation', () => {
  it('resolves to a section, a trap or a decision', () => {
    const found = TEXTS.map((file) => ({ file, citations: citationsIn(textOf(file)).length }));
    expect(found.filter(({ citations }) => citations > 0).length).toBeGreaterThan(100);
    expect(TEXTS.flatMap((file) => unresolved(textOf(file)).map((fault) => `${file}: ${fault}`))).toEqual([]);
  });

  it('has the one form of its kind', () => {
    expect(TEXTS.flatMap((file) => otherFormsIn(textOf(file)).map((form) => `${file}: ${form}`))).toEqual([]);
  });

  it.each([
    ['Spec: 6.4', []],
    ['Spec: 6.1 to 6.3, 7.4, Annex A; traps U3 to U5 and U7 (H5, H11), ADR 0009', []],
    ['/** Rules of accounts. Spec:\n * 1.10, traps C16 and\n * U1 */', []],
    ['Spec: 6.14', ['Spec: 6.14: no 6.14']],
    ['Spec: 9', ['Spec: 9: no 9']],
    ['Spec: 6.1, 6.12 to 6.13', ['Spec: 6.1, 6.12 to 6.13: no 6.12', 'Spec: 6.1, 6.12 to 6.13: no 6.13']],
    ['trap H34', ['trap H34: no H34']],
    ['traps L9 to L11', ['traps L9 to L11: no L11']],
    ['traps U5 to U3', ['traps U5 to U3: no U5 to U3']],
    ['a title (H5, C99)', ['(H5, C99): no C99']],
    ['ADR 0099', ['ADR 0099: no ADR 0099']],
  ])('is found and judged: %j', (text, faults) => {
    expect(unresolved(text)).toEqual(faults);
  });

  it.each([
    'Guide: 6.4 (3)',
    'the contract (guide, 6.0)',
    'Guide: profile 1.10',
    '(spec 4.3)',
    'Design, section 10',
    'architecture section 10',
    'INT_L02: 6.6',
    'ADR 9',
    'Spec: GAP flow 3a',
    'docs: guide of the statuses',
  ])('in another form is refused: %s', (text) => {
    expect(otherFormsIn(text)).not.toEqual([]);
  });

  it('is not seen where a version is named', () => {
    expect([...otherFormsIn('the SAS guide 1.1.0, FR Core 2.2.0'), ...unresolved('a call(C1x) of H264')]).toEqual([]);
  });
});

describe('the digest', () => {
  it('has an anchor with the number of each heading', () => {
    const faults = SPEC.flatMap((file) => {
      const lines = textOf(file).split('\n');
      return lines.flatMap((line, at) => {
        const number = /^#+ (\d(?:\.\d+)?|Annex A)\b/.exec(line)?.[1];
        return number === undefined || lines[at - 2] === `<a id="${anchorOf(number)}"></a>` ? [] : [`${file}: ${line}`];
      });
    });
    expect(faults).toEqual([]);
  });

  it('numbers its traps without gaps, and the list of traps has the same', () => {
    const anchored = [...known.keys()].filter((id) => /^[HUICL]\d+$/.test(id));
    const counted = new Map<string, number>();
    for (const id of anchored) counted.set(id[0]!, Math.max(counted.get(id[0]!) ?? 0, Number(id.slice(1))));
    expect(anchored.length).toBe([...counted.values()].reduce((sum, last) => sum + last, 0));
    expect(TRAPS.map(({ id }) => id)).toEqual(anchored);
  });

  it('is linked to with anchors that are there', () => {
    const broken = TEXTS.filter((file) => file.endsWith('.md')).flatMap((page) =>
      [...textOf(page).matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)#([^)\s]+)\)/g)]
        .map(([, path = '', anchor = '']) => ({
          target: path === '' ? page : normalize(join(dirname(page), path)),
          anchor,
        }))
        .filter(({ target, anchor }) => SPEC.includes(target) && known.get(anchor) !== `${target.slice(5)}#${anchor}`)
        .map(({ target, anchor }) => `${page} -> ${target}#${anchor}`),
    );
    expect(broken).toEqual([]);
  });
});

describe('decisions', () => {
  it('have one title, one structure and a line in the index', () => {
    const index = textOf('docs/adr/README.md');
    const faults = ADRS.flatMap((file) => {
      const text = textOf(file);
      const number = /(\d{4})-[^/]+$/.exec(file)![1]!;
      const title = new RegExp(`^# ADR ${number}: (.+)\n`).exec(text)?.[1];
      if (title === undefined) return [`${file}: title`];
      const parts = [...text.matchAll(/^\*\*(\w+)\b/gm)].map(([, part]) => part);
      const wanted = ['Context', 'Decision', ...(parts.includes('Measured') ? ['Measured'] : []), 'Consequences'];
      return [
        ...(parts.join() === wanted.join() ? [] : [`${file}: ${parts.join()}`]),
        ...(index.includes(`| [ADR ${number}](${file.slice('docs/adr/'.length)}) | ${title} |`)
          ? []
          : [`${file}: index`]),
      ];
    });
    expect(faults).toEqual([]);
    expect(ADRS.map((file) => Number(/(\d{4})-/.exec(file)![1]))).toEqual(ADRS.map((_, at) => at + 1));
  });

  it('are files', () => {
    expect([...known.values()].filter((target) => !existsSync(join(ROOT, 'docs', target.replace(/#.*/, ''))))).toEqual(
      [],
    );
  });
});
