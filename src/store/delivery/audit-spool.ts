/**
 * The queue between the door and the audit trail: a file that only grows, written before an answer leaves and emptied
 * into the database in batches. The file survives the end of the process at any moment. Every second it is brought to
 * the disk (`fsync`), so that a power cut costs a second of reads at most (a write has its facts in its transaction).
 * Each process has a folder of its own under the lock of `lock-file.ts`, and takes over those of processes that are
 * gone. ADR 0025
 */
import { closeSync, fsync, ftruncateSync, mkdirSync, openSync, read, writeSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type AuditFact, trailRow } from '../../fhir/audit/fact.ts';
import { FhirError } from '../../fhir/issue.ts';
import type { Log } from '../../runtime/log.ts';
import { type Lock, takeLock } from '../engine/lock-file.ts';
import { RecentLines } from './recent-lines.ts';
import { orphanFolders, removeSpool, SPOOL_FILE, spoolLines, wholeLines } from './audit-spool-files.ts';

export interface SpoolSettings {
  /** The folders of all processes on this database. */
  root: string;
  /** Bytes that may wait; beyond, `fault` says so and nothing is served. */
  maxBytes: number;
  log: Log;
  /** Writes facts (JSON texts) to the database. Throws FhirError. */
  write: (lines: readonly string[]) => Promise<void>;
}

const FLUSH_MS = 250;
const SYNC_MS = 1_000;
const CHUNK = 1024 * 1024;
const MAX_LINES = 500;
const readAt = promisify(read);
const sync = promisify(fsync);

export class AuditSpool {
  private readonly settings: SpoolSettings;
  private readonly folder: string;
  private readonly lock: Lock;
  private readonly file: number;
  private readonly timers: NodeJS.Timeout[];
  /** Bytes in the file, and of these already in the database. */
  private written = 0;
  private flushed = 0;
  private readonly recent = new RecentLines();
  private isUnsynced = false;
  /** Bytes that the disk did not take. */
  private kept = Buffer.alloc(0);
  private isAway = false;
  private flushing: Promise<void> = Promise.resolve();

  constructor(settings: SpoolSettings) {
    this.settings = settings;
    this.folder = join(settings.root, `${process.pid}-${randomUUID().slice(0, 8)}`);
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    this.lock = takeLock(this.folder);
    this.file = openSync(join(this.folder, SPOOL_FILE), 'a+', 0o600);
    this.timers = [setInterval(() => void this.flush(), FLUSH_MS), setInterval(() => void this.sync(), SYNC_MS)];
    for (const timer of this.timers) timer.unref();
  }

  /** Returns when the fact survives the end of this process, or waits in memory because the disk is full (`fault`). */
  append(fact: AuditFact): void {
    const text = JSON.stringify(trailRow(fact)).replaceAll('\\u0000', '');
    const line = `${text}\n`;
    if (this.kept.length > 0) {
      this.kept = Buffer.concat([this.kept, Buffer.from(line)]);
      this.drain();
      return;
    }
    const at = this.written;
    const size = Buffer.byteLength(line);
    const taken = this.put(line);
    if (taken === size) this.recent.add(text, size, at);
    else this.kept = Buffer.from(line).subarray(taken);
  }

  /** The reason why it takes no more. */
  fault(): string | undefined {
    if (this.kept.length > 0) this.drain();
    if (this.kept.length > 0) return 'its disk takes no more';
    return this.written - this.flushed > this.settings.maxBytes ? 'too much waits for the database' : undefined;
  }

  /** Facts that wait for the database, in bytes. */
  waiting(): number {
    return this.written - this.flushed + this.kept.length;
  }

  /** Takes over what processes that are gone have left. Throws what the database throws. */
  async adopt(): Promise<number> {
    let count = 0;
    for (const folder of orphanFolders(this.settings.root, this.folder)) {
      const lock = lockOf(folder);
      if (lock === undefined) continue;
      try {
        for (const lines of spoolLines(folder, MAX_LINES)) {
          await this.writeAll(lines);
          count += lines.length;
        }
        removeSpool(folder);
      } finally {
        lock.release();
      }
    }
    if (count > 0) this.settings.log.info({ facts: count }, 'audit trail: facts of an ended process are recovered');
    return count;
  }

  /** Writes what waits; after a failure it keeps waiting. */
  flush(): Promise<void> {
    this.flushing = this.flushing.then(async () => {
      try {
        while (this.flushed < this.written) await this.flushChunk();
        this.isAway = false;
      } catch (cause) {
        if (!this.isAway)
          this.settings.log.warn({ bytes: this.waiting(), cause: (cause as Error).message }, 'audit trail: facts wait');
        this.isAway = true;
      }
    });
    return this.flushing;
  }

  async close(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    await this.flush();
    await this.sync();
    closeSync(this.file);
    if (this.waiting() === 0) removeSpool(this.folder);
    this.lock.release();
  }

  private drain(): void {
    for (let taken = 1; taken > 0 && this.kept.length > 0; this.kept = this.kept.subarray(taken))
      taken = this.put(this.kept);
  }

  /** The bytes that the disk has taken of it, which may be fewer than all. */
  private put(data: string | Buffer): number {
    try {
      const taken = typeof data === 'string' ? writeSync(this.file, data) : writeSync(this.file, data);
      this.written += taken;
      this.isUnsynced = true;
      return taken;
    } catch (cause) {
      this.settings.log.error({ bytes: data.length, cause: (cause as Error).message }, 'audit trail: disk refuses');
      return 0;
    }
  }

  private async flushChunk(): Promise<void> {
    const { lines, bytes } = this.recent.take(this.flushed, MAX_LINES) ?? (await this.readChunk());
    if (lines.length === 0) return;
    await this.writeAll(lines);
    this.flushed += bytes;
    if (this.flushed < this.written) return;
    ftruncateSync(this.file, 0);
    this.written = 0;
    this.flushed = 0;
    this.recent.restart(0);
  }

  private async readChunk(): Promise<{ lines: string[]; bytes: number }> {
    const waiting = this.written - this.flushed;
    let buffer = Buffer.alloc(Math.min(waiting, CHUNK));
    await readAt(this.file, buffer, 0, buffer.length, this.flushed);
    // A fact that is longer than a chunk is read with all the rest.
    if (!buffer.includes('\n')) {
      buffer = Buffer.alloc(waiting);
      await readAt(this.file, buffer, 0, buffer.length, this.flushed);
    }
    return wholeLines(buffer, MAX_LINES);
  }

  /** A fact that the database refuses for what it is must not keep the others back: the log says which was left. */
  private async writeAll(lines: readonly string[]): Promise<void> {
    try {
      await this.settings.write(lines);
    } catch (error) {
      if (!(error instanceof FhirError) || error.code !== 'exception') throw error;
      if (lines.length === 1) {
        this.settings.log.error({ bytes: lines[0]!.length }, 'audit trail: the database refuses a fact');
        return;
      }
      for (const line of lines) await this.writeAll([line]);
    }
  }

  private async sync(): Promise<void> {
    if (!this.isUnsynced) return;
    this.isUnsynced = false;
    await sync(this.file).catch((cause) => this.settings.log.error({ cause: cause.message }, 'audit trail: no fsync'));
  }
}

/** `undefined`: its process lives. */
function lockOf(folder: string): Lock | undefined {
  try {
    return takeLock(folder);
  } catch {
    return undefined;
  }
}
