/**
 * `creneau load-directory FILE|URL...`: the national directory (Annuaire Santé) into the database, from NDJSON, FHIR
 * Bundles (of the API, page by page) or the open extracts. A second run updates; local data stay.
 */
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { AgendaBackend } from '../../agenda/agenda-backend.ts';
import { openRuleServices } from '../../agenda/rules/services.ts';
import { readAgendaSettings } from '../../agenda/settings.ts';
import { parseJson } from '../../fhir/json.ts';
import { isType, list } from '../../fhir/resources.ts';
import type { Config } from '../../runtime/config.ts';
import { Feed } from '../../store/delivery/feed.ts';
import { DirectoryLoader, type DirectoryReport } from '../../sync/directory/directory-loader.ts';
import { type DirectorySource, readDirectory } from '../../sync/directory/read-directory.ts';
import { openCommandDatabase } from './command-database.ts';
import { type Progress, progress } from './progress.ts';
import { openAddress } from './remote.ts';

/** Resources of one transaction. */
const BATCH = 400;

export async function loadDirectory(
  config: Config,
  sources: readonly string[],
  now: () => number = Date.now,
): Promise<void> {
  if (sources.length === 0)
    throw new Error('load-directory FILE|URL... : donnez un fichier ou une adresse / give a file or an address');
  const database = await openCommandDatabase(config, 4);
  const services = openRuleServices(database, readAgendaSettings(config));
  const loader = new DirectoryLoader({
    reader: services.reader,
    backend: new AgendaBackend({ database, services, feed: new Feed(database) }),
    context: () => ({ now: now(), requestId: 'load-directory', caller: 'load-directory', roles: ['*'], ...LOADING }),
    isDryRun: config.dryRun,
  });
  const began = now();
  try {
    for (const source of sources) {
      const bar = progress(source, sizeOf(source));
      await loader.load(readDirectory(open(config, source, bar)), BATCH);
      bar.done();
    }
  } finally {
    await database.close();
  }
  print(loader.report, config.dryRun, now() - began);
}

const LOADING = { strict: false, loading: true, base: '' };

function isAddress(source: string): boolean {
  return /^https?:\/\//.test(source);
}

function sizeOf(source: string): number {
  if (isAddress(source)) return 0;
  const found = statSync(source, { throwIfNoEntry: false });
  if (!found?.isFile()) throw new Error(`${source} : fichier introuvable / no such file`);
  return found.size;
}

/** The lines of a file or an address, and how to read the next page of a search. */
function open(config: Config, source: string, bar: Progress): DirectorySource {
  const key = config.directoryKey === undefined ? undefined : readFileSync(config.directoryKey, 'utf8').trim();
  const headers = { accept: 'application/fhir+json', ...(key === undefined ? {} : { 'esante-api-key': key }) };
  const lines = async function* (address: string): AsyncGenerator<string> {
    const input = isAddress(address) ? Readable.from(await openAddress(address, headers)) : createReadStream(address);
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      bar.step(Buffer.byteLength(line) + 1);
      yield line;
    }
  };
  return {
    name: source,
    lines: lines(source),
    async next(text) {
      const bundle = parseJson(text);
      const link = isType(bundle, 'Bundle') ? list(bundle.link).find(({ relation }) => relation === 'next') : undefined;
      // A page leads on to the same server only: the key is for nobody else.
      if (link === undefined || !isAddress(source)) return undefined;
      const address = new URL(link.url, source);
      return address.origin === new URL(source).origin ? lines(address.href) : undefined;
    },
  };
}

function print({ byType, refusedCount, refused }: DirectoryReport, isDryRun: boolean, took: number): void {
  for (const { where, reason } of refused) process.stderr.write(`${where}: ${reason}\n`);
  if (refusedCount > refused.length) process.stderr.write(`… ${refusedCount - refused.length}\n`);
  if (isDryRun) process.stdout.write('Rien n’est écrit / nothing is written (--dry-run)\n');
  for (const [type, { created, updated, unchanged }] of byType)
    process.stdout.write(
      `${type}: ${created} créées / created, ${updated} modifiées / updated, ${unchanged} inchangées / unchanged\n`,
    );
  process.stdout.write(`${refusedCount} refusées / refused, ${Math.round(took / 1000)} s\n`);
  if (refusedCount > 0) process.exitCode = 1;
}
