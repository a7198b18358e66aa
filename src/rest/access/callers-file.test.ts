/** What the callers file may say, and whom it finds. */
import { describe, expect, it } from 'vitest';
import { type CertificateCaller, findCaller, readCallers, readTokenCallers } from './callers-file.ts';

describe('the callers file', () => {
  const entry = { name: 'a', commonName: 'a.test', organizationalUnit: '1', roles: ['reader'] };
  const read = (...callers: unknown[]): CertificateCaller[] => readCallers(Buffer.from(JSON.stringify({ callers })));

  it('finds by both names, exactly', () => {
    const callers = read(
      entry,
      { ...entry, name: 'b', organizationalUnit: '2' },
      { name: 'token', roles: ['anything'], tokenSha256: '00' },
    );
    const find = (commonName: string | undefined, ...organizationalUnits: string[]): string | undefined =>
      findCaller(callers, { commonName, organizationalUnits })?.name;
    expect([
      find('a.test', '1'),
      find('a.test', '9', '2'),
      find('a.test'),
      find('a.test', '3'),
      find('A.test', '1'),
      find(undefined, '1'),
      find('a.test ', '1'),
    ]).toEqual(['a', 'b', undefined, undefined, undefined, undefined, undefined]);
  });

  it.each([
    [[{ ...entry, roles: ['*'] }], 'has the role "*"'],
    [[{ ...entry, roles: 'reader' }], 'roles of "a" is not a list'],
    [[{ ...entry, organizationalUnit: undefined }], 'no organizationalUnit'],
    [[{ ...entry, organizationalUnit: '' }], 'no organizationalUnit'],
    [[{ ...entry, commonName: undefined }], 'no commonName'],
    [[{ ...entry, paths: '/fhir' }], 'paths of "a" is not a list'],
    [[entry, { ...entry, name: 'b' }], '"b" and "a" have the same'],
  ])('refuses %j', (callers, message) => expect(() => read(...callers)).toThrow(message));

  it.each([
    [[{ name: 'a', roles: ['magician'], tokenSha256: '0'.repeat(64) }], 'has the role "magician"'],
    [[{ name: 'a', roles: ['reader'], tokenSha256: 'secret' }], '64 hexadecimal digits'],
    [
      [
        { name: 'a', roles: ['reader'], tokenSha256: 'a'.repeat(64) },
        { name: 'b', roles: ['reader'], tokenSha256: 'A'.repeat(64) },
      ],
      '"b" and "a" have the same tokenSha256',
    ],
  ])('refuses the token of %j', (callers, message) =>
    expect(() => readTokenCallers(Buffer.from(JSON.stringify({ callers })))).toThrow(message),
  );
});
