/** House rules of files: how long they are, what they say at their top, what is dead. */
import { describe, expect, it } from 'vitest';
import { LONG_FILES, WIDE_LINES } from './allowances.ts';
import { all, areaOf, everything, filesIn, groupBy, isTest, sources, textOf, webSources } from './sources.ts';

const MAX_COLUMNS = 120;
/** An address or a certificate; a regular expression; a row of a table. */
const UNCUTTABLE = /\S{80,}|^\s*\/.+\/,$|^\w+ +\|.+\|/;

describe('files', () => {
  it.each([
    ['of the code', 300, [...sources, ...webSources].map(({ file }) => file)],
    ['of the tools', 300, ['tools', 'bench'].flatMap((folder) => filesIn(folder, /\.mjs$/))],
    [
      'of the tests',
      400,
      [...filesIn('test', /\.ts$/), ...[...all, ...webSources].map(({ file }) => file).filter(isTest)],
    ],
  ])('%s have one purpose and at most %d lines', (_kind, maxLines, files) => {
    const long = files
      .map((file) => ({ file, lines: textOf(file).split('\n').length - 1 }))
      .filter(({ file, lines }) => lines > (LONG_FILES[file] ?? maxLines));
    expect(long).toEqual([]);
  });

  it('have lines that fit a window, unless a line holds a text that cannot be cut', () => {
    const wide = everything.flatMap((file) =>
      textOf(file)
        .split('\n')
        .flatMap((line, index) =>
          line.length > MAX_COLUMNS && !UNCUTTABLE.test(line) ? [`${file}:${index + 1}`] : [],
        ),
    );
    const tooMany = groupBy(wide, areaOf).filter(([area, lines]) => lines.length > (WIDE_LINES[area] ?? 0));
    expect(tooMany).toEqual([]);
  });

  it('say at their top what they are', () => {
    expect(all.filter(({ text }) => !/^(\/\*\*|\/\/)/.test(text)).map((source) => source.file)).toEqual([]);
  });

  it('are named for what they hold', () => {
    expect(filesIn('src', /.*/).filter((file) => /(^|\/)(utils?|helpers?|common|misc)(\/|\.|$)/.test(file))).toEqual(
      [],
    );
  });

  it('of SQL have a number each; two that share one are older than this rule', () => {
    const numbers = filesIn('src/store/sql', /^\d{4}-.*\.sql$/).map((file) => /\d{4}/.exec(file)![0]);
    expect(numbers.filter((number, i) => numbers.indexOf(number) !== i)).toEqual(['0007']);
  });

  it('are all imported by code that runs', () => {
    const used = new Set(
      all.flatMap(({ file, imports }) => (/\.test\.ts$/.test(file) ? [] : imports.map((imported) => imported.target))),
    );
    const entries = new Set([
      'src/cli/main.ts',
      'src/sync/ical/follow/calendar-worker.ts',
      'src/store/engine/embedded-worker.ts',
    ]);
    expect(sources.filter(({ file }) => !used.has(file) && !entries.has(file)).map((source) => source.file)).toEqual(
      [],
    );
  });

  it('export only names that another file uses', () => {
    const tests = [
      ...all.filter(({ file }) => /\.test(-data)?\.ts$/.test(file)).map((source) => source.text),
      ...filesIn('test', /\.ts$/).map((file) => textOf(file)),
      ...['tools', 'bench'].flatMap((folder) => filesIn(folder, /\.mjs$/)).map((file) => textOf(file)),
    ];
    const dead = sources.flatMap(({ file, text }) =>
      [...text.matchAll(/^export (?:async )?(?:function|const|class) (\w+)/gm)]
        .map(([, name]) => name!)
        .filter((name) => {
          const word = new RegExp(`\\b${name}\\b`);
          return (
            !sources.some((source) => source.file !== file && word.test(source.text)) &&
            !tests.some((test) => word.test(test))
          );
        })
        .map((name) => `${file}: ${name}`),
    );
    expect(dead).toEqual([]);
  });
});
