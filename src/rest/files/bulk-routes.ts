/**
 * Files in bulk, on routes beside those of FHIR: `$export` (FHIR Bulk Data: kick-off, state, files, cancel) and
 * `$bulk-publish` (SMART Scheduling Links). Files are NDJSON with an ETag, and a broken download can go on where it
 * stopped (`Range`).
 * https://hl7.org/fhir/uv/bulkdata/export.html
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { FhirError } from '../../fhir/issue.ts';
import type { FileOperation } from '../backend.ts';
import { callerOf, type HttpOptions } from '../server.ts';

const BULK = 'http://hl7.org/fhir/uv/bulkdata/OperationDefinition';
const NDJSON = 'application/fhir+ndjson';

/** The routes mounted below, as the capability statement and OpenAPI declare them. */
export const BULK_OPERATIONS: readonly FileOperation[] = [
  {
    ...{ name: 'export', on: 'system', level: 'system', safe: true, definition: `${BULK}/export` },
    description:
      'Tout, ou certains types (_type), ou ce qui a changé (_since), en fichiers NDJSON écrits à part : ' +
      '202 et l’adresse où en demander l’état (Content-Location).',
    routes: [
      {
        method: 'GET',
        path: '/$export',
        summary: 'Commander un export : _type, _since, _outputFormat',
        type: 'application/json',
      },
      {
        method: 'POST',
        path: '/$export',
        summary: 'Commander un export : _type, _since, _outputFormat',
        type: 'application/json',
      },
      {
        method: 'GET',
        path: '/$export/{job}',
        summary: 'Où en est un export ; fini, la liste de ses fichiers',
        type: 'application/json',
      },
      { method: 'DELETE', path: '/$export/{job}', summary: 'Renoncer à un export', type: 'application/json' },
      {
        method: 'GET',
        path: '/$export/{job}/{name}',
        summary: 'Un fichier d’un export (Range : la suite d’un transfert interrompu)',
        type: NDJSON,
      },
    ],
  },
  {
    ...{ name: 'bulk-publish', on: 'system', level: 'system', safe: true, definition: `${BULK}/bulk-publish` },
    description:
      'Les créneaux libres publiés (SMART Scheduling Links) : ' +
      'la liste de fichiers Location, Schedule et Slot en NDJSON.',
    routes: [
      {
        method: 'GET',
        path: '/$bulk-publish',
        summary: 'Créneaux libres publiés : la liste des fichiers',
        type: 'application/json',
      },
      { method: 'GET', path: '/$bulk-publish/{name}', summary: 'Créneaux libres publiés : un fichier', type: NDJSON },
    ],
  },
];

export interface ExportState {
  done: boolean;
  /** The right of its owner was withdrawn before it was done. */
  failed: boolean;
  /** Shown to the person who waits: `Patient, 2 sur 5`. */
  progress: string;
  request: string;
  /** Epoch milliseconds. */
  at: number;
  expires: number;
  files: { type: string; name: string; count: number }[];
}

export interface Exports {
  begin(owner: string, request: string, query: string, now: number): Promise<string>;
  /** `undefined`: this owner has no such export. */
  state(owner: string, id: string): Promise<ExportState | undefined>;
  file(owner: string, id: string, name: string): Promise<{ text: string; etag: string } | undefined>;
  cancel(owner: string, id: string): Promise<boolean>;
}

export interface Publications {
  manifest(base: string, now: number): Promise<{ text: string; etag: string }>;
  file(name: string, now: number): Promise<{ text: string; etag: string } | undefined>;
}

/** How long readers may keep a publication. */
const PUBLICATION_MAX_AGE_SECONDS = 300;

export function mountBulk(
  app: FastifyInstance,
  base: string,
  options: HttpOptions,
  exports: Exports,
  publications: Publications,
  needsToken: boolean,
): void {
  const url = (request: FastifyRequest): string =>
    (options.publicUrl ?? `${request.protocol}://${request.host}`) + base;
  const queryOf = (request: FastifyRequest): string => (request.raw.url ?? '').split(/\?(.*)/s)[1] ?? '';
  type Named = { Params: { job: string; name: string } };

  const begin = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { name } = callerOf(request);
    const id = await exports.begin(
      name,
      `${url(request)}/$export${queryOf(request) === '' ? '' : `?${queryOf(request)}`}`,
      queryOf(request),
      options.now(),
    );
    return reply
      .code(202)
      .header('Content-Location', `${url(request)}/$export/${id}`)
      .send();
  };
  app.get(`${base}/$export`, begin);
  app.post(`${base}/$export`, begin);

  app.get<Named>(`${base}/$export/:job`, async (request, reply) => {
    const { name } = callerOf(request);
    const { job } = request.params;
    const state = (await exports.state(name, job)) ?? gone();
    if (state.failed) throw ended();
    if (!state.done)
      return reply
        .code(202)
        .headers({ 'X-Progress': encodeURI(state.progress), 'Retry-After': '1' })
        .send();
    const output = state.files.map(({ type, name: file, count }) => ({
      type,
      url: `${url(request)}/$export/${job}/${file}`,
      count,
    }));
    return reply
      .headers({ 'Content-Type': 'application/json; charset=utf-8', Expires: new Date(state.expires).toUTCString() })
      .send(
        JSON.stringify({
          transactionTime: new Date(state.at).toISOString(),
          request: state.request,
          requiresAccessToken: needsToken,
          output,
          error: [],
        }),
      );
  });
  app.delete<Named>(`${base}/$export/:job`, async (request, reply) => {
    if (await exports.cancel(callerOf(request).name, request.params.job)) return reply.code(202).send();
    return gone();
  });
  app.get<Named>(`${base}/$export/:job/:name`, async (request, reply) => {
    const found = (await exports.file(callerOf(request).name, request.params.job, request.params.name)) ?? gone();
    return sendFile(request, reply, found, 'private, max-age=86400, immutable');
  });

  app.get(`${base}/$bulk-publish`, async (request, reply) =>
    sendFile(
      request,
      reply,
      await publications.manifest(url(request), options.now()),
      `public, max-age=${PUBLICATION_MAX_AGE_SECONDS}`,
      'application/json; charset=utf-8',
    ),
  );
  app.get<{ Params: { name: string } }>(`${base}/$bulk-publish/:name`, async (request, reply) =>
    sendFile(
      request,
      reply,
      (await publications.file(request.params.name, options.now())) ?? gone(),
      `public, max-age=${PUBLICATION_MAX_AGE_SECONDS}`,
    ),
  );
}

function ended(): FhirError {
  return new FhirError('forbidden', 'This export ended: the right of its author was withdrawn', {
    text: "Cet export s'est arrêté : son auteur n'y a plus droit.",
  });
}

function gone(): never {
  throw new FhirError('not-found', 'This export or file does not exist, or has expired', {
    text: "Cet export ou ce fichier n'existe pas, ou n'existe plus.",
  });
}

/** Sends a whole file, or the part that `Range` asks for. https://www.rfc-editor.org/rfc/rfc9110#name-range-requests */
function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  { text, etag }: { text: string; etag: string },
  cache: string,
  type = NDJSON,
): FastifyReply {
  reply.headers({ ETag: etag, 'Cache-Control': cache, 'Accept-Ranges': 'bytes' });
  const known = String(request.headers['if-none-match'] ?? '')
    .split(',')
    .map((part) => part.trim().replace(/^W\//, ''));
  if (known.includes(etag)) return reply.code(304).send();
  const bytes = Buffer.from(text);
  reply.header('Content-Type', type);
  const asked = /^bytes=(\d*)-(\d*)$/.exec(String(request.headers.range ?? ''));
  const ifRange = request.headers['if-range'];
  if (asked === null || (asked[1] === '' && asked[2] === '') || (ifRange !== undefined && ifRange !== etag))
    return reply.send(bytes);
  const from = asked[1] === '' ? Math.max(0, bytes.length - Number(asked[2])) : Number(asked[1]);
  const to = asked[1] === '' || asked[2] === '' ? bytes.length - 1 : Math.min(Number(asked[2]), bytes.length - 1);
  if (from > to) return reply.code(416).header('Content-Range', `bytes */${bytes.length}`).send();
  return reply
    .code(206)
    .header('Content-Range', `bytes ${from}-${to}/${bytes.length}`)
    .send(bytes.subarray(from, to + 1));
}
