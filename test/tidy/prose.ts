/** House rules of prose (docs/style.md) that a program can check: comments and the titles of tests. */
import { describe, expect, it } from 'vitest';
import { areaOf, everything, filesIn, groupBy, textOf } from './sources.ts';
import { RIDDLES } from './allowances.ts';

const TITLE = /\b(?:it|test|describe)(?:\.\w+)*(?:\([^'"`\n]*\))?\(\s*(['"`])((?:\\.|(?!\1).)*)\1/g;
const RELATIVE_START = /^(?:What|Who|Whose|Whom|Whatever|Whoever)\b/;
const IS_NO = /(?<!\bthere )\b(?:is|are|was|were) no (?!longer\b|more\b)[a-z]/i;

/** A migration that has been applied somewhere is never edited, not even in its comments. */
const isMigration = (file: string): boolean => /\/\d{4}-[^/]*\.sql$/.test(file);

describe('prose', () => {
  it('starts sentences with a subject, and says "is not a" for "is no"', () => {
    const files = [...everything, ...filesIn('src', /\.sql$/), ...filesIn('web', /\.css$/)].filter(
      (file) => !isMigration(file),
    );
    const stories = filesIn('test/golden', /\.http$/);
    const texts = [
      ...files.flatMap((file) => commentsOf(textOf(file)).map((text) => ({ file, text }))),
      ...[...files, ...stories].flatMap((file) => titlesOf(file).map((text) => ({ file, text }))),
    ];
    const found = texts.flatMap(({ file, text }) => riddlesOf(text).map((riddle) => `${file}: ${riddle}`));
    const tooMany = groupBy(found, (place) => areaOf(place)).filter(
      ([area, places]) => places.length > (RIDDLES[area] ?? 0),
    );
    expect(tooMany).toEqual([]);
  });

  it('is read from comments, in sentences', () => {
    const text = `
      /**
       * Why? ${'Wh' + 'at'} it needs.
       * A text that is ${'no'} date; there is no other, and it is no longer here.
       */
      const a = 'http://x'; // ${'Wh' + 'oever'} calls
      // waits. ${'Wh' + 'at'} is missing?`;
    expect(commentsOf(text).flatMap(riddlesOf)).toEqual([
      `${'Wh' + 'at'} it needs.`,
      `A text that is ${'no'} date;`,
      `${'Wh' + 'oever'} calls`,
    ]);
  });
});

/** Comments as text without their marks; neighbouring lines of `//` and `--` are one comment. */
function commentsOf(text: string): string[] {
  const blocks = [...text.matchAll(/(?<=^|[\s(])\/\*\*?([\s\S]*?)\*\//g)].map(([, inside]) =>
    inside!.replace(/\n\s*\*?/g, ' '),
  );
  const lines = [...text.matchAll(/(?:^[ \t]*(?:\/\/|--) .*\n?)+/gm)].map(([lines]) =>
    lines.replace(/^[ \t]*(?:\/\/|--) /gm, '').replaceAll('\n', ' '),
  );
  const trailing = [...text.matchAll(/[;,){}\]] \/\/ (.*)$/gm)].map(([, comment]) => comment!);
  return [...blocks, ...lines, ...trailing].map((comment) => comment.replace(/\s+/g, ' ').trim());
}

/** Titles of tests and of golden requests, each as if it began a sentence. */
function titlesOf(file: string): string[] {
  const titles = file.endsWith('.http')
    ? [...textOf(file).matchAll(/^### (.+)$/gm)].map(([, title]) => title!)
    : /^test\/|\.test\.ts$/.test(file)
      ? [...textOf(file).matchAll(TITLE)].map(([, , title]) => title!)
      : [];
  return titles.map((title) => title[0]!.toUpperCase() + title.slice(1));
}

function riddlesOf(text: string): string[] {
  return text
    .split(/(?<=[.!?:;])\s+/)
    .filter((sentence) => (RELATIVE_START.test(sentence) && !sentence.includes('?')) || IS_NO.test(sentence));
}
