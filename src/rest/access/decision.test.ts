/** Which row of an access table decides. */
import { describe, expect, it } from 'vitest';
import { allowed } from './decision.ts';
import type { AccessTable } from './table.ts';

describe('the table', () => {
  const table: AccessTable = [
    { path: '/a', act: 'read', roles: ['reader'] },
    { path: '/a/b', act: 'read', roles: 'anybody' },
    { path: '/a/b/c', act: 'read', roles: ['operator'] },
    { path: '/a/*/$validate', act: 'call', roles: ['editor'] },
  ];
  it.each([
    ['GET', '/a', ['reader']],
    ['GET', '/a/x', ['reader']],
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
    ['GET', '//a/x/$validate', []],
    ['DELETE', '/a/_search', []],
    ['GET', '/', []],
  ])('%s %s', (method, path, roles) => expect(allowed(table, method, path)).toEqual(roles));
});
