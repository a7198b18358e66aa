/** The format in which an error is answered. */
import type { FastifyRequest } from 'fastify';
import { readOptions } from './exchange.ts';
import type { Format } from './media-type.ts';

/** An error must leave even when `Accept` or `_format` is what is wrong. */
export function errorFormat(request: FastifyRequest): { format: Format; pretty: boolean } {
  try {
    const url = request.raw.url ?? '';
    return readOptions(
      url.includes('?') ? url.slice(url.indexOf('?') + 1) : '',
      (name) => request.headers[name] as string | undefined,
    );
  } catch {
    return { format: 'json', pretty: false };
  }
}
