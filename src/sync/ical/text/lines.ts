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

/** Lines end with CRLF, LF or CR alone. Lines that are too long come cut, with the limit and one octet more. */
export function* contentLines(octets: Uint8Array, charset?: string): Generator<ContentLine> {
  const bytes = asUtf8(Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength), charset);
  const decode = decoderOf(charset);
  let parts: Buffer[] = [];
  let length = 0;
  let begun = 1;
  let line = 0;
  for (let from = bytes.subarray(0, 3).equals(BOM) ? 3 : 0; from < bytes.length; ) {
    line++;
    const end = endOfLine(bytes, from);
    if (parts.length === 0) begun = line;
    const start = parts.length === 0 ? from : from + 1;
    if (length <= MAX_LINE_OCTETS)
      parts.push(bytes.subarray(start, Math.min(end, start + MAX_LINE_OCTETS + 1 - length)));
    length += end - start;
    from = end + (bytes[end] === CR && bytes[end + 1] === LF ? 2 : 1);
    if (isBlank(bytes[from])) continue;
    const content = decode(parts.length === 1 ? parts[0]! : Buffer.concat(parts));
    if (content.trim() !== '') yield { line: begun, content };
    parts = [];
    length = 0;
  }
  if (parts.length > 0) yield { line: begun, content: decode(Buffer.concat(parts)) };
}

const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

function endOfLine(bytes: Buffer, from: number): number {
  for (let at = from; at < bytes.length; at++) if (bytes[at] === LF || bytes[at] === CR) return at;
  return bytes.length;
}

/** UTF-16, declared or shown by its byte order mark, becomes UTF-8; its octets cannot be unfolded as they are. */
function asUtf8(bytes: Buffer, charset: string | undefined): Buffer {
  const isLittle = bytes[0] === 0xff && bytes[1] === 0xfe;
  const isBig = bytes[0] === 0xfe && bytes[1] === 0xff;
  if (!isLittle && !isBig && !/^utf-?16/i.test(charset ?? '')) return bytes;
  const label = isBig || (!isLittle && /be$/i.test(charset ?? '')) ? 'utf-16be' : 'utf-16le';
  return Buffer.from(new TextDecoder(label).decode(bytes));
}

/** UTF-8 where a line is valid UTF-8; else the declared charset, or Windows-1252, which every octet is valid in. */
function decoderOf(charset: string | undefined): (line: Buffer) => string {
  const declared = /^utf-?(8|16)/i.test(charset ?? '') ? undefined : singleByteDecoder(charset);
  const fallback = declared ?? new TextDecoder('windows-1252');
  return (line) => (declared === undefined && isUtf8(line) ? line.toString('utf8') : fallback.decode(line));
}

function singleByteDecoder(charset: string | undefined): InstanceType<typeof TextDecoder> | undefined {
  try {
    return charset === undefined ? undefined : new TextDecoder(charset);
  } catch {
    return undefined;
  }
}
