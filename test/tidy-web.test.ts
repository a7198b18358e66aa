/** House rules of the pages (`web/`): layers, size of components, dead files and exports, words, styles. */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesIn, isTest, ROOT, type Source, textOf, webSources, withoutComments } from './tidy/sources.ts';

/** From the bottom to the top. A layer may import itself and these; a feature (a folder) imports no other feature. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  fhir: ['src/fhir'],
  ui: ['fhir', 'texts'],
  schedule: ['src/fhir', 'fhir', 'ui'],
  features: ['src/fhir', 'fhir', 'ui', 'schedule', 'generated'],
  app: ['fhir', 'ui', 'schedule', 'features'],
};

/** `schedule` is for agendas: what the others have no use for. */
const WITHOUT_SCHEDULE = ['search', 'reports', 'supervision', 'validator'];

const MAX_COMPONENT_LINES = 80;
const MAX_STYLE_LINES = 300;

const files = webSources.filter(({ file }) => !isTest(file) && !/vite\.config\.ts$|\.d\.ts$/.test(file));
const styles = filesIn('web', /\.css$/);

/** `web/features/agenda/page.tsx` -> `features`, `src/fhir/date.ts` -> `src/fhir`. */
function layerOf(file: string): string {
  const [first = '', second = ''] = file.split('/');
  if (first === 'web') return second;
  return first === 'src' ? `${first}/${second}` : first;
}

function featureOf(file: string): string | undefined {
  return /^web\/features\/([^/]+)\//.exec(file)?.[1];
}

function mayImport(file: string, target: string): boolean {
  const [from, to] = [layerOf(file), layerOf(target)];
  if (to === 'features' && from === 'features') return featureOf(file) === featureOf(target);
  if (to === 'schedule' && WITHOUT_SCHEDULE.includes(featureOf(file) ?? '')) return false;
  return from === to || (MAY_IMPORT[from]?.includes(to) ?? false);
}

describe('layers', () => {
  it('are all in the table', () => {
    expect([...new Set(files.map(({ file }) => layerOf(file)))].sort()).toEqual(Object.keys(MAY_IMPORT).sort());
  });

  it('import only lower ones, styles included', () => {
    const wrong = files.flatMap(({ file, imports }) =>
      imports.filter(({ target }) => !mayImport(file, target)).map(({ target }) => `${file} -> ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('leave each library to its door', () => {
    const doors: Record<string, readonly string[]> = {
      '@tanstack/react-router': ['web/app/router.tsx', 'web/ui/navigation.ts'],
      '@mantine/notifications': ['web/app/main.tsx', 'web/ui/notify.tsx'],
      '@fullcalendar/react': ['web/features/agenda/calendar.tsx', 'web/features/agenda/calendar-events.ts'],
      leaflet: ['web/features/search/map.tsx', 'web/features/search/map-layers.ts'],
      recharts: ['web/features/supervision/charts.tsx'],
    };
    const wrong = files.flatMap(({ file, packages }) =>
      Object.entries(doors)
        .filter(([library, allowed]) => packages.some((name) => isPartOf(name, library)) && !allowed.includes(file))
        .map(([library]) => `${file} -> ${library}`),
    );
    expect(wrong).toEqual([]);
  });

  it('reach the server through web/fhir', () => {
    const wrong = files.filter(
      ({ file, text }) => layerOf(file) !== 'fhir' && /\bfetch\(|new EventSource\(/.test(withoutComments(text)),
    );
    // One asks whether the server is back, the other listens to its events.
    expect(wrong.map(({ file }) => file)).toEqual(['web/app/connection.ts', 'web/schedule/live.ts']);
  });
});

function isPartOf(name: string, library: string): boolean {
  return name === library || name.startsWith(`${library}/`);
}

/** Functions at the top level of a file, with their lengths as formatted. */
function functionsOf({ text }: Pick<Source, 'text'>): { name: string; lines: number }[] {
  return [...text.matchAll(/^(?:export )?(?:default )?(?:async )?function (\w+)[\s\S]*?^}/gm)].map(([body, name]) => ({
    name: name!,
    lines: body.split('\n').length,
  }));
}

describe('files', () => {
  it('hold functions and components of a readable length', () => {
    expect(functionsOf({ text: 'export function A() {\n  return () => {\n  };\n}\nfunction b() {\n}\n' })).toEqual([
      { name: 'A', lines: 4 },
      { name: 'b', lines: 2 },
    ]);
    const long = files.flatMap((source) =>
      functionsOf(source)
        .filter(({ lines }) => lines > MAX_COMPONENT_LINES)
        .map(({ name, lines }) => `${source.file}: ${name} has ${lines} lines`),
    );
    expect(long).toEqual([]);
  });

  it('say at their top what they are', () => {
    const withoutHeader = [
      ...files.filter(({ text }) => !/^(\/\*\*|\/\/)/.test(text)).map(({ file }) => file),
      ...styles.filter((file) => !textOf(file).startsWith('/* ')),
    ];
    expect(withoutHeader).toEqual([]);
  });

  it('are named for what they hold', () => {
    const vague = [...files.map(({ file }) => file), ...styles].filter((file) =>
      /^(utils?|helpers?|common|misc|shared|index)\./.test(basename(file)),
    );
    expect(vague).toEqual([]);
  });

  it('are all imported by something', () => {
    const used = new Set(files.flatMap(({ imports }) => imports.map(({ target }) => target)));
    const entry = 'web/app/main.tsx';
    expect([...files.map(({ file }) => file), ...styles].filter((file) => !used.has(file) && file !== entry)).toEqual(
      [],
    );
  });

  it('export only names that another file uses', () => {
    const tests = webSources.filter(({ file }) => isTest(file));
    const dead = files.flatMap(({ file, text }) =>
      [...text.matchAll(/^export (?:async )?(?:function\*? |const |class )(\w+)/gm)]
        .map(([, name]) => name!)
        .filter((name) => {
          const word = new RegExp(`\\b${name}\\b`);
          return ![...files, ...tests].some((other) => other.file !== file && word.test(other.text));
        })
        .map((name) => `${file}: ${name}`),
    );
    expect(dead).toEqual([]);
  });
});

describe('words', () => {
  it('of exported types mean one thing each', () => {
    const declared = files.flatMap(({ file, text }) =>
      [...text.matchAll(/^export (?:interface|type|class) (\w+)/gm)].map(([, name]) => ({ name: name!, file })),
    );
    const repeated = declared.filter(({ name, file }) =>
      declared.some((other) => other.name === name && other.file !== file),
    );
    expect(repeated).toEqual([]);
  });

  it('of the catalogue are all used', () => {
    const code = files.map(({ text }) => text).join('\n');
    const keys = keysOf(JSON.parse(textOf('web/texts/fr.json')));
    const unused = keys.filter((key) => !isUsedKey(key.replace(/_(one|many|other)$/, ''), code));
    expect(unused).toEqual([]);
  });
});

type Texts = { [key: string]: string | Texts };

function keysOf(texts: Texts, above = ''): string[] {
  return Object.entries(texts).flatMap(([key, value]) =>
    typeof value === 'string' ? [`${above}${key}`] : keysOf(value, `${above}${key}.`),
  );
}

/** Named as it is, or as the start of a template: `t(`status.${status}`)`. */
function isUsedKey(key: string, code: string): boolean {
  if (code.includes(`'${key}'`)) return true;
  const parts = key.split(/(?<=[.-])/);
  return parts.some((_part, i) => i > 0 && code.includes(`\`${parts.slice(0, i).join('')}\${`));
}

describe('styles', () => {
  it('have a readable length', () => {
    const long = styles.filter((file) => textOf(file).split('\n').length - 1 > MAX_STYLE_LINES);
    expect(long).toEqual([]);
  });

  it('name only classes that a page uses', () => {
    const code = files.map(({ text }) => text).join('\n');
    const dead = styles.flatMap((file) =>
      [...new Set([...withoutComments(textOf(file)).matchAll(/\.([a-z][\w-]*)/g)].map(([, name]) => name!))]
        .filter((name) => !isUsedClass(name, code))
        .map((name) => `${file}: .${name}`),
    );
    expect(dead).toEqual([]);
  });

  it('give one class its look in one file', () => {
    const owners = new Map<string, Set<string>>();
    for (const file of styles)
      for (const [, name] of textOf(file).matchAll(/^\.([a-z][\w-]*)(?= \{|,)/gm))
        owners.set(name!, (owners.get(name!) ?? new Set()).add(file));
    expect([...owners].filter(([, of]) => of.size > 1).map(([name]) => name)).toEqual([]);
  });
});

/** As a word of a class list, as the start of a template (`appt-${status}`), or as a class of a library. */
function isUsedClass(name: string, code: string): boolean {
  if (/^(mantine|fc|leaflet)-/.test(name) || /^css$/.test(name)) return true;
  if (new RegExp(`(?<![\\w-])${name}(?![\\w-])`).test(code)) return true;
  const stems = [...name.matchAll(/-/g)].map(({ index }) => name.slice(0, index + 1));
  return stems.some((stem) => code.includes(`${stem}\${`));
}

describe('documentation', () => {
  it('names every page where access is described', () => {
    const paths = [...textOf('web/app/pages.ts').matchAll(/path: '([^']+)'/g)].map(([, path]) => path!);
    const access = textOf('docs/access.md');
    expect(paths.filter((path) => !access.includes(`\`${path}\``))).toEqual([]);
  });

  it('of the layers leads to files that are there', () => {
    const links = [...textOf('web/README.md').matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link!);
    expect(links.length).toBeGreaterThan(10);
    expect(links.filter((link) => !existsSync(join(ROOT, 'web', link)))).toEqual([]);
  });
});
