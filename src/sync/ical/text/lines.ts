/**
 * The content lines of a calendar file. Octets are unfolded before they are decoded (RFC 5545 3.1), so that a fold
 * inside a character does no harm, and a line with a bad octet costs nothing but itself.
 */
import { isUtf8 } from 'node:buffer';

export interface ContentLine {
  /** Where it begins in the file, from 1. */
  line: number;
  content: string;
}

/** Longer lines hold an image or an attack; 200,000 octets hold ten thousand dates. */
export const MAX_LINE_OCTETS = 200_000;

const LF = 10;
const CR = 13;
const isBlank = (octet: number | undefined): boolean => octet === 32 || octet === 9;

/**
 * Lines end with CRLF, LF or CR alone; empty ones are as if they were not there, also between the parts of a folded
 * line. Lines that are too long come cut, with the limit and one octet more.
 */
export function* contentLines(octets: Uint8Array, charset?: string): Generator<ContentLine> {
  const bytes = asUtf8(Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength));
  const decode = decoderOf(charset);
  let parts: Buffer[] = [];
  let length = 0;
  let begun = 1;
  let line = 0;
  const whole = (): ContentLine[] => {
    const content = decode(withoutMark(parts.length === 1 ? parts[0]! : Buffer.concat(parts)));
    return content.trim() === '' ? [] : [{ line: begun, content }];
  };
  for (let from = 0; from < bytes.length; ) {
    line++;
    const end = endOfLine(bytes, from);
    const isFolded = isBlank(bytes[from]);
    if (end > from && !isFolded && parts.length > 0) {
      yield* whole();
      parts = [];
      length = 0;
    }
    if (end > from) {
      if (parts.length === 0) begun = line;
      const start = isFolded ? from + 1 : from;
      if (length <= MAX_LINE_OCTETS)
        parts.push(bytes.subarray(start, Math.min(end, start + MAX_LINE_OCTETS + 1 - length)));
      length += end - start;
    }
    from = end + (bytes[end] === CR && bytes[end + 1] === LF ? 2 : 1);
  }
  if (parts.length > 0) yield* whole();
}

const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/** Calendars that were put together have a byte order mark inside the file. */
function withoutMark(octets: Buffer): Buffer {
  return octets.subarray(0, 3).equals(BOM) ? octets.subarray(3) : octets;
}

function endOfLine(bytes: Buffer, from: number): number {
  for (let at = from; at < bytes.length; at++) if (bytes[at] === LF || bytes[at] === CR) return at;
  return bytes.length;
}

/** UTF-16 becomes UTF-8: its octets cannot be unfolded as they are. */
function asUtf8(bytes: Buffer): Buffer {
  const label = utf16Of(bytes);
  return label === undefined ? bytes : Buffer.from(new TextDecoder(label).decode(bytes));
}

/** A byte order mark shows it, and so does the first character: a letter, or the end of a line. */
function utf16Of([first, second]: Buffer): string | undefined {
  if ((first === 0xff && second === 0xfe) || (first! > 0 && second === 0)) return 'utf-16le';
  if ((first === 0xfe && second === 0xff) || (first === 0 && second! > 0)) return 'utf-16be';
  return undefined;
}

/** A line that is valid UTF-8 is hardly ever anything else; servers declare charsets that no file is in. */
function decoderOf(charset: string | undefined): (line: Buffer) => string {
  const declared = decoderNamed(charset);
  const fallback = declared ?? new TextDecoder('windows-1252');
  const isUtf8First = declared === undefined || /^(iso-8859|windows-125)/.test(declared.encoding);
  return (line) => (isUtf8First && isUtf8(line) ? line.toString('utf8') : fallback.decode(line));
}

/** Every octet is valid in Windows-1252, which UTF-8 that is none is read as. */
function decoderNamed(charset: string | undefined): InstanceType<typeof TextDecoder> | undefined {
  try {
    const decoder = charset === undefined ? undefined : new TextDecoder(charset);
    return /^utf-/.test(decoder?.encoding ?? 'utf-') ? undefined : decoder;
  } catch {
    return undefined;
  }
}
