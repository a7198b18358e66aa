/** Elements of namespaces that a client makes up. */
import { expect, it } from 'vitest';
import { DAV, element } from './dav-xml.ts';

it.each([
  [DAV, '<d:x/>'],
  ['urn:other', '<x xmlns="urn:other"/>'],
  ['constructor', '<x xmlns="constructor"/>'],
  ['__proto__', '<x xmlns="__proto__"/>'],
  ['"><y', '<x xmlns="&quot;&gt;&lt;y"/>'],
])('an element of %s', (namespace, text) => expect(element(namespace, 'x')).toBe(text));
