/** Networks of visitors, contacts and short messages: one spelling each. */
import { describe, expect, it } from 'vitest';
import { proxyList } from '../../rest/access/proxy.ts';
import { emailAddress, masked, phoneNumber } from './contact.ts';
import { networkOf, visitorAddress } from './network.ts';
import { plainText } from './sms-gateway.ts';

const isProxy = proxyList(['10.0.0.0/8']);

it.each([
  ['a visitor without a proxy', '81.2.3.4', undefined, '81.2.3.4'],
  ['a visitor who invents a header', '81.2.3.4', '9.9.9.9', '81.2.3.4'],
  ['a visitor behind a proxy', '10.0.0.1', '81.2.3.4', '81.2.3.4'],
  ['a visitor behind a proxy who invents an address', '10.0.0.1', '9.9.9.9, 81.2.3.4', '81.2.3.4'],
  ['a visitor behind two proxies', '10.0.0.1', '9.9.9.9, 81.2.3.4, 10.0.0.2', '81.2.3.4'],
  ['a proxy that says nothing', '10.0.0.1', undefined, '10.0.0.1'],
])('%s has the address that was seen', (_who, socket, forwarded, address) => {
  expect(visitorAddress(socket, forwarded, isProxy)).toBe(address);
});

it.each([
  ['81.2.3.4', '81.2.3.4'],
  ['::ffff:81.2.3.4', '81.2.3.4'],
  ['2001:db8:0:1:2:3:4:5', '2001:db8:0:1'],
  ['2001:0db8:0000:0001::', '2001:db8:0:1'],
  ['2001:db8::5', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
])('%s is of the network %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

describe('a contact', () => {
  it.each([
    ['06 12 34 56 78', '+33612345678'],
    ['0690-12-34-56', '+590690123456'],
    ['0692123456', '+262692123456'],
    ['0696123456', '+596696123456'],
    ['0033612345678', '+33612345678'],
    ['+590 690 12 34 56', '+590690123456'],
    ['0612', undefined],
    ['06 12 34 56 78 9', undefined],
  ])('%s is the number %s', (typed, number) => {
    expect(phoneNumber(typed)).toBe(number);
  });

  it.each([
    [' Anne@Exemple.FR ', 'anne@exemple.fr'],
    ['anne@exemple', undefined],
    ['anne@exemple.fr,eve@exemple.fr', undefined],
    ['anne@exemple.fr\nBcc: eve@exemple.fr', undefined],
    ['<anne@exemple.fr>', undefined],
  ])('%j is the address %s', (typed, address) => {
    expect(emailAddress(typed)).toBe(address);
  });

  it('is shown so that only its owner knows it', () => {
    expect([masked('anne@exemple.fr'), masked('+33612345678')]).toEqual(['a…@…fr', '… 78']);
  });
});

it('short messages have the letters of every telephone, and 160 at most', () => {
  expect(plainText('Rendez-vous l’été, Dr Noé « Œuf »')).toBe('Rendez-vous l\'ete, Dr Noe " Oeuf "');
  expect(plainText('é'.repeat(300))).toHaveLength(160);
});
