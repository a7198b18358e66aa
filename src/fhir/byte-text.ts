/**
 * UTF-8 as a text of one character per byte, for JSON that is cut and joined but rarely read: JavaScript keeps a text
 * with one "’" in two bytes per character, and decodes and encodes it at a tenth of the speed of copying bytes. The
 * syntax of JSON is ASCII, and looks the same in both.
 */
export type ByteText = string & { readonly isBytes: unique symbol };

export function bytesOf(text: string): ByteText {
  return bufferBytes(Buffer.from(text, 'utf8'));
}

/** Not copied into a text of characters: `buffer` is UTF-8. */
export function bufferBytes(buffer: Buffer): ByteText {
  return buffer.toString('latin1') as ByteText;
}

export function bytesBuffer(bytes: ByteText): Buffer {
  return Buffer.from(bytes, 'latin1');
}

/** Many pieces as one, each copied once. */
export function joinBytes(pieces: readonly string[]): Buffer {
  const buffer = Buffer.allocUnsafe(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) at += buffer.write(piece, at, 'latin1');
  return buffer;
}

export function textOf(bytes: ByteText): string {
  return bytesBuffer(bytes).toString('utf8');
}
