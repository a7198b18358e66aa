/**
 * The worker thread in which PGlite lives: on the main thread it would starve the event loop. Messages: {id, sql,
 * params?} -> {id, rows} or {id, error}. Statements run one after the other. A new database starts from the image of an
 * empty one, where there is such a file: making one anew takes five times as long.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { btree_gist } from '@electric-sql/pglite/contrib/btree_gist';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';

interface Request {
  id: number;
  sql: string;
  params?: unknown[];
}

const port = parentPort!;
const { folder, image, session } = workerData as {
  folder: string | undefined;
  image: string | undefined;
  session: Record<string, string>;
};
const isNew = folder === undefined || !existsSync(join(folder, 'PG_VERSION'));
const INT8 = 20;

/** A file that is read at once: a Blob of Node hands out its 30 MB in small pieces, which costs a second of CPU. */
class WholeFile extends Blob {
  readonly #path: string;

  constructor(path: string) {
    super([]);
    this.#path = path;
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    const { buffer, byteOffset, byteLength } = readFileSync(this.#path);
    return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
  }
}

const database = new PGlite({
  ...(folder === undefined ? {} : { dataDir: folder }),
  ...(isNew && image !== undefined && existsSync(image) ? { loadDataDir: new WholeFile(image) } : {}),
  extensions: { btree_gist, pg_trgm },
  parsers: { [INT8]: Number },
  relaxedDurability: false,
});

port.on('message', async ({ id, sql, params }: Request) => {
  try {
    if (sql === 'close') {
      await database.close();
      port.postMessage({ id, rows: [] });
      port.close();
    } else if (sql === 'image') {
      writeFileSync(String(params![0]), Buffer.from(await (await database.dumpDataDir('none')).arrayBuffer()));
      port.postMessage({ id, rows: [] });
    } else if (params === undefined) {
      await database.exec(sql);
      port.postMessage({ id, rows: [] });
    } else {
      port.postMessage({ id, rows: (await database.query(sql, params)).rows });
    }
  } catch (cause) {
    const { message, code } = cause as { message?: string; code?: string };
    if (params === undefined) await database.exec('ROLLBACK').catch(() => {});
    // PGlite puts pages of its own source into an uncaught error: one line is enough.
    port.postMessage({ id, error: { message: String(message).slice(0, 500), code } });
    // Not an answer of the database but the end of it (a panic on a full disk, out of memory): the thread ends, and is
    // started anew.
    if (!/^[0-9A-Z]{5}$/.test(code ?? '')) process.exit(1);
  }
});

const ready = database.waitReady.then(() =>
  database.exec(
    Object.entries(session)
      .map(([name, value]) => `SET ${name} = ${value}`)
      .join('; '),
  ),
);
ready.then(
  () => port.postMessage({ id: 0, rows: [] }),
  (cause) =>
    port.postMessage({ id: 0, error: { message: String(cause?.message ?? cause).slice(0, 500), code: 'open' } }),
);
