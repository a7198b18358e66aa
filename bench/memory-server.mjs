/**
 * The same HTTP server (same framework, same settings), answering bytes that it holds in memory: what nobody can be
 * faster than.
 */
import { createHash } from 'node:crypto';
import { buildServer } from '../dist/rest/server.js';
import { openLog } from '../dist/runtime/log.js';
import { openMetrics } from '../dist/runtime/metrics.js';
import { admitEverybody } from '../dist/rest/callers.js';

const limits = {
  body: 1e6,
  url: 60_000,
  defaultPage: 50,
  maxPage: 1000,
  includes: 1000,
  orValues: 500,
  windowDays: 92,
  batchEntries: 10,
  deadlineMs: 30_000,
};
const answers = new Map();
const app = buildServer({
  limits,
  log: openLog('silent'),
  metrics: openMetrics(),
  admit: admitEverybody,
  now: Date.now,
  ready: async () => {},
});
const keyOf = (url) => createHash('sha256').update(url).digest('hex');
app.get('/fhir/*', (request, reply) =>
  reply.header('content-type', 'application/fhir+json; charset=utf-8').send(answers.get(keyOf(request.url))),
);
process.on('message', async ({ url, source }) => {
  answers.set(keyOf(url), await (await fetch(source)).text());
  process.send({ kept: answers.size });
});
await app.listen({ port: 0, host: '127.0.0.1' });
process.send({ url: `http://127.0.0.1:${app.server.address().port}` });
