/** Which addresses count as those of a proxy. */
import { expect, it } from 'vitest';
import { proxyList } from './proxy.ts';

it('the list of proxies knows addresses and networks of both families', () => {
  const isProxy = proxyList(['10.1.2.3', '192.168.0.0/16', 'fd00::/8', '::1']);
  const asked = [
    '10.1.2.3',
    '::ffff:10.1.2.3',
    '192.168.7.9',
    'fd12::1',
    '::1',
    '10.1.2.4',
    '192.169.0.1',
    'fe80::1',
    '::ffff:10.1.2.4',
    undefined,
  ];
  expect(asked.map(isProxy)).toEqual([true, true, true, true, true, false, false, false, false, false]);
});
