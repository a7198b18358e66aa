/** The body of an HTML form. */
import type { FastifyRequest } from 'fastify';

export function isForm(request: FastifyRequest): boolean {
  return /^application\/x-www-form-urlencoded\b/.test(request.headers['content-type'] ?? '');
}

export function formOf(request: FastifyRequest): URLSearchParams {
  return new URLSearchParams((request.body as Buffer | undefined)?.toString('utf8') ?? '');
}
