/** The house rules that a program can check: who imports whom, how long files are, what is documented, what is dead. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OPTIONS } from '../src/runtime/config.ts';

const ROOT = join(import.meta.dirname, '..');

/** Design, section 2. A room may import itself and these. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  fhir: [],
  towns: ['fhir'],
  scheduling: ['fhir'],
  store: ['fhir', 'towns', 'runtime'],
  rest: ['fhir', 'towns', 'runtime'],
  agenda: ['fhir', 'scheduling', 'store', 'rest', 'runtime'],
  'sas/editor': ['agenda', 'fhir', 'scheduling', 'store', 'rest', 'runtime'],
  'sas/platform': ['fhir', 'store', 'rest', 'runtime'],
  'sas/hub': ['fhir', 'store', 'runtime'],
  sync: ['fhir', 'scheduling', 'store', 'rest', 'runtime'],
  runtime: [],
  demo: ['fhir', 'scheduling'],
  cli: [
    'agenda',
    'fhir',
    'towns',
    'scheduling',
    'store',
    'rest',
    'runtime',
    'demo',
    'sas/editor',
    'sas/platform',
    'sas/hub',
    'sync',
  ],
};

/** Types are erased: `rest` and `store` may name each other's shapes, but run none of each other's code. */
const TYPES_ONLY: Record<string, readonly string[]> = { rest: ['store'], demo: ['agenda'], 'sas/hub': ['rest'] };

/** Each outside library has one door, wherever that is possible; the others say why. */
const DOORS: Record<string, readonly string[]> = {
  pg: ['src/store/engine/server.ts'],
  '@electric-sql/pglite': ['src/store/engine/embedded-worker.ts'],
  'rrule-temporal': ['src/scheduling/expander.ts'],
  fhirpath: ['src/fhir/fhirpath.ts'],
  saxes: ['src/fhir/xml/sax.ts'],
  rfc6902: ['src/fhir/patch/json-patch.ts'],
  // JSON Patch compares numbers digit for digit.
  'lossless-json': ['src/fhir/json.ts', 'src/fhir/patch/json-patch.ts'],
  pino: ['src/runtime/log.ts'],
  '@peculiar/x509': ['src/runtime/tls/pki.ts'],
  'prom-client': ['src/runtime/metrics.ts'],
  'rabbitmq-client': ['src/sas/hub/amqp.ts'],
  'cli-progress': ['src/cli/commands/progress.ts'],
  '@fastify/static': ['src/rest/html/pages.ts'],
  'openid-client': ['src/rest/access/oidc.ts'],
  '@fastify/cookie': ['src/rest/access/session.ts'],
  // A command that calls a server, and the platform that calls its partners.
  undici: [
    'src/cli/commands/remote.ts',
    'src/sas/editor/reports/report-sender.ts',
    'src/sas/platform/partners/partner-link.ts',
    'src/sync/way-out.ts',
  ],
  nodemailer: ['src/sync/mail/transport.ts'],
  'ical.js': ['src/sync/ical/content-line.ts'],
};

interface Source {
  file: string;
  text: string;
  room: string;
  /** Project files that it imports; `typeOnly`: nothing of it remains when it runs. */
  imports: { target: string; typeOnly: boolean }[];
  packages: string[];
}

function filesIn(folder: string, suffix: RegExp): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((one) => suffix.test(one))
    .map((one) => `${folder}/${one}`);
}

function roomOf(file: string): string {
  const [, first = '', second = ''] = file.split('/');
  return first === 'sas' ? `sas/${second}` : first;
}

function read(file: string): Source {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const imports: Source['imports'] = [];
  const packages: string[] = [];
  for (const [, kind, names = '', from = ''] of text.matchAll(
    /^(?:import|export) (type )?([^'"]*?from )?['"]([^'"]+)['"]/gm,
  )) {
    if (from.startsWith('.'))
      imports.push({ target: normalize(join(dirname(file), from)), typeOnly: kind !== undefined || isAllTypes(names) });
    else if (!from.startsWith('#') && !from.startsWith('node:')) packages.push(from);
  }
  for (const [, from = ''] of text.matchAll(/import\(\s*'([^']+)'\s*\)/g)) {
    if (from.startsWith('.')) imports.push({ target: normalize(join(dirname(file), from)), typeOnly: false });
  }
  return { file, text, room: roomOf(file), imports, packages };
}

/** `{ type A, type B } from` */
function isAllTypes(names: string): boolean {
  const inside = /\{([\s\S]*)\}/.exec(names)?.[1];
  return (
    inside
      ?.split(',')
      .filter((part) => part.trim() !== '')
      .every((part) => part.trim().startsWith('type ')) ?? false
  );
}

const all = filesIn('src', /\.ts$/).map(read);
const sources = all.filter((one) => !/\.test(-data)?\.ts$/.test(one.file));

describe('rooms', () => {
  it('import only what the table allows', () => {
    const wrong = sources.flatMap(({ file, room, imports }) =>
      imports
        .filter(({ target, typeOnly }) => {
          const other = roomOf(target);
          return (
            other !== room && !MAY_IMPORT[room]?.includes(other) && !(typeOnly && TYPES_ONLY[room]?.includes(other))
          );
        })
        .map(({ target }) => `${file} -> ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('are all in the table', () => {
    expect([...new Set(sources.map((source) => source.room))].filter((room) => !(room in MAY_IMPORT))).toEqual([]);
  });

  it('leave each library to its door', () => {
    const wrong = sources.flatMap(({ file, packages }) =>
      packages
        .filter((name) =>
          Object.entries(DOORS).some(
            ([library, doors]) => (name === library || name.startsWith(`${library}/`)) && !doors.includes(file),
          ),
        )
        .map((name) => `${file} -> ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it('leave SQL to the store', () => {
    const SQL = /\b(SELECT\s.+\sFROM|INSERT INTO|DELETE FROM|UPDATE \w+ SET|CREATE TABLE)\b/s;
    const isSql = ({ text }: Source): boolean =>
      [...text.matchAll(/`[^`]*`|'[^'\n]*'/g)].some(([literal]) => SQL.test(literal));
    expect(sources.filter((source) => source.room !== 'store' && isSql(source)).map((source) => source.file)).toEqual(
      [],
    );
  });

  it('leave HTTP on the way in to the door', () => {
    expect(
      sources
        .filter(
          (source) =>
            source.packages.some((name) => name.startsWith('fastify') || name.startsWith('@fastify')) &&
            !['rest', 'cli'].includes(source.room),
        )
        .map((source) => source.file),
    ).toEqual([]);
  });

  it('pure rooms wait for nothing and know no clock', () => {
    const impure = sources.filter(
      (source) =>
        ['fhir', 'scheduling'].includes(source.room) &&
        /\basync\b|\bawait\b|Date\.now\(|new Date\(\)|Math\.random|node:fs/.test(withoutComments(source.text)),
    );
    expect(impure.map((one) => one.file)).toEqual([]);
  });

  it('read the environment in one place', () => {
    expect(sources.filter((source) => source.text.includes('process.env')).map((source) => source.file)).toEqual([
      'src/runtime/config.ts',
    ]);
  });
});

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
}

describe('files', () => {
  it('have one purpose and at most 300 lines', () => {
    const long = [...sources.map((source) => source.file), ...filesIn('test', /\.ts$/), ...filesIn('tools', /\.mjs$/)]
      .map((file) => ({ file, lines: readFileSync(join(ROOT, file), 'utf8').split('\n').length - 1 }))
      .filter(({ lines }) => lines > 300);
    expect(long).toEqual([]);
  });

  it('say at their top what they are', () => {
    expect(all.filter(({ text }) => !/^(\/\*\*|\/\/)/.test(text)).map((one) => one.file)).toEqual([]);
  });

  it('are named for what they hold', () => {
    expect(filesIn('src', /.*/).filter((file) => /(^|\/)(utils?|helpers?|common|misc)(\/|\.|$)/.test(file))).toEqual(
      [],
    );
  });

  it('are all imported by something that runs', () => {
    const used = new Set(
      all.flatMap(({ file, imports }) => (/\.test\.ts$/.test(file) ? [] : imports.map((one) => one.target))),
    );
    const entries = new Set(['src/cli/main.ts', 'src/store/engine/embedded-worker.ts']);
    expect(sources.filter(({ file }) => !used.has(file) && !entries.has(file)).map((source) => source.file)).toEqual(
      [],
    );
  });

  it('export nothing that nobody asks for', () => {
    const tests = [
      ...all.filter(({ file }) => /\.test(-data)?\.ts$/.test(file)).map((one) => one.text),
      ...filesIn('test', /\.ts$/).map((file) => readFileSync(join(ROOT, file), 'utf8')),
      ...['tools', 'bench']
        .flatMap((folder) => filesIn(folder, /\.mjs$/))
        .map((file) => readFileSync(join(ROOT, file), 'utf8')),
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

describe('documentation', () => {
  it('names every setting', () => {
    const documented = readFileSync(join(ROOT, 'docs/settings.md'), 'utf8');
    expect(
      OPTIONS.filter(
        ({ flag, variable }) => !documented.includes(`\`--${flag}\``) || !documented.includes(`\`${variable}\``),
      ).map((option) => option.flag),
    ).toEqual([]);
  });

  it('links to files that are there', () => {
    const pages = ['README.md', 'ARCHITECTURE.md', 'GLOSSARY.md', 'CONTRIBUTING.md', ...filesIn('docs', /\.md$/)];
    const broken = pages.flatMap((page) => {
      const text = readFileSync(join(ROOT, page), 'utf8');
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
    expect(texts.filter((file) => foreign.test(readFileSync(join(ROOT, file), 'utf8')))).toEqual([]);
  });
});

it('knows where it is', () => expect(relative(ROOT, import.meta.dirname)).toBe('test'));
