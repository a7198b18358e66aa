/** `/docs`: the OpenAPI description of the server, shown by @fastify/swagger-ui (its only door). */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { openApi } from '../openapi.ts';
import type { FhirService } from '../routes.ts';

export async function mountDocs(app: FastifyInstance, base: string, service: FhirService): Promise<void> {
  const document = openApi(base, service);
  await app.register(swagger, { mode: 'static', specification: { document: document as never } });
  await app.register(swaggerUi, { routePrefix: '/docs', uiConfig: { docExpansion: 'none' }, staticCSP: true });
}
