/**
 * Child process: N partners that answer at once, from memory, with 10 slots for each of 25 practitioners. Says their
 * addresses.
 */
import { createServer } from 'node:http';
import { editorAnswer } from '../dist/demo/editor-answer.js';

const [count, query] = [Number(process.argv[2]), process.argv[3]];
const urls = [];
for (let seed = 1; seed <= count; seed++) {
  const text = Buffer.from(
    JSON.stringify(editorAnswer('Slot', query, { seed, slots: 10, url: `https://editeur-${seed}.example/fhir` })),
  );
  const server = createServer((_request, response) =>
    response.writeHead(200, { 'content-type': 'application/fhir+json', 'content-length': text.length }).end(text),
  );
  server.keepAliveTimeout = 60_000;
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  urls.push({ url: `http://127.0.0.1:${server.address().port}/fhir`, bytes: text.length });
}
process.send(urls);
