/**
 * The judgement of certificates where a handshake cannot show it: authorities that overstep, lists of every kind,
 * rubbish.
 */
import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { derAt, time } from './der.ts';
import { certificatesOf, listsOf } from './pem.ts';
import { type Authority, DAY, makeAuthority, makeCertificate, makeRevocationList, openAuthority } from './pki.ts';
import { isListOf, readRevocationList } from './revocation.ts';
import { doubts, readTrust, type Refusal, type Trust, verifyClient } from './trust.ts';

const NOW = Date.parse('2026-11-24T10:00:00Z');
const VALID = { from: NOW - DAY, to: NOW + 10 * DAY };
const HOLDER = { commonName: 'a.test', organizationalUnits: ['1'] };

let root: Authority;
let middle: Authority;
let leaf: X509Certificate;
beforeAll(async () => {
  root = await makeAuthority('root', VALID);
  middle = await makeAuthority('middle', VALID, root);
  leaf = read((await makeCertificate(middle, HOLDER, VALID)).certificate);
});

const read = (pem: string): X509Certificate => new X509Certificate(pem);
const trustIn = (authorities: readonly Authority[], lists: readonly string[] = []): Trust =>
  readTrust(
    [Buffer.from(authorities.map((authority) => authority.certificate).join(''))],
    lists.map((list) => Buffer.from(list)),
  );
const judge = (certificate: X509Certificate, trust: Trust, sent: X509Certificate[] = [], now = NOW): Refusal | 'good' =>
  verifyClient(certificate, sent, trust, now).refusal ?? 'good';
const serialOf = (certificate: X509Certificate): string => certificate.serialNumber;

describe('a path', () => {
  it('leads to a root of the bundle, through the bundle or through certificates that the client sent', () => {
    expect([
      judge(leaf, trustIn([root, middle])),
      judge(leaf, trustIn([middle, root])),
      judge(leaf, trustIn([root]), [read(middle.certificate)]),
    ]).toEqual(['good', 'good', 'good']);
    expect([
      judge(leaf, trustIn([root])),
      judge(leaf, trustIn([middle])),
      judge(leaf, trustIn([middle]), [read(root.certificate)]),
    ]).toEqual(['unknown-authority', 'unknown-authority', 'unknown-authority']);
  });

  it('follows signatures; equal names are not enough', async () => {
    const impostor = await makeAuthority('root', VALID);
    expect(
      judge(read((await makeCertificate(impostor, HOLDER, VALID)).certificate), trustIn([root, middle]), [
        read(impostor.certificate),
      ]),
    ).toBe('unknown-authority');
  });

  it('is valid only while the leaf and every authority above it are', async () => {
    expect(
      [VALID.from - 1000, VALID.from, VALID.to, VALID.to + 1000].map((now) =>
        judge(leaf, trustIn([root, middle]), [], now),
      ),
    ).toEqual(['not-yet-valid', 'good', 'good', 'expired']);
    const old = await makeAuthority('old', { from: NOW - 2 * DAY, to: NOW - DAY }, root);
    expect(judge(read((await makeCertificate(old, HOLDER, VALID)).certificate), trustIn([root, old]))).toBe(
      'unknown-authority',
    );
  });

  it('takes the valid one of two authorities with the same name and key', async () => {
    const renewed = await makeAuthority('middle', { from: NOW - 2 * DAY, to: NOW - DAY }, root);
    expect(judge(leaf, trustIn([root, renewed, middle]))).toBe('good');
  });

  it('refuses an issuer that may not sign certificates, or that lies too deep', async () => {
    const holder = await makeCertificate(middle, HOLDER, VALID);
    const forged = read((await makeCertificate(await openAuthority(holder), HOLDER, VALID)).certificate);
    expect(judge(forged, trustIn([root, middle]), [read(holder.certificate)])).toBe('unknown-authority');
    // The intermediate's path length is 0: it may have no authority under it.
    const below = await makeAuthority('below', VALID, middle);
    expect(judge(read((await makeCertificate(below, HOLDER, VALID)).certificate), trustIn([root, middle, below]))).toBe(
      'unknown-authority',
    );
  });

  it('must end in a client certificate: one of a server or of an authority is refused', async () => {
    expect(
      judge(read((await makeCertificate(middle, HOLDER, VALID, ['localhost'])).certificate), trustIn([root, middle])),
    ).toBe('wrong-usage');
    expect(judge(read(middle.certificate), trustIn([root, middle]))).toBe('wrong-usage');
  });
});

describe('revocation', () => {
  const lists = async (revoked: string[], validity = VALID): Promise<string[]> => [
    await makeRevocationList(root, [], VALID),
    await makeRevocationList(middle, revoked, validity),
  ];

  it('counts for the leaf and for the authorities above it', async () => {
    expect(judge(leaf, trustIn([root, middle], await lists([])))).toBe('good');
    expect(judge(leaf, trustIn([root, middle], await lists([serialOf(leaf)])))).toBe('revoked');
    expect(
      judge(
        leaf,
        trustIn(
          [root, middle],
          [await makeRevocationList(root, [serialOf(read(middle.certificate))], VALID), (await lists([]))[1]!],
        ),
      ),
    ).toBe('revoked');
  });

  it('fails closed: no list of an authority, an old one, a future one', async () => {
    const [ofRoot, ofMiddle] = await lists([]);
    expect([
      judge(leaf, trustIn([root, middle], [ofMiddle!])),
      judge(leaf, trustIn([root, middle], [ofRoot!])),
    ]).toEqual(['no-current-list', 'no-current-list']);
    expect(judge(leaf, trustIn([root, middle], await lists([], { from: NOW - 2 * DAY, to: NOW - DAY })))).toBe(
      'no-current-list',
    );
    expect(judge(leaf, trustIn([root, middle], await lists([], { from: NOW + DAY, to: NOW + 2 * DAY })))).toBe(
      'no-current-list',
    );
  });

  it('holds on an expired list too; the newer of two lists decides when it ends', async () => {
    const old = await makeRevocationList(middle, [serialOf(leaf)], { from: NOW - 2 * DAY, to: NOW - DAY });
    expect(judge(leaf, trustIn([root, middle], [(await lists([]))[0]!, old]))).toBe('revoked');
    const stale = await makeRevocationList(middle, [], { from: NOW - 2 * DAY, to: NOW - DAY });
    expect(judge(leaf, trustIn([root, middle], [stale, ...(await lists([]))]))).toBe('good');
  });

  it('counts only if the authority itself signed the list: a namesake cannot revoke', async () => {
    const impostor = await makeAuthority('middle', VALID, root);
    expect(
      judge(leaf, trustIn([root, middle], [(await lists([]))[0]!, await makeRevocationList(impostor, [], VALID)])),
    ).toBe('no-current-list');
  });

  it('warns the operator about a bundle or a list that cannot work', async () => {
    const [, ofMiddle] = await lists([]);
    expect(doubts(trustIn([root, middle], await lists([])), NOW)).toEqual([]);
    expect(doubts(trustIn([middle]), NOW)).toEqual(['the bundle holds no root for CN=middle']);
    expect(doubts(trustIn([root, middle], [ofMiddle!]), NOW)).toEqual([
      'no current revocation list of CN=root: certificates that it issued are refused',
    ]);
    expect(doubts(trustIn([root], [ofMiddle!]), NOW)).toHaveLength(2);
  });

  it('a verdict holds until the first date that could change it', async () => {
    const verdict = verifyClient(
      leaf,
      [],
      trustIn([root, middle], await lists([], { from: NOW - DAY, to: NOW + DAY })),
      NOW,
    );
    expect(verdict).toMatchObject({ detail: 'good', until: NOW + DAY });
  });
});

describe('rubbish', () => {
  it('files that hold no certificate or no list are refused', () => {
    for (const text of ['', 'rubbish', '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----']) {
      expect(() => certificatesOf(Buffer.from(text))).toThrow();
      expect(() => listsOf(Buffer.from(text))).toThrow();
    }
    expect(() => readRevocationList(leaf.raw)).toThrow();
  });

  it('a list with any byte changed is unreadable, or signed by no known authority', async () => {
    const [der] = listsOf(Buffer.from(await makeRevocationList(middle, ['0a', 'ff01'], VALID)));
    const authority = read(middle.certificate);
    expect([...readRevocationList(der!).serials]).toEqual(['a', 'ff01']);
    expect(isListOf(readRevocationList(der!), authority)).toBe(true);
    fc.assert(
      fc.property(fc.nat(der!.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const touched = Buffer.from(der!);
        touched[at] = touched[at]! ^ change;
        let list: ReturnType<typeof readRevocationList>;
        try {
          list = readRevocationList(touched);
        } catch (error) {
          return (error as Error).name !== 'RangeError';
        }
        // The algorithm is named twice; the outer name is not signed, but a list that verifies is unchanged inside.
        return !isListOf(list, authority) || list.der.subarray(0, -80).equals(der!.subarray(0, -80));
      }),
      { numRuns: 500 },
    );
  });

  it('the reader takes or refuses any bytes, and never reads past their end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          return derAt(Buffer.from(bytes)).to <= bytes.length;
        } catch {
          return true;
        }
      }),
    );
  });

  it('times are those of the standard', () => {
    const utc = (text: string): number => time(derAt(Buffer.from([0x17, text.length, ...Buffer.from(text)])));
    expect([utc('261124100000Z'), utc('500101000000Z'), utc('491231235959Z')]).toEqual([
      NOW,
      Date.UTC(1950, 0, 1),
      Date.UTC(2049, 11, 31, 23, 59, 59),
    ]);
    for (const text of ['261124100000', '2611241000Z', '261124100000+0100', '']) expect(() => utc(text)).toThrow();
  });
});
