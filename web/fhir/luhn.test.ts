/** The key of register numbers. */
import { expect, it } from 'vitest';
import { isLuhn } from './luhn.ts';

it.each([
  ['79927398713', true],
  ['79927398710', false],
  ['7992 7398 713', true],
  ['00000000000', true],
])('%s: %s', (number, expected) => expect(isLuhn(number)).toBe(expected));
