/** The servers that a database URL names. */
import { expect, it } from 'vitest';
import { readHosts } from './hosts.ts';

it.each([
  ['postgres://u:p@a/db', ['postgres://u:p@a/db'], false],
  ['postgres://u@%2Fvar%2Frun%2Fpostgresql/db', ['postgres://u@%2Fvar%2Frun%2Fpostgresql/db'], false],
  [
    'postgres://u@a:1/db?sslmode=disable&target_session_attrs=read-write',
    ['postgres://u@a:1/db?sslmode=disable'],
    true,
  ],
  [
    'postgres://u:p%40q@a:1,b:2,[::1]:3/db?x=1',
    ['a:1', 'b:2', '[::1]:3'].map((host) => `postgres://u:p%40q@${host}/db?x=1`),
    true,
  ],
  ['postgresql://a,b/db?target_session_attrs=any', ['postgresql://a/db', 'postgresql://b/db'], false],
  ['postgres:///db?host=a,/var/run&port=1,2', ['postgres://a:1/db', 'postgres://%2Fvar%2Frun:2/db'], true],
  ['postgres://u@/db?host=a,b&port=7', ['postgres://u@a:7/db', 'postgres://u@b:7/db'], true],
  ['postgres:///db?host=/var/run', ['postgres:///db?host=%2Fvar%2Frun'], false],
  ['/var/run/postgresql db', ['/var/run/postgresql db'], false],
])('%s', (url, urls, mustWrite) => {
  expect(readHosts(url)).toMatchObject({ list: urls.map((each) => ({ url: each })), mustWrite });
});

it.each([
  ['postgres://u:secret@a/db?target_session_attrs=standby', 'any, read-write, primary'],
  ['postgres://u:secret@/db?host=a,b,c&port=1,2', '3 host, 2 port'],
])('%s is refused without the password', (url, reason) => {
  expect(() => readHosts(url)).toThrow(reason);
  expect(() => readHosts(url)).not.toThrow('secret');
});
