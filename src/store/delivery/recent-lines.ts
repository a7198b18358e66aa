/**
 * The last lines of the audit spool, kept beside the file, so that they need not be read back on their way into the
 * database. The file has the last word: lines that are not here any more are read from it.
 */

/** Beyond, the database is away for long: the file keeps them. */
const MAX_BYTES = 4 * 1024 * 1024;

export class RecentLines {
  private lines: string[] = [];
  private sizes: number[] = [];
  /** Where the first of them begins in the file, in bytes. */
  private from = 0;
  private bytes = 0;

  /** A line that stands at this place of the file, without its end. `size`: with its end, in bytes. */
  add(line: string, size: number, at: number): void {
    if (at !== this.from + this.bytes || this.bytes + size > MAX_BYTES) this.restart(at);
    this.lines.push(line);
    this.sizes.push(size);
    this.bytes += size;
  }

  /** Gives up at most so many lines that begin at this place, with their bytes; `undefined`: they are not here. */
  take(at: number, most: number): { lines: string[]; bytes: number } | undefined {
    if (at !== this.from || this.lines.length === 0) return undefined;
    if (this.lines.length <= most) {
      const all = { lines: this.lines, bytes: this.bytes };
      this.restart(at + all.bytes);
      return all;
    }
    const lines = this.lines.splice(0, most);
    const bytes = this.sizes.splice(0, most).reduce((sum, size) => sum + size, 0);
    this.from += bytes;
    this.bytes -= bytes;
    return { lines, bytes };
  }

  /** Keeps nothing of before; the next line stands at this place. */
  restart(at: number): void {
    this.lines = [];
    this.sizes = [];
    this.from = at;
    this.bytes = 0;
  }
}
