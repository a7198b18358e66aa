/** `creneau insi`: a played teleservice INSi, behind the connector's interface, to try with (`--insi http://...`). */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Config } from '../../runtime/config.ts';
import { PLAYED_PEOPLE, playInsi } from '../../sync/insi/played-insi.ts';
import { untilSignal } from './signal.ts';

const MAX_BYTES = 10_000;

export interface PlayedServer {
  url: string;
  close(): Promise<void>;
}

export async function openPlayedInsi(host: string, port: number): Promise<PlayedServer> {
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += text.length < MAX_BYTES ? chunk : '';
    const answer = answerTo(`${request.method} ${request.url}`, text);
    response.writeHead(answer === undefined ? 400 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? { error: 'POST /search, { family, given, gender, birthDate }' }));
  });
  await new Promise<void>((done, fail) => server.once('error', fail).listen(port, host, done));
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${bound}`,
    close: () => new Promise((done) => server.close(() => done())),
  };
}

function answerTo(line: string, text: string): object | undefined {
  if (line !== 'POST /search') return undefined;
  try {
    const { family, given, gender, birthDate, birthPlace } = JSON.parse(text);
    return playInsi({ family: String(family), given: String(given), gender, birthDate, birthPlace });
  } catch {
    return undefined;
  }
}

export async function serveInsi(config: Config): Promise<void> {
  const { url, close } = await openPlayedInsi(config.host, config.port);
  process.stdout.write(`INSi (joué / played) : --insi ${url}\n`);
  for (const { family, given, gender, birthDate } of PLAYED_PEOPLE)
    process.stdout.write(`  ${family} ${given}, ${gender}, ${birthDate}\n`);
  await untilSignal();
  await close();
}
