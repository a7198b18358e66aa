/**
 * Checks the built site: every link leads to a page and an anchor that exist, nothing is loaded from elsewhere, and the
 * search knows the pages.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';

const LINK = /<a\b[^>]*?\bhref="([^"]*)"/g;
const LOADED = /<(?:script|img|source|iframe)\b[^>]*?\bsrc="([^"]*)"|<link\b[^>]*?\bhref="([^"]*)"/g;
const ANCHOR = /\bid="([^"]*)"/g;
const INDEXED = /"documentCount":(\d+)/;

/** The faults of the site in `folder`, each as a line for people. */
export function siteFaults(folder) {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('\\', '/'));
  const read = (name) => readFileSync(join(folder, name), 'utf8');
  const pages = names.filter((name) => name.endsWith('.html')).map((name) => ({ name, text: read(name) }));
  const anchors = new Map(
    pages.map(({ name, text }) => [name, new Set([...text.matchAll(ANCHOR)].map(([, id]) => id))]),
  );
  const faults = pages.flatMap(({ name, text }) => [
    ...[...text.matchAll(LINK)].map(([, href]) => linkFault(folder, anchors, name, decode(href))),
    ...[...text.matchAll(LOADED)].map(([, source, sheet]) => loadFault(folder, name, decode(source ?? sheet))),
  ]);
  const indexes = names
    .filter((name) => /localSearchIndex.*\.js$/.test(name))
    .map((name) => ({ name, text: read(name) }));
  for (const { name, text } of indexes) if (!(Number(INDEXED.exec(text)?.[1]) > 0)) faults.push(`${name} is empty`);
  if (indexes.length === 0) faults.push('there is no index for the search');
  return faults.filter((fault) => fault !== undefined);
}

const decode = (text) => text.replaceAll('&amp;', '&');

function linkFault(folder, anchors, page, href) {
  if (/^[a-z]+:/.test(href)) return undefined;
  const [path, hash] = href.split('#');
  const target = path === '' ? page : fileOf(page, path);
  if (!existsSync(join(folder, target))) return `${page}: ${href} leads nowhere`;
  if (hash && anchors.has(target) && !anchors.get(target).has(decodeURIComponent(hash)))
    return `${page}: ${href} names an anchor that is not there`;
  return undefined;
}

function loadFault(folder, page, address) {
  if (/^data:/.test(address)) return undefined;
  if (/^([a-z]+:)?\/\//.test(address)) return `${page}: loads ${address} from elsewhere`;
  return existsSync(join(folder, fileOf(page, address))) ? undefined : `${page}: ${address} is not there`;
}

/** The file that a browser gets for `path` on `page`. */
function fileOf(page, path) {
  const target = posix.resolve('/', posix.dirname(page), path) + (path.endsWith('/') ? '/' : '');
  return target.endsWith('/') ? `${target}index.html`.slice(1) : target.slice(1);
}

/** For the report of the command. */
export function sizeOf(folder) {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => statSync(join(folder, name)));
  return files.reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);
}
