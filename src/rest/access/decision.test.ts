/** Which row of an access table decides. */
import { describe, expect, it } from 'vitest';
import { allowed, callerUnder } from './decision.ts';
import type { AccessTable } from './table.ts';

describe('the table', () => {
  const table: AccessTable = [
    { path: '/a', act: 'read', roles: ['reader'] },
    { path: '/a/b', act: 'read', roles: 'anybody' },
    { path: '/a/b/c', act: 'read', roles: ['operator'] },
    { path: '/a/*/$validate', act: 'call', roles: ['editor'] },
    // Names no operation, and opens none.
    { path: '/c', act: 'call', roles: ['editor'] },
  ];
  it.each([
    ['GET', '/a', ['reader']],
    ['GET', '/a/x', ['reader']],
    ['HEAD', '/a/x', ['reader']],
    ['GET', '/ab', []],
    ['GET', '/a/b', 'anybody'],
    ['GET', '/a/bc', ['reader']],
    ['GET', '/a/b/c/d', ['operator']],
    ['POST', '/a/b', []],
    ['POST', '/a/_search', ['reader']],
    ['POST', '/a/long-enough-to-be-longer/$validate', ['editor']],
    ['POST', '/a/b/$validate', ['editor']],
    ['POST', '/a//$validate', []],
    ['POST', '/a/x/1/$validate', []],
    ['GET', '/a/$new', []],
    ['GET', '/a/b/c/$new', []],
    ['POST', '/a/$new/$validate', []],
    ['POST', '/a/$validate', []],
    ['POST', '/c/$new', []],
    ['GET', '//a/x/$validate', []],
    ['DELETE', '/a/_search', []],
    ['GET', '/', []],
  ])('%s %s', (method, path, roles) => expect(allowed(table, method, path)).toEqual(roles));
});

describe('the row of the root', () => {
  const table: AccessTable = [{ path: '/', act: 'read', roles: ['reader'] }];
  it.each([
    ['/', ['reader']],
    ['/a', []],
    ['', []],
  ])('opens the root alone: %s', (path, roles) => expect(allowed(table, 'GET', path)).toEqual(roles));
});

describe('a caller', () => {
  const table: AccessTable = [
    { path: '/a', act: 'read', roles: ['reader', 'editor'] },
    { path: '/b', act: 'read', roles: 'anybody' },
    { path: '/a', act: 'write', roles: ['editor'] },
  ];
  const mayRead = (roles: string[], path: string, paths?: string[], method = 'GET'): boolean => {
    const caller = callerUnder(table, { name: 'x', roles, paths });
    expect([caller.name, caller.roles]).toEqual(['x', roles]);
    try {
      caller.requireOpen(method, path);
      return true;
    } catch (error) {
      expect(error).toMatchObject({ status: 403, issues: [{ text: expect.stringContaining('rôle') }] });
      return false;
    }
  };

  it.each<[boolean, string[], string, string[]?]>([
    [true, ['reader'], '/a/x'],
    [false, ['other'], '/a/x'],
    [false, [], '/a'],
    [true, [], '/b'],
    [true, ['other', 'reader'], '/a'],
    [true, ['*'], '/a'],
    [true, ['*'], '/nowhere'],
    [false, ['reader'], '/nowhere'],
    [true, ['reader'], '/a/x', ['/a']],
    [true, ['reader'], '/a/x', ['/b', '/a/x']],
    [false, ['reader'], '/a/x', ['/b']],
    [false, ['reader'], '/a/x', []],
    [false, [], '/b', ['/a']],
    [false, ['*'], '/a', ['/b']],
  ])('%s: roles %j, %s, narrowed to %j', (isOpen, roles, path, paths) => {
    expect(mayRead(roles, path, paths)).toBe(isOpen);
  });

  it('writes by the rows of writes alone', () => {
    expect([mayRead(['reader'], '/a', undefined, 'PUT'), mayRead(['editor'], '/a', undefined, 'PUT')]).toEqual([
      false,
      true,
    ]);
  });
});
