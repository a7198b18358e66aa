/** The files of the audit spool: lines of JSON, of which a crash of the machine may have cut the last. */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export const SPOOL_FILE = 'facts.ndjson';

/** The folders of other processes. */
export function orphanFolders(root: string, own: string): string[] {
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(root, entry.name))
    .filter((folder) => folder !== own);
}

export function removeSpool(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** The first whole lines of a piece of the file, at most so many, and the bytes that they take. */
export function wholeLines(buffer: Buffer, most: number): { lines: string[]; bytes: number } {
  const lines: string[] = [];
  let bytes = 0;
  for (let end = buffer.indexOf(10); end >= 0 && lines.length < most; end = buffer.indexOf(10, bytes)) {
    lines.push(buffer.toString('utf8', bytes, end));
    bytes = end + 1;
  }
  return { lines, bytes };
}

/** The facts of an ended process, so many at a time; a line that was cut is left out. */
export function* spoolLines(folder: string, most: number): Generator<string[]> {
  const file = join(folder, SPOOL_FILE);
  if (!existsSync(file)) return;
  let rest = readFileSync(file);
  for (;;) {
    const { lines, bytes } = wholeLines(rest, most);
    if (lines.length === 0) return;
    const whole = lines.filter(isJson);
    if (whole.length > 0) yield whole;
    rest = rest.subarray(bytes);
  }
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
