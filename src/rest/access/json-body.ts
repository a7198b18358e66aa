/** JSON bodies of the routes of login. Any other type is refused: a form of another site can send it. */
import type { FastifyRequest } from 'fastify';
import { FhirError } from '../../fhir/issue.ts';
import { wrongMediaType } from '../../fhir/refusals.ts';

/** Throws 415 for another type, 400 when the body is not a JSON object. */
export function jsonOf(request: FastifyRequest): Record<string, unknown> {
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? ''))
    throw wrongMediaType('The body must be sent as application/json', 'Type de contenu inattendu.');
  try {
    const value: unknown = JSON.parse(String(request.body));
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Refused below.
  }
  throw new FhirError('structure', 'The body is not a JSON object', { text: 'Contenu illisible.' });
}

/** A text of the body. Throws 400 when it is missing. */
export function fieldOf(body: Record<string, unknown>, name: string): string {
  const value = body[name];
  if (typeof value === 'string' && value !== '' && value.length <= 4096) return value;
  throw new FhirError('required', `${name} is missing`, { expression: name, text: 'Contenu incomplet.' });
}
