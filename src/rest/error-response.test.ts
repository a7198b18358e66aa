/** The log of a failure never holds what somebody sent. */
import { describe, expect, it } from 'vitest';
import type { Log } from '../runtime/log.ts';
import { errorResponse } from './error-response.ts';

/** Everything that one error writes into the log and into the answer. */
function written(cause: unknown): string {
  const lines: unknown[] = [];
  const log = { error: (...line: unknown[]) => lines.push(line), debug: () => {} } as unknown as Log;
  const { outcome } = errorResponse(cause, 'request-1', log);
  return JSON.stringify([lines, outcome]);
}

describe('an unexpected error', () => {
  it.each([
    [
      'PostgreSQL',
      { code: '22007', message: 'invalid input syntax for type timestamp with time zone: "Dupont Marie"' },
    ],
    ['a constraint', { code: '23505', message: 'duplicate key', detail: 'Key (value)=(Dupont) already exists.' }],
    ['several lines', Object.assign(new Error('first\nDupont in the second line'), { code: 'X' })],
    ['a parser', new SyntaxError(`Unexpected token 'D', "Dupont is " is not valid JSON`)],
    ['an open quote', { code: '22P02', message: 'invalid input syntax for type json: "Dupont' }],
  ])('of %s is logged with its code and id, without the text', (_name, cause) => {
    const text = written(cause);
    expect(text).not.toContain('Dupont');
    expect(text).toContain('request-1');
    expect(text).toContain((cause as { code?: string }).code ?? 'SyntaxError');
  });
});
