/**
 * Reads the DER that `node:crypto` does not: extensions of certificates, and revocation lists. ITU-T X.690 (definite
 * lengths only), for the certificates and lists of RFC 5280. The ASN.1 libraries that were measured refuse lists of
 * some thousand entries, and real lists are longer.
 */

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
} as const;

/** One value in `bytes`: its tag at `start`, its content from `from` to `to`. */
export interface Der {
  bytes: Buffer;
  tag: number;
  start: number;
  from: number;
  to: number;
}

/** The value at `at`. Throws when it is not DER, or does not end before `end`. */
export function derAt(bytes: Buffer, at = 0, end = bytes.length): Der {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined || at + 2 > end || (tag & 0x1f) === 0x1f)
    throw new Error('this is not DER');
  let from = at + 2;
  let length = first;
  if (first >= 0x80) {
    const digits = first - 0x80;
    if (digits < 1 || digits > 4 || from + digits > end) throw new Error('a length in this DER cannot be read');
    length = bytes.readUIntBE(from, digits);
    from += digits;
  }
  if (from + length > end) throw new Error('this DER is cut short');
  return { bytes, tag, start: at, from, to: from + length };
}

/** The values inside a constructed one. */
export function* within(outer: Der): Generator<Der> {
  for (let at = outer.from; at < outer.to; ) {
    const value = derAt(outer.bytes, at, outer.to);
    yield value;
    at = value.to;
  }
}

/** The content, without tag and length. */
export function content(value: Der): Buffer {
  return value.bytes.subarray(value.from, value.to);
}

/** Tag, length and content. */
export function whole(value: Der): Buffer {
  return value.bytes.subarray(value.start, value.to);
}

/** The values inside a sequence. Throws when it is not one. */
export function sequence(value: Der | undefined): Der[] {
  return [...within(expect(value, TAG.sequence))];
}

export function expect(value: Der | undefined, tag: number): Der {
  if (value?.tag !== tag) throw new Error(`tag ${tag} expected in this DER`);
  return value;
}

/** `1.2.840.113549.1.1.11` */
export function oid(value: Der | undefined): string {
  const numbers: number[] = [];
  let number = 0;
  for (const byte of content(expect(value, TAG.oid))) {
    number = number * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      numbers.push(number);
      number = 0;
    }
  }
  const [first = 0, ...rest] = numbers;
  const arc = Math.min(2, Math.floor(first / 40));
  return [arc, first - arc * 40, ...rest].join('.');
}

/** A serial number, as lower-case hexadecimal without leading zeros. */
export function serial(value: Der | undefined): string {
  return content(expect(value, TAG.integer))
    .toString('hex')
    .replace(/^0+(?=.)/, '');
}

/** UTCTime or GeneralizedTime in epoch milliseconds. RFC 5280, 4.1.2.5. */
export function time(value: Der | undefined): number {
  const text = value === undefined ? '' : content(value).toString('latin1');
  const short = value?.tag === TAG.utcTime && /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  const long = value?.tag === TAG.generalizedTime && /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  const parts = (short || long || []).slice(1).map(Number);
  if (parts.length !== 6) throw new Error('a time in this DER cannot be read');
  const year = short ? parts[0]! + (parts[0]! < 50 ? 2000 : 1900) : parts[0]!;
  return Date.UTC(year, parts[1]! - 1, parts[2], parts[3], parts[4], parts[5]);
}

export interface DerExtension {
  critical: boolean;
  /** DER of the value of the extension. */
  value: Buffer;
}

/** `Extensions ::= SEQUENCE OF SEQUENCE { oid, critical DEFAULT FALSE, OCTET STRING }`, by oid. */
export function extensions(list: Der): Map<string, DerExtension> {
  return new Map(
    sequence(list).map((extension) => {
      const [id, second, third] = sequence(extension);
      const critical = second?.tag === TAG.boolean && content(second)[0] !== 0;
      return [
        oid(id),
        { critical, value: content(expect(second?.tag === TAG.boolean ? third : second, TAG.octetString)) },
      ];
    }),
  );
}
