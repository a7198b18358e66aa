/**
 * Conformance as the options ask for it: published definitions read from files, the checks of writes, and the back end
 * that applies them.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Conformance } from '../fhir/conformance.ts';
import { parseJson } from '../fhir/json.ts';
import type { Resource } from '../fhir/resource.ts';
import { parseXml } from '../fhir/xml/parse-xml.ts';
import { isType, list } from '../fhir/resources.ts';
import type { AuditResources } from '../rest/audit/audit-resources.ts';
import type { Backend } from '../rest/backend.ts';
import { ConformantBackend } from '../rest/conformance/conformant-backend.ts';
import { WriteChecks } from '../rest/conformance/write-checks.ts';
import type { Config } from '../runtime/config.ts';
import type { Log } from '../runtime/log.ts';
import { limitsOf } from './listening.ts';

/** Published definitions, and what is checked of writes. */
export interface ConformanceLayer {
  checks: WriteChecks;
  /** The same back end with definitions, validation and checked writes. */
  around(backend: Backend, audit: AuditResources): ConformantBackend;
}

export function openConformanceLayer(config: Config, log: Log): ConformanceLayer {
  const conformance = openConformance(config.definitions, config.sasVersion);
  if (conformance.published.length > 0)
    log.info({ definitions: conformance.published.length }, 'published definitions');
  const checks = new WriteChecks(conformance, config.validation);
  return {
    checks,
    around: (backend, audit) => new ConformantBackend(backend, conformance, checks, limitsOf(config), audit),
  };
}

/**
 * Reads the definitions of files and folders (a published package's, a NOS list's). Throws an error that names the
 * file.
 */
export function openConformance(paths: readonly string[], sasVersion: Config['sasVersion']): Conformance {
  return new Conformance(paths.flatMap(filesUnder).flatMap(readDefinitions), sasVersion);
}

function filesUnder(path: string): string[] {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new Error(`${path} : introuvable / no such file`);
  if (!found.isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(json|xml)$/.test(name))
    .sort()
    .map((name) => join(path, name));
}

/** The FHIR resources of a file: none in the other files of a package (its index, its manifest). */
function readDefinitions(file: string): Resource[] {
  const text = readFileSync(file, 'utf8');
  let read: Resource;
  try {
    read = /^\s*</.test(text) ? parseXml(text) : parseJson(text);
  } catch (cause) {
    throw new Error(`${file} : ${(cause as Error).message}`, { cause });
  }
  if (isType(read, 'Bundle')) return list(read.entry).flatMap((entry) => entry.resource ?? []);
  return typeof read.resourceType === 'string' ? [read] : [];
}
