/**
 * Builds the pages into dist/web, each file compressed once here rather than at every request. Run by tools/setup.mjs.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const OUT = join(import.meta.dirname, '../dist/web');
/** Below this a compressed copy gains nothing. */
const SMALL = 1000;

/** Packages of every page. They become one file: forty small ones would cost their headers and compress worse. */
const BASE_PACKAGES = [
  'react',
  'react-dom',
  'scheduler',
  'react-i18next',
  'i18next',
  'html-parse-stringify',
  'use-sync-external-store',
  'clsx',
  '@tanstack',
  '@mantine',
  '@floating-ui',
  'react-remove-scroll',
  'react-number-format',
  'react-transition-group',
  'type-fest',
];

function compressed(): Plugin {
  return {
    name: 'compressed',
    closeBundle() {
      for (const name of readdirSync(OUT, { recursive: true, encoding: 'utf8' })) {
        if (!/\.(js|css|svg|json)$/.test(name)) continue;
        const file = join(OUT, name);
        const data = readFileSync(file);
        if (data.length < SMALL) continue;
        writeFileSync(
          `${file}.br`,
          brotliCompressSync(data, {
            params: { [constants.BROTLI_PARAM_QUALITY]: 10, [constants.BROTLI_PARAM_SIZE_HINT]: data.length },
          }),
        );
        writeFileSync(`${file}.gz`, gzipSync(data, { level: 9 }));
      }
    },
  };
}

/** The first screen shows these: the frame, the login and the agenda without its dialogs. */
export const FIRST_SECTIONS: readonly string[] = [
  'app',
  'login',
  'role',
  'agenda',
  'booking',
  'inbox',
  'requests',
  'view',
  'mode',
  'legend',
  'status',
  'find',
  'history',
];

type Texts = Record<string, Record<string, unknown>>;

/** `first`: these sections, and the title of every page, for the menu. `others`: the rest. */
function cutTexts(texts: Texts): Record<string, Texts> {
  const first: Texts = {};
  const others: Texts = {};
  for (const [name, section] of Object.entries(texts)) {
    const isFirst = FIRST_SECTIONS.includes(name);
    (isFirst ? first : others)[name] = section;
    if (!isFirst && 'title' in section) first[name] = { title: section['title'] };
  }
  return { first, others };
}

/** `fr.json?first` and `fr.json?others`, the two parts of the catalogue: most people see the first screen only. */
function cutCatalogue(): Plugin {
  return {
    name: 'cut-catalogue',
    enforce: 'pre',
    load(id) {
      const [, file, part] = /^(.*\.json)\?(first|others)$/.exec(id) ?? [];
      if (file === undefined || part === undefined) return undefined;
      this.addWatchFile(file);
      const texts = cutTexts(JSON.parse(readFileSync(file, 'utf8')))[part];
      return { code: `export default ${JSON.stringify(texts)}`, moduleType: 'js' };
    },
  };
}

export default defineConfig({
  root: import.meta.dirname,
  plugins: [cutCatalogue(), react(), compressed()],
  build: {
    outDir: OUT,
    emptyOutDir: true,
    target: 'es2022',
    // The Content-Security-Policy takes scripts and styles from files only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1500,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            {
              name: 'base',
              test: new RegExp(`node_modules[\\\\/](${BASE_PACKAGES.join('|')})[\\\\/]`),
            },
            // Small files that most pages share: together they compress better, and each would cost its headers.
            { name: 'shared', test: /web[\\/](fhir|ui)[\\/]/, minShareCount: 3 },
          ],
        },
      },
    },
  },
  server: {
    proxy: Object.fromEntries(
      ['/fhir', '/sas', '/auth', '/rdv', '/health'].map((path) => [path, 'http://127.0.0.1:8080']),
    ),
  },
});
