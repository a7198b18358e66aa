/**
 * Everything that the golden tests show of our answers, as files for the reference validator: the resources of the
 * answers, JSON and XML. Placeholders of the golden files (`<id-3>`, `[base]`) become values that FHIR allows.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** `{ name, text, format }` of each answer that is a resource; `name` is the file and the title. */
export function emitted(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((file) => file.endsWith('.http'))
    .sort()
    .flatMap((file) => answersOf(file, readFileSync(join(folder, file), 'utf8')));
}

function answersOf(file, text) {
  return text
    .split(/^### /m)
    .slice(1)
    .flatMap((exchange) => {
      const title = exchange.slice(0, exchange.indexOf('\n'));
      const answer = exchange.slice(exchange.search(/^<<</m));
      const start = answer.search(/^[{<](?!<<)/m);
      if (start < 0) return [];
      const body = filled(answer.slice(start).trim());
      const format = body.startsWith('<') ? 'xml' : 'json';
      return isWhole(body, format) ? [{ name: `${file}: ${title}`, text: body, format }] : [];
    });
}

/** Not an answer that is cut off on purpose, nor one that is not FHIR. */
function isWhole(body, format) {
  if (format === 'xml') return body.includes('http://hl7.org/fhir');
  try {
    return typeof JSON.parse(body).resourceType === 'string';
  } catch {
    return false;
  }
}

function filled(body) {
  return body
    .replaceAll(/(?:<|&lt;)(?:id|uuid)-(\d+)(?:>|&gt;)/g, (_, n) => `00000000-0000-4000-8000-${n.padStart(12, '0')}`)
    .replaceAll('<seq>', '00000000-0000-4000-8000-000000000000:7')
    .replaceAll(/<(cursor|plan)>/g, '$1')
    .replaceAll('[base]', 'https://agenda.example/fhir')
    .replaceAll('[origin]', 'https://agenda.example');
}
