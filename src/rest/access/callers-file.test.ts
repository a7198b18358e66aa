/** The contents that the callers file may have, and the callers that it finds. */
import { describe, expect, it } from 'vitest';
import type { Json } from '../../fhir/resource.ts';
import { type CertificateCaller, findCaller, isOver, readCallers, readTokenCallers } from './callers-file.ts';

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

  it('reads the version of the SAS that a caller gets', () =>
    expect(read({ ...entry, sasVersion: '1.1.0' })[0]).toMatchObject({ sasVersion: '1.1.0' }));

  it.each([
    [[{ ...entry, sasVersion: '1.3.0' }], 'sasVersion of "a" is 1.1.0 or 1.2.0'],
    [[{ ...entry, roles: ['*'] }], 'has the role "*"'],
    [[{ ...entry, roles: 'reader' }], 'roles of "a" is not a list'],
    [[{ ...entry, organizationalUnit: undefined }], 'no organizationalUnit'],
    [[{ ...entry, organizationalUnit: '' }], 'no organizationalUnit'],
    [[{ ...entry, commonName: undefined }], 'no commonName'],
    [[{ ...entry, paths: '/fhir' }], 'paths of "a" is not a list'],
    [[entry, { ...entry, name: 'b' }], '"b" and "a" have the same'],
  ])('refuses %j', (callers, message) => expect(() => read(...callers)).toThrow(message));

  it.each([
    [undefined, undefined],
    ['2027-03-31', '2027-04-01T00:00:00.000Z'],
    ['2027-03-31T12:00:00+02:00', '2027-03-31T10:00:00.000Z'],
  ])('ends a token that expires %s at %s', (expires, end) => {
    const entry = { name: 'a', roles: ['reader'], tokenSha256: '0'.repeat(64), expires };
    const [caller] = readTokenCallers(Buffer.from(JSON.stringify({ callers: [entry] })));
    const at = end === undefined ? Number.POSITIVE_INFINITY : Date.parse(end);
    expect(caller!.expiresAt).toBe(end === undefined ? undefined : at);
    expect([isOver(caller!, Math.min(at - 1, 8e15)), isOver(caller!, at)]).toEqual([false, end !== undefined]);
  });

  it.each([
    ...['2027-02-30', '2027-13-01', 'demain', '', '2027', '2027-03-31T12:00:00', 20270331].map(
      (expires): [Json[], string] => [
        [{ name: 'a', roles: ['reader'], tokenSha256: '0'.repeat(64), expires }],
        expires === '' || typeof expires === 'number' ? 'no expires' : 'expires of "a" is not a date',
      ],
    ),
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
