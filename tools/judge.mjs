/**
 * `npm run judge [-- emitted|mutated]`: the HL7 reference validator (Java, from Maven Central) over everything that the
 * golden tests emit, in JSON and XML, and over mutated resources beside our own validator. Without a JDK and Maven it
 * says so and succeeds; `CRENEAU_REQUIRE_JUDGE=1` makes that a failure. `UPDATE_DOCS=1` writes what it found into
 * docs/validation-differences.md.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { emitted } from './judge/emitted.mjs';
import { FRENCH } from './judge/french.mjs';
import { DIFFERENT, KNOWN } from './judge/known.mjs';
import { mutated } from './judge/mutated.mjs';
import { setUp } from './setup.mjs';

const TOOLS = dirname(fileURLToPath(import.meta.url));
const ROOT = join(TOOLS, '..');
const PAGE = join(ROOT, 'docs/validation-differences.md');
const MARK = '\n# Where the reference validator differs\n';
/** Of mutated resources on which both must agree whether they are valid. */
const LEAST_AGREEMENT = 0.99;
/** CI takes fewer, so that the whole takes less than a minute of two cores. */
const MUTATIONS = Number(process.env.JUDGE_MUTATIONS ?? 1500);

const classpath = build();
if (classpath === undefined) {
  console.log('judge: no JDK or Maven at hand, or Maven Central is out of reach: not judged');
  process.exit(process.env.CRENEAU_REQUIRE_JUDGE === '1' ? 1 : 0);
}
if (!existsSync(join(ROOT, 'dist/fhir'))) setUp();
// The pages are of no use here: the program alone is made fresh.
else run(process.execPath, join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', ROOT);
const { Conformance } = await import('../dist/fhir/conformance.js');
const { parseJson, stringifyJson } = await import('../dist/fhir/json.js');
const { writeXml } = await import('../dist/fhir/xml/write-xml.js');
const definitions = await import('../dist/rest/conformance/definition-resources.js');
const conformance = new Conformance();
const work = mkdtempSync(join(tmpdir(), 'creneau-judge-'));
try {
  const part = process.argv[2];
  const parts = [
    ['emitted', emittedPart],
    ['mutated', mutatedPart],
  ].filter(([name]) => part === undefined || part === name);
  const prepared = parts.map(([, prepare]) => prepare());
  const judged = await ask(prepared.flatMap(({ files }) => [...files.keys()]));
  const found = prepared.map(({ report }) => report(judged));
  if (process.env.UPDATE_DOCS === '1' && part === undefined) writePage(found.map(({ text }) => text));
  process.exitCode = found.every(({ good }) => good) ? 0 : 1;
} finally {
  rmSync(work, { recursive: true });
}

function run(command, ...args) {
  return spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;
}

/** The class path of the judge; `undefined` where its parts cannot be had. Throws when it does not compile. */
function build() {
  const folder = join(TOOLS, 'judge');
  const target = join(folder, 'target');
  const paths = join(target, 'classpath.txt');
  const resolve = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath';
  const isHere = run('javac', '-version') && run('mvn', '-v');
  if (!isHere || !run('mvn', '-q', '-B', '-f', join(folder, 'pom.xml'), resolve, `-Dmdep.outputFile=${paths}`))
    return undefined;
  const libraries = readFileSync(paths, 'utf8').trim();
  const classes = join(target, 'classes');
  if (!run('javac', '-nowarn', '-cp', libraries, '-d', classes, join(folder, 'Judge.java')))
    throw new Error('the judge does not compile');
  return `${classes}:${libraries}`;
}

/** The errors of each file by the reference validator, by its path; and those of definitions, by their URL. */
async function ask(files) {
  const folder = join(work, 'definitions');
  mkdirSync(folder, { recursive: true });
  for (const [i, resource] of ownDefinitions().entries())
    writeFileSync(join(folder, `${String(i).padStart(4, '0')}.json`), stringifyJson(resource));
  const judge = spawn('java', ['-Xmx2g', '-cp', classpath, 'Judge', folder], { stdio: ['pipe', 'pipe', 'ignore'] });
  let text = '';
  judge.stdout.setEncoding('utf8').on('data', (piece) => {
    text += piece;
  });
  judge.stdin.end(files.map((file) => `${file}\n`).join(''));
  const code = await new Promise((resolve) => judge.on('close', resolve));
  if (code !== 0) throw new Error(`the judge ended with ${code}`);
  return new Map(
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
      .map(({ file, definition, errors }) => [file ?? definition, errors]),
  );
}

function ownDefinitions() {
  const { profiles, terminology } = conformance;
  return [
    ...[...profiles.values()].map(definitions.profileResource),
    ...terminology.codeSystems().map(definitions.codeSystemResource),
    ...terminology.valueSets().map(definitions.valueSetResource),
  ];
}

function emittedPart() {
  const answers = [
    ...emitted(join(ROOT, 'test/golden')),
    ...ownDefinitions().map((resource) => ({
      name: `definition ${resource.url}`,
      text: stringifyJson(resource),
      format: 'json',
    })),
  ];
  const files = new Map();
  const write = (name, text, format) => {
    const file = join(work, `${files.size}.${format}`);
    writeFileSync(file, text);
    files.set(file, { name: `${name} (${format})`, text });
  };
  for (const { name, text, format } of answers) {
    write(name, text, format);
    if (format === 'json') write(name, writeXml(parseJson(text)), 'xml');
  }
  return { files, report: (judged) => reportEmitted(files, judged) };
}

/** Errors in answers and definitions, without those that are known. */
function reportEmitted(files, judged) {
  const seen = new Map();
  const faults = [];
  for (const [file, errors] of judged) {
    if (!files.has(file) && file.startsWith(work)) continue;
    const { name, text } = files.get(file) ?? { name: `definition ${file}`, text: '' };
    for (const { at, id, message } of errors) {
      const known = KNOWN.find(
        (each) => (each.answer?.test(text) ?? true) && (each.message?.test(`${id}: ${message}`) ?? true),
      );
      if (known === undefined) faults.push(`${name}: ${at}: ${message}`);
      else seen.set(known.reason, (seen.get(known.reason) ?? 0) + 1);
    }
  }
  for (const fault of faults.slice(0, 50)) console.error(fault);
  console.log(`emitted: ${files.size} answers and definitions, ${faults.length} errors without a reason`);
  const rows = [...seen].map(([reason, count]) => `| ${count} | ${reason} |`);
  return {
    good: faults.length === 0,
    text: [
      '## Emitted\n\nErrors that it names in answers and definitions, and that stay:\n\n| errors | reason |\n|---|---|',
      `${rows.join('\n')}\n`,
    ].join('\n'),
  };
}

/** Fixtures, and answers that declare profiles of the SAS. */
function seeds() {
  const read = (file) => readFileSync(join(ROOT, file), 'utf8');
  const fixture = JSON.parse(read('test/golden/fhir/fixture.json')).entry.map(({ resource }) => resource);
  const kit = read('docs/sas-kit.ndjson')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const answers = emitted(join(ROOT, 'test/golden/sas'))
    .filter(({ format }) => format === 'json')
    .map(({ text }) => JSON.parse(text))
    .filter(({ resourceType, entry }) => resourceType === 'Bundle' && entry?.length < 12)
    .flatMap(({ entry }) => entry.map(({ resource }) => resource));
  return [...fixture, ...kit, ...answers, ...FRENCH, ...FRENCH, ...FRENCH].filter(
    ({ resourceType }) => resourceType !== 'OperationOutcome',
  );
}

function mutatedPart() {
  const all = mutated(seeds(), MUTATIONS);
  const files = new Map(
    all.map(({ name, resource }, i) => {
      const file = join(work, `m${i}.json`);
      const text = JSON.stringify(resource);
      writeFileSync(file, text);
      return [file, { name, ours: oursOf(text) }];
    }),
  );
  return { files, report: (judged) => reportMutated(files, judged) };
}

function reportMutated(files, judged) {
  const differences = [];
  let wrong = 0;
  let withoutReason = 0;
  for (const [file, { name, ours }] of files) {
    const theirs = judged.get(file) ?? [];
    if (theirs.length > 0) wrong += 1;
    if (ours.length > 0 === theirs.length > 0) continue;
    const message = ours[0] ?? theirs[0].message;
    const reason = DIFFERENT.find(
      (each) => (each.mutation?.test(name) ?? true) && (each.message?.test(message) ?? true),
    )?.reason;
    if (reason === undefined) withoutReason += 1;
    const who = ours.length > 0 ? 'ours alone' : 'the reference alone';
    const shown = message.replaceAll('|', '\\|').slice(0, 150);
    differences.push(`| \`${name}\` | ${who} | ${shown} | ${reason ?? '**none**'} |`);
  }
  const agreement = 1 - differences.length / files.size;
  const percent = `${(agreement * 100).toFixed(1)} %`;
  for (const difference of differences) console.log(difference);
  console.log(`mutated: ${files.size} resources, ${wrong} wrong by the reference, agreement ${percent}`);
  if (withoutReason > 0) console.log(`mutated: ${withoutReason} differences without a reason`);
  return {
    good: agreement >= LEAST_AGREEMENT && withoutReason === 0,
    text:
      `## Mutated\n\n${files.size} resources with a single fault each, ${wrong} of them wrong by the reference: ` +
      `both agree on ${percent}.\n\n| mutation | refused by | first fault | reason |\n|---|---|---|---|\n` +
      `${differences.sort().join('\n')}\n`,
  };
}

function oursOf(text) {
  try {
    return conformance.validator
      .validate(parseJson(text))
      .filter(({ severity }) => severity === 'error' || severity === 'fatal')
      .map(({ expression, diagnostics }) => `${expression} ${diagnostics}`);
  } catch (error) {
    return [error.message];
  }
}

function writePage(sections) {
  const page = readFileSync(PAGE, 'utf8');
  const [own] = page.split(MARK);
  writeFileSync(
    PAGE,
    `${own.trimEnd()}\n${MARK}\nGenerated by \`npm run judge\` with the HL7 validator, over the profiles that the ` +
      `server publishes.\n\n${sections.join('\n')}`,
  );
}
