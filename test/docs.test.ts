/** The documentation site: it holds every page, it builds, and its checks find broken links. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { filesIn, ROOT } from './tidy/sources.ts';

const folder = mkdtempSync(join(tmpdir(), 'creneau-docs-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Page {
  file: string;
  language: 'fr' | 'en';
  address: string;
}
const { PAGES } = (await import(join(ROOT, 'tools/docs/pages.mjs'))) as { PAGES: Page[] };
const { siteFaults } = (await import(join(ROOT, 'tools/docs/check.mjs'))) as { siteFaults(folder: string): string[] };

function site(files: Record<string, string>): string {
  const root = mkdtempSync(join(folder, 'site-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

describe('the documentation site', () => {
  it('holds every page of the documentation, each at one address', () => {
    const written = ['README', 'ARCHITECTURE', 'CONTRIBUTING', 'GLOSSARY', 'CHANGELOG'].map((name) => `${name}.md`);
    expect(PAGES.map(({ file }) => file).sort()).toEqual(
      [...written, 'web/README.md', ...filesIn('docs', /\.md$/)].sort(),
    );
    expect(new Set(PAGES.map(({ address }) => address)).size).toBe(PAGES.length);
  });

  it('is built by one command, with links that lead somewhere', () => {
    const output = execFileSync(process.execPath, ['tools/docs.mjs'], {
      cwd: ROOT,
      encoding: 'utf8',
      timeout: 600_000,
    });
    expect(output).toContain('all links lead somewhere');
    for (const { address } of PAGES)
      expect(existsSync(join(ROOT, 'dist/docs', address.replace(/\.md$/, '.html'))), address).toBe(true);
  }, 600_000);

  it('reports each kind of fault', () => {
    const index = { 'assets/localSearchIndexroot.js': '{"documentCount":3}', 'x.svg': '<svg/>' };
    const good = '<h2 id="there"></h2><a href="/b/c.html#there">c</a><a href="#there">here</a><img src="/x.svg">';
    expect(siteFaults(site({ ...index, 'a.html': good, 'b/c.html': good }))).toEqual([]);
    const bad =
      '<a href="gone.html">x</a><a href="#gone">x</a><script src="https://cdn.example/x.js"></script>' +
      '<img src="/y.svg">';
    expect(siteFaults(site({ 'assets/localSearchIndexroot.js': '{"documentCount":0}', 'a.html': bad }))).toEqual([
      'a.html: gone.html leads nowhere',
      'a.html: #gone names an anchor that is not there',
      'a.html: loads https://cdn.example/x.js from elsewhere',
      'a.html: /y.svg is not there',
      'assets/localSearchIndexroot.js is empty',
    ]);
    expect(siteFaults(site({ 'a.html': good.replace('/b/c.html', '') }))).toEqual([
      'a.html: /x.svg is not there',
      'there is no index for the search',
    ]);
  });
});
