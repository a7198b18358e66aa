/**
 * The few DER shapes that `node:crypto` does not show: extensions of certificates, and revocation lists.
 * ITU-T X.690 (definite lengths only); certificates and lists are those of RFC 5280. Hand-made after a measurement: the
 * ASN.1 libraries refuse lists of some thousand entries, and real ones have more.
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

/** One value: its tag and where its content is; `start` is where its tag is. */
export interface Der {
  bytes: Buffer;
  tag: number;
  start: number;
  from: number;
  to: number;
}

/** The value at `at`. Throws on anything that is not DER or does not fit into `end`. */
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
    const element = derAt(outer.bytes, at, outer.to);
    yield element;
    at = element.to;
  }
}

/** Content without tag and length. */
export function content(element: Der): Buffer {
  return element.bytes.subarray(element.from, element.to);
}

/** Tag, length and content. */
export function whole(element: Der): Buffer {
  return element.bytes.subarray(element.start, element.to);
}

/** The values inside, which must be a sequence. */
export function sequence(element: Der | undefined): Der[] {
  return [...within(expect(element, TAG.sequence))];
}

export function expect(element: Der | undefined, tag: number): Der {
  if (element?.tag !== tag) throw new Error(`tag ${tag} expected in this DER`);
  return element;
}

/** `1.2.840.113549.1.1.11` */
export function oid(element: Der | undefined): string {
  const numbers: number[] = [];
  let value = 0;
  for (const byte of content(expect(element, TAG.oid))) {
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      numbers.push(value);
      value = 0;
    }
  }
  const [first = 0, ...rest] = numbers;
  const arc = Math.min(2, Math.floor(first / 40));
  return [arc, first - arc * 40, ...rest].join('.');
}

/** A serial number, as lower-case hexadecimal without leading zeros. */
export function serial(element: Der | undefined): string {
  return content(expect(element, TAG.integer))
    .toString('hex')
    .replace(/^0+(?=.)/, '');
}

/** UTCTime or GeneralizedTime in epoch milliseconds. RFC 5280, 4.1.2.5. */
export function time(element: Der | undefined): number {
  const text = element === undefined ? '' : content(element).toString('latin1');
  const short = element?.tag === TAG.utcTime && /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  const long = element?.tag === TAG.generalizedTime && /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  const parts = (short || long || []).slice(1).map(Number);
  if (parts.length !== 6) throw new Error('a time in this DER cannot be read');
  const year = short ? parts[0]! + (parts[0]! < 50 ? 2000 : 1900) : parts[0]!;
  return Date.UTC(year, parts[1]! - 1, parts[2], parts[3], parts[4], parts[5]);
}

export interface Extension {
  critical: boolean;
  /** DER of the extension's own value. */
  value: Buffer;
}

/** `Extensions ::= SEQUENCE OF SEQUENCE { oid, critical DEFAULT FALSE, OCTET STRING }`, by oid. */
export function extensions(list: Der): Map<string, Extension> {
  return new Map(
    sequence(list).map((element) => {
      const [id, second, third] = sequence(element);
      const critical = second?.tag === TAG.boolean && content(second)[0] !== 0;
      return [
        oid(id),
        { critical, value: content(expect(second?.tag === TAG.boolean ? third : second, TAG.octetString)) },
      ];
    }),
  );
}
