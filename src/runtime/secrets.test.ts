/** Sealing: what was sealed is opened in its place by a key of the settings, and by nothing else. */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSealed, Secrets, secretKey } from './secrets.ts';

const newKey = () => secretKey(randomBytes(32).toString('base64'));
const [first, second] = [newKey(), newKey()];
const [old, rotating, fresh] = [[first], [second, first], [second]].map((keys) => new Secrets(keys));

describe('secrets', () => {
  it('come back as they were, and never read in the sealed text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 8 }), fc.string(), (text, place) => {
        const sealed = old!.seal(text, place);
        expect([isSealed(sealed), sealed.includes(text), old!.open(sealed, place)]).toEqual([true, false, text]);
        expect(old!.seal(text, place)).not.toBe(sealed);
        expect(old!.open(sealed, `${place}x`)).toBeUndefined();
      }),
      { numRuns: 100 },
    );
  });

  it('change their key while both are known', () => {
    const sealed = old!.seal('sesame', 'here');
    expect([fresh!.open(sealed, 'here'), rotating!.open(sealed, 'here')]).toEqual([undefined, 'sesame']);
    const resealed = rotating!.reseal(sealed, 'here')!;
    expect([fresh!.open(resealed, 'here'), old!.open(resealed, 'here')]).toEqual(['sesame', undefined]);
    expect([rotating!.isCurrent(sealed), rotating!.isCurrent(resealed)]).toEqual([false, true]);
    expect(fresh!.reseal(sealed, 'here')).toBeUndefined();
  });

  it('that were stored without a key are read, and sealed by the first key that there is', () => {
    const none = new Secrets([]);
    expect([none.seal('sesame', 'here'), none.isCurrent('sesame')]).toEqual(['sesame', true]);
    expect([old!.open('sesame', 'here'), old!.isCurrent('sesame')]).toEqual(['sesame', false]);
    expect(old!.open(old!.reseal('sesame', 'here')!, 'here')).toBe('sesame');
  });

  it('that were tampered with do not open', () => {
    const sealed = old!.seal('sesame', 'here');
    const at = sealed.length - 10;
    const changed = sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1);
    expect(old!.open(changed, 'here')).toBeUndefined();
    for (const text of ['sealed:1:', `sealed:1:${first!.name}:AAAA`, `sealed:1:${first!.name}:A`])
      expect(() => old!.open(text, 'here')).not.toThrow();
  });

  it.each(['', 'short', randomBytes(31).toString('base64'), randomBytes(33).toString('base64')])(
    'a key of the wrong length is refused (%#)',
    (text) => expect(() => secretKey(text)).toThrow(/32 random octets/),
  );
});
