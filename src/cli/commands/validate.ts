/**
 * `creneau validate FILE|FOLDER...`: validates resources (JSON, XML, NDJSON) against FHIR R4 and their profiles. Prints
 * a report in French, or JSON with `--json`. The exit code is 1 if any resource has an error; warnings and best
 * practices that are not followed are listed apart and are not errors.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Conformance } from '../../fhir/conformance.ts';
import { FhirError, type Issue, issue, toOperationOutcome } from '../../fhir/issue.ts';
import { parseJson, stringifyJson } from '../../fhir/json.ts';
import type { Json } from '../../fhir/resource.ts';
import { parseXml } from '../../fhir/xml/parse-xml.ts';
import type { Config } from '../../runtime/config.ts';
import { openConformance } from '../../server/conformance.ts';
import { progress } from './progress.ts';

/** The result for one resource. */
interface Validation {
  /** File, and line of an NDJSON file. */
  where: string;
  /** `Patient/1` */
  what: string;
  errors: Issue[];
  warnings: Issue[];
  advice: Issue[];
}

export async function validate(config: Config, paths: readonly string[]): Promise<void> {
  if (paths.length === 0)
    throw new Error('validate FILE|FOLDER : donnez un fichier ou un dossier / give a file or a folder');
  const conformance = openConformance(config.definitions, config.sasVersion);
  const unknown = config.profile.find((url) => !conformance.profiles.has(url));
  if (unknown !== undefined)
    throw new Error(`--profile ${unknown} : profil inconnu / unknown profile (--definitions PATH)`);
  const files = paths.flatMap(filesUnder);
  if (files.length === 0)
    throw new Error(`${paths.join(', ')} : aucun fichier .json, .xml ou .ndjson / no .json, .xml or .ndjson file`);
  const bar = progress('Validation', files.length);
  const all: Validation[] = [];
  for (const file of files) {
    all.push(...validateFile(file, conformance, config.profile));
    bar.step();
  }
  bar.done();
  process.stdout.write(config.json ? `${stringifyJson(asJson(all), true)}\n` : report(all));
  if (all.some(({ errors }) => errors.length > 0)) process.exitCode = 1;
}

function filesUnder(path: string): string[] {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new Error(`${path} : introuvable / no such file or folder`);
  if (!found.isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(json|xml|ndjson|jsonl)$/.test(name))
    .sort()
    .map((name) => join(path, name));
}

function validateFile(file: string, conformance: Conformance, profiles: readonly string[]): Validation[] {
  const text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  if (!/\.(ndjson|jsonl)$/.test(file)) return [validateText(text, file, conformance, profiles)];
  return text
    .split('\n')
    .flatMap((line, i) => (line.trim() === '' ? [] : [validateText(line, `${file}:${i + 1}`, conformance, profiles)]));
}

function validateText(
  text: string,
  where: string,
  { validator, profiles: known }: Conformance,
  profiles: readonly string[],
): Validation {
  let resource: Json;
  try {
    resource = /^\s*</.test(text) ? parseXml(text) : parseJson(text);
  } catch (error) {
    if (!(error instanceof FhirError)) throw error;
    return { where, what: 'illisible', errors: error.issues, warnings: [], advice: [] };
  }
  const type = typeof resource?.resourceType === 'string' ? resource.resourceType : '?';
  // In a folder, a requested profile applies to the resources of its type; the others keep the profiles they declare.
  const asked = profiles.filter((url) => known.get(url)?.type === type);
  const issues = validator.validate(resource, { profiles: asked });
  if (profiles.length > 0 && asked.length === 0)
    issues.push(
      issue('warning', 'informational', `No asked profile is for ${type}`, {
        text: `Aucun profil demandé ne concerne ${type}.`,
      }),
    );
  const isAdvice = (issue: Issue): boolean => issue.diagnostics.endsWith('(best practice)');
  return {
    where,
    what: resource?.id === undefined ? type : `${type}/${resource.id}`,
    errors: issues.filter((issue) => issue.severity === 'error' || issue.severity === 'fatal'),
    warnings: issues.filter((issue) => issue.severity === 'warning' && !isAdvice(issue)),
    advice: issues.filter(isAdvice),
  };
}

/** Lists the resources with faults; the others are only counted. */
function report(all: readonly Validation[]): string {
  const lines: string[] = [];
  for (const { where, what, errors, warnings } of all) {
    if (errors.length + warnings.length === 0) continue;
    lines.push(
      `${errors.length > 0 ? '✗' : '!'} ${where} — ${what} : ` +
        `${[count(errors.length, 'erreur'), count(warnings.length, 'avertissement')].filter(Boolean).join(', ')}`,
    );
    for (const error of errors) lines.push(line('erreur', error));
    for (const warning of warnings) lines.push(line('avertissement', warning));
    lines.push('');
  }
  const faulty = all.filter(({ errors }) => errors.length > 0).length;
  const warned = all.filter(({ errors, warnings }) => errors.length === 0 && warnings.length > 0).length;
  const advised = all.filter(({ advice }) => advice.length > 0).length;
  const valid = all.length - faulty;
  lines.push(
    `${count(all.length, 'ressource', true)} : ${count(valid, 'valide', true)}` +
      `${warned > 0 ? ` (dont ${warned} avec avertissement)` : ''}, ${count(faulty, 'en erreur', true)}.`,
  );
  if (advised > 0)
    lines.push(
      'Bonnes pratiques non suivies (sans effet sur la validité) : ' +
        `${count(advised, 'ressource', true)} (texte narratif absent, par exemple).`,
    );
  return `${lines.join('\n')}\n`;
}

function line(kind: string, { expression, text, diagnostics }: Issue): string {
  const said = text ?? diagnostics;
  const where = expression === undefined || said.startsWith(expression[0]!) ? '' : `${expression.join(', ')} : `;
  // For a text that cannot be parsed, only the English diagnostics name the place.
  const place = /line (\d+), column (\d+)/.exec(expression === undefined ? diagnostics : '');
  return `    ${kind.padEnd(14)} ${where}${said}${place ? ` (ligne ${place[1]}, colonne ${place[2]})` : ''}`;
}

function count(number: number, word: string, always = false): string {
  if (number === 0 && !always) return '';
  return `${number} ${word}${number > 1 && !word.startsWith('en ') ? 's' : ''}`;
}

function asJson(all: readonly Validation[]): Json {
  return {
    resources: all.length,
    invalid: all.filter(({ errors }) => errors.length > 0).length,
    results: all.map(({ where, what, errors, warnings, advice }) => ({
      where,
      what,
      valid: errors.length === 0,
      outcome: toOperationOutcome([...errors, ...warnings, ...advice]),
    })),
  };
}
