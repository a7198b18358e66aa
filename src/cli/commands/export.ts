/** `creneau export DIR`: writes every current resource as NDJSON, one file per type. `load` reads the files back. */
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import { SEARCHED_TYPES } from '../../fhir/search/parameters.ts';
import type { Stored } from '../../fhir/interaction.ts';
import { parseResource, stringifyJson } from '../../fhir/json.ts';
import type { Config } from '../../runtime/config.ts';
import type { Database } from '../../store/engine/database.ts';
import { readContent } from '../../store/records/binary-content.ts';
import { ResourceReader } from '../../store/resources/resource-reader.ts';
import { openCommandDatabase } from './command-database.ts';

const PAGE = 500;

export async function exportAll(config: Config, files: readonly string[]): Promise<void> {
  const [folder] = files;
  if (folder === undefined) throw new Error('export DIR : donnez un dossier / give a folder');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const database = await openCommandDatabase(config);
  const reader = new ResourceReader(database);
  try {
    for (const type of SEARCHED_TYPES) {
      let cursor: string | undefined;
      let count = 0;
      let file: ReturnType<typeof createWriteStream> | undefined;
      do {
        const page = await reader.search(type, [], { count: PAGE, cursor, total: 'none' });
        for (const row of page.rows) {
          file ??= createWriteStream(join(folder, `${type}.ndjson`), { mode: 0o600 });
          const text = type === 'Binary' ? await whole(database, row) : row.body;
          if (!file.write(`${text}\n`)) await once(file, 'drain');
          count++;
        }
        cursor = page.cursor;
      } while (cursor !== undefined);
      if (file === undefined) continue;
      file.end();
      await once(file, 'close');
      process.stdout.write(`${join(folder, `${type}.ndjson`)} : ${count}\n`);
    }
  } finally {
    await database.close();
  }
}

/** A Binary with its octets, which lie apart (ADR 0031). */
async function whole(database: Database, { id, body }: Stored): Promise<string> {
  return stringifyJson({ ...parseResource('Binary', body!), data: await readContent(database, id) });
}
