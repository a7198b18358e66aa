/**
 * The pages of the documentation site: which file, at which address, in which language and under which heading. French
 * pages are for those who use or run Créneau, English ones for those who work on it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');

const numbered = (folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => /^[\da].*\.md$/.test(name))
    .sort()
    .map((name) => `${folder}/${name}`);

const SECTIONS = [
  { language: 'fr', title: 'Commencer', files: ['README.md', 'GLOSSARY.md'] },
  {
    language: 'fr',
    title: 'Les agendas',
    files: [
      'docs/cabinet.md',
      'docs/reservation.md',
      'docs/apres-la-reservation.md',
      'docs/site-public.md',
      'docs/horaires-communs.md',
      'docs/identite.md',
      'docs/icalendar.md',
      'docs/synchronisation.md',
      'docs/validation.md',
    ],
  },
  {
    language: 'fr',
    title: 'Le SAS',
    files: ['docs/sas-editor.md', 'docs/sas-plateforme.md', 'docs/sas-hub.md'],
  },
  {
    language: 'fr',
    title: 'Exploiter',
    files: [
      'docs/deploiement.md',
      'docs/annuaire.md',
      'docs/exploitation.md',
      'docs/fiabilite.md',
      'docs/access.md',
      'docs/audit.md',
      'docs/menaces.md',
      'docs/rgpd.md',
      'docs/asvs.md',
      'docs/limites.md',
      'docs/accessibilite.md',
      'docs/parcours.md',
    ],
  },
  {
    language: 'en',
    title: 'Start here',
    files: ['docs/day-one.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'docs/style.md', 'web/README.md', 'CHANGELOG.md'],
  },
  {
    language: 'en',
    title: 'Reference',
    files: [
      'docs/settings.md',
      'docs/errors.md',
      'docs/conformance.md',
      'docs/validation-differences.md',
      'docs/benchmarks.md',
      'docs/mutants.md',
      'docs/dependances.md',
      'docs/licences.md',
    ],
  },
  { language: 'en', title: 'The guides', files: ['docs/spec/README.md', ...numbered('docs/spec')] },
  { language: 'en', title: 'Decisions', files: ['docs/adr/README.md', ...numbered('docs/adr')] },
];

/** `docs/adr/README.md` is `en/adr/index.md`, `ARCHITECTURE.md` is `en/architecture.md`. */
function addressOf(file, language) {
  if (file === 'README.md') return 'index.md';
  const name = file.replace(/^docs\//, '').replace(/README\.md$/, 'index.md');
  return posix.join(language === 'fr' ? '' : language, name.toLowerCase());
}

/** The text of the first heading, without its mark-up. */
function titleOf(file) {
  const [, title] = /^# (.+)$/m.exec(readFileSync(join(ROOT, file), 'utf8'));
  return title.replaceAll('`', '');
}

export const PAGES = SECTIONS.flatMap(({ language, title: section, files }) =>
  files.map((file) => ({ file, language, section, address: addressOf(file, language), title: titleOf(file) })),
);

/** The link to a page, as a browser asks for it. */
export const urlOf = ({ address }) => `/${address.replace(/(^|\/)index\.md$/, '$1').replace(/\.md$/, '.html')}`;

/** The sidebar of a language, in the form that VitePress takes. */
export function sidebarOf(language) {
  return SECTIONS.filter((section) => section.language === language).map(({ title, files }) => ({
    text: title,
    collapsed: files.length > 8,
    items: PAGES.filter((page) => files.includes(page.file)).map((page) => ({ text: page.title, link: urlOf(page) })),
  }));
}
