/**
 * The same HTTP server (same framework, same settings), answering bytes that it holds in memory: what nobody can be
 * faster than.
 */
import { createHash } from 'node:crypto';
import { admitEverybody } from '../dist/rest/callers.js';
import { buildServer } from '../dist/rest/server.js';
import { readConfig } from '../dist/runtime/config.js';
import { openLog } from '../dist/runtime/log.js';
import { openMetrics } from '../dist/runtime/metrics.js';
import { frontDoorOf, limitsOf } from '../dist/server/listening.js';
import { openTurns } from '../dist/server/overload.js';
import { liveLimits } from '../dist/server/reload.js';

const { config } = readConfig([], {});
const log = openLog('silent');
const metrics = openMetrics();
const answers = new Map();
const app = buildServer({
  ...{ limits: limitsOf(config), log, metrics, securityLog: log, frontDoor: frontDoorOf(config) },
  ...{ overload: { ...liveLimits(config), databaseWaitMs: () => 0 }, turns: openTurns(config, 'agenda', metrics) },
  ...{ admit: admitEverybody, now: Date.now, reading: (work) => work(), faults: () => [] },
  // Its addresses are plain ones, which no key and no trail concern.
  idempotency: undefined,
  audit: { append() {}, fault: () => undefined },
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
