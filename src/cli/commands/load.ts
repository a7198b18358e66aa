/**
 * `creneau load FILE...`: Bundles (JSON) and NDJSON, into a running server (`--to`) or straight into the database.
 * Every resource keeps its id. Each resource that is refused is reported with its file and line; the others are loaded.
 */
import type { Context } from '../../fhir/interaction.ts';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { AgendaBackend } from '../../agenda/agenda-backend.ts';
import { openRuleServices } from '../../agenda/rules/services.ts';
import { readAgendaSettings } from '../../agenda/settings.ts';
import { FhirError } from '../../fhir/issue.ts';
import { parseJson, stringifyJson } from '../../fhir/json.ts';
import type { Resource } from '../../fhir/resource.ts';
import { checkStructure } from '../../fhir/structure.ts';
import { isType, list } from '../../fhir/resources.ts';
import type { Config } from '../../runtime/config.ts';
import { Feed } from '../../store/delivery/feed.ts';
import { openCommandDatabase } from './command-database.ts';
import { progress } from './progress.ts';
import { openRemote } from './remote.ts';

/** In this order almost every reference points to an earlier type; the others are tried again at the end. */
const ORDER = [
  'Organization',
  'Location',
  'Practitioner',
  'HealthcareService',
  'PractitionerRole',
  'Patient',
  'RelatedPerson',
  'Device',
  'Schedule',
  'Slot',
  'Appointment',
  'AppointmentResponse',
  'Binary',
  'DocumentReference',
  'AuditEvent',
];

interface Item {
  resource: Resource;
  where: string;
}

interface RefusedItem {
  where: string;
  reason: string;
}

/** Refusals that are printed. */
const MAX_SHOWN = 50;

/** Writes one resource; throws when it is refused. */
type Sink = (resource: Resource) => Promise<void>;

export async function load(config: Config, files: readonly string[], now: () => number = Date.now): Promise<void> {
  if (files.length === 0) throw new Error('load FILE... : donnez au moins un fichier / give at least one file');
  const items: Item[] = [];
  const unreadable: RefusedItem[] = [];
  for (const file of files) {
    for await (const item of readItems(file)) {
      if ('reason' in item) unreadable.push(item);
      else items.push(item);
    }
  }
  items.sort((a, b) => rank(a.resource) - rank(b.resource));
  const { sink, close } = await openSink(config, now);
  const bar = progress('Chargement / loading', items.length);
  let loaded = 0;
  let waiting = items;
  let refused: RefusedItem[] = [];
  const again = new Map<RefusedItem, Item>();
  try {
    // A resource that refers to a later one waits for the next round. Rounds end when one loads nothing.
    for (let before = -1; waiting.length > 0 && waiting.length !== before; ) {
      before = waiting.length;
      refused = [];
      for (const item of waiting) {
        try {
          await sink(item.resource);
          loaded++;
          bar.step();
        } catch (error) {
          if (!(error instanceof FhirError)) throw error;
          const refusal = { where: item.where, reason: error.message };
          again.set(refusal, item);
          refused.push(refusal);
        }
      }
      waiting = refused.map((refusal) => again.get(refusal)!);
    }
  } finally {
    bar.done();
    await close();
  }
  refused.unshift(...unreadable);
  for (const { where, reason } of refused.slice(0, MAX_SHOWN)) process.stderr.write(`${where}: ${reason}\n`);
  if (refused.length > MAX_SHOWN) process.stderr.write(`… ${refused.length - MAX_SHOWN}\n`);
  process.stdout.write(
    `${loaded} ressources chargées, ${refused.length} refusées / ` +
      `${loaded} resources loaded, ${refused.length} refused\n`,
  );
  if (refused.length > 0) process.exitCode = 1;
}

function rank(resource: Resource): number {
  const at = ORDER.indexOf(resource.resourceType);
  return at < 0 ? ORDER.length : at;
}

async function openSink(config: Config, now: () => number): Promise<{ sink: Sink; close(): Promise<void> }> {
  if (config.to !== undefined) {
    const remote = openRemote(config.to, config);
    const sink: Sink = async (resource) => {
      const path = resource.id === undefined ? resource.resourceType : `${resource.resourceType}/${resource.id}`;
      await remote.ask(resource.id === undefined ? 'POST' : 'PUT', path, stringifyJson(resource));
    };
    return { sink, close: () => remote.close() };
  }
  const database = await openCommandDatabase(config, 4);
  const backend = new AgendaBackend({
    database,
    services: openRuleServices(database, readAgendaSettings(config)),
    feed: new Feed(database),
  });
  const sink: Sink = async (resource) => {
    const context: Context = {
      now: now(),
      requestId: 'load',
      caller: 'load',
      roles: ['*'],
      strict: false,
      loading: true,
      base: '',
    };
    backend.tolerate(context, resource);
    const [fault] = checkStructure(resource).filter(({ severity }) => severity === 'error');
    if (fault !== undefined) throw new FhirError(fault.code, fault.diagnostics);
    if (!backend.served.has(resource.resourceType))
      throw new FhirError('not-supported', `${resource.resourceType} is not stored here`);
    if (resource.id === undefined) await backend.create(context, resource);
    else await backend.update(context, resource, resource.id, {});
  };
  return { sink, close: () => database.close() };
}

async function* readItems(file: string): AsyncGenerator<Item | RefusedItem> {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile())
    throw new Error(`${file} : fichier introuvable / no such file`);
  if (!/\.(ndjson|jsonl)$/.test(file)) {
    const whole = readJson(readFileSync(file, 'utf8'), file);
    if ('reason' in whole || !isType(whole.resource, 'Bundle')) return yield whole;
    for (const [i, entry] of list(whole.resource.entry).entries()) {
      if (entry.resource !== undefined) yield { resource: entry.resource, where: `${file} entry[${i}]` };
    }
    return;
  }
  let line = 0;
  for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    line++;
    if (text.trim() !== '') yield readJson(text, `${file}:${line}`);
  }
}

function readJson(text: string, where: string): Item | RefusedItem {
  try {
    return { resource: parseJson(text), where };
  } catch (error) {
    return { where, reason: (error as Error).message };
  }
}
