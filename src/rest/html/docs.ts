/**
 * `/docs`: the OpenAPI description, made from the same tables as the routes, shown by @fastify/swagger-ui (its only
 * door).
 */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { openApi } from '../openapi.ts';
import type { Service } from '../routes.ts';

export async function mountDocs(app: FastifyInstance, base: string, service: Service): Promise<void> {
  const document = openApi(base, service);
  await app.register(swagger, { mode: 'static', specification: { document: document as never } });
  await app.register(swaggerUi, { routePrefix: '/docs', uiConfig: { docExpansion: 'none' }, staticCSP: true });
}
