/**
 * Links of the Markdown files are written for readers of the repository. On the site, a link to a page leads to that
 * page; a link to any other file of the repository becomes plain text, unless CRENEAU_SOURCE_URL says where the sources
 * can be read (`https://forge.example/creneau/blob/main`).
 */
import { existsSync } from 'node:fs';
import { join, posix, relative } from 'node:path';
import { PAGES, ROOT, urlOf } from './pages.mjs';

const byFile = new Map(PAGES.map((page) => [page.file, page]));
const SOURCE_URL = process.env.CRENEAU_SOURCE_URL?.replace(/\/$/, '');

/** Where a link of `file` leads on the site; `undefined` for a file that the site does not have. */
export function targetOf(file, href) {
  const [path, hash] = href.split('#');
  const target = path === '' ? file : posix.join(posix.dirname(file), decodeURIComponent(path)).replace(/\/$/, '');
  const page = byFile.get(target) ?? byFile.get(`${target}/README.md`);
  if (page !== undefined) return urlOf(page) + (hash === undefined ? '' : `#${hash}`);
  if (!existsSync(join(ROOT, target))) throw new Error(`${file}: the link to ${href} leads nowhere`);
  return SOURCE_URL === undefined ? undefined : `${SOURCE_URL}/${target}`;
}

/** The anchor of a heading, as forges make it, so that the links of the files hold in both places. */
export function anchorOf(heading) {
  const kept = heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}_ -]/gu, '');
  return kept.replaceAll(' ', '-');
}

/** A plug-in for markdown-it: `{{` of a golden request is text, not a template of the site. */
export function plainBraces(markdown) {
  const { rules } = markdown.renderer;
  for (const name of ['text', 'code_inline']) {
    const render = rules[name];
    rules[name] = (...args) => render(...args).replaceAll('{{', '&#123;&#123;');
  }
}

/** A plug-in for markdown-it: `<img src="docs/x.png">` is a file beside the page, not a package. */
export function relativePictures(markdown) {
  const { rules } = markdown.renderer;
  for (const name of ['html_block', 'html_inline']) {
    const render = rules[name];
    rules[name] = (...args) => render(...args).replace(/(<img[^>]* src=")(?![./]|[a-z]+:)/g, '$1./');
  }
}

/** A plug-in for markdown-it. */
export function siteLinks(markdown) {
  markdown.core.ruler.push('site-links', ({ tokens, env }) => {
    const file = relative(ROOT, env.realPath ?? env.path).replaceAll('\\', '/');
    for (const { children } of tokens) {
      let isPlain = false;
      for (const token of children ?? []) {
        if (token.type === 'link_open') {
          const href = token.attrGet('href');
          // Links to elsewhere, and the permanent link of a heading.
          if (/^[a-z]+:/.test(href) || token.attrGet('class') === 'header-anchor') continue;
          const target = targetOf(file, href);
          isPlain = target === undefined;
          // A type of our own: VitePress would write the anchors of a link in small letters.
          if (isPlain) Object.assign(token, { tag: 'span', attrs: [['class', 'source']], type: 'source_open' });
          else Object.assign(token, { attrs: [['href', target]], type: 'page_open' });
        } else if (token.type === 'link_close' && isPlain) {
          Object.assign(token, { tag: 'span', type: 'source_close' });
          isPlain = false;
        }
      }
    }
  });
}
