/** The documentation site (`npm run docs`): French for users, English for developers, nothing loaded from elsewhere. */
import { join } from 'node:path';
import { defineConfig } from 'vitepress';
import { anchorOf, plainBraces, relativePictures, siteLinks } from '../../tools/docs/links.mjs';
import { PAGES, ROOT, sidebarOf, urlOf } from '../../tools/docs/pages.mjs';

const linkTo = (file) => urlOf(PAGES.find((page) => page.file === file));

const FRENCH = {
  button: { buttonText: 'Chercher', buttonAriaLabel: 'Chercher' },
  modal: {
    displayDetails: 'Afficher le détail',
    resetButtonTitle: 'Effacer la recherche',
    backButtonTitle: 'Fermer la recherche',
    noResultsText: 'Aucun résultat pour',
    footer: {
      selectText: 'choisir',
      selectKeyAriaLabel: 'entrée',
      navigateText: 'parcourir',
      navigateUpKeyAriaLabel: 'flèche vers le haut',
      navigateDownKeyAriaLabel: 'flèche vers le bas',
      closeText: 'fermer',
      closeKeyAriaLabel: 'échap',
    },
  },
};

/** `creneau` finds « créneau ». Runs in the page as well, so it may use nothing from outside. */
const withoutAccents = (term) => term.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

export default defineConfig({
  title: 'Créneau',
  head: [['link', { rel: 'icon', href: '/icon.svg' }]],
  vite: { publicDir: join(ROOT, 'web/public') },
  srcDir: '..',
  outDir: '../dist/docs',
  cacheDir: '../node_modules/.cache/vitepress',
  srcExclude: ['bench/**', 'bin/**', 'data*/**', 'dist/**', 'generated/**', 'src/**', 'test/**', 'tools/**'],
  rewrites: Object.fromEntries(PAGES.map(({ file, address }) => [file, address])),
  locales: {
    root: {
      label: 'Français',
      lang: 'fr',
      description: 'Un système libre d’agendas partagés pour la santé, en FHIR R4',
      themeConfig: {
        nav: [
          { text: 'Démarrer', link: '/' },
          { text: 'Raccorder un éditeur', link: linkTo('docs/sas-editor.md') },
          { text: 'Développer (English)', link: linkTo('docs/day-one.md') },
        ],
        sidebar: sidebarOf('fr'),
        outline: { label: 'Sur cette page', level: [2, 3] },
        docFooter: { prev: 'Page précédente', next: 'Page suivante' },
        darkModeSwitchLabel: 'Apparence',
        lightModeSwitchTitle: 'Passer au thème clair',
        darkModeSwitchTitle: 'Passer au thème sombre',
        sidebarMenuLabel: 'Menu',
        returnToTopLabel: 'Haut de la page',
        langMenuLabel: 'Changer de langue',
        skipToContentLabel: 'Aller au contenu',
        notFound: {
          title: 'Page introuvable',
          quote: 'Cette adresse ne mène à aucune page.',
          linkLabel: 'Aller à l’accueil',
          linkText: 'Accueil',
        },
      },
    },
    en: {
      label: 'English (developers)',
      lang: 'en',
      link: linkTo('docs/day-one.md'),
      description: 'An open FHIR R4 system for shared agendas in French health care',
      themeConfig: {
        nav: [
          { text: 'Day one', link: linkTo('docs/day-one.md') },
          { text: 'Architecture', link: linkTo('ARCHITECTURE.md') },
          { text: 'Contributing', link: linkTo('CONTRIBUTING.md') },
          { text: 'Utiliser (français)', link: '/' },
        ],
        sidebar: sidebarOf('en'),
        outline: { level: [2, 3] },
      },
    },
  },
  themeConfig: {
    // The pages of the two languages are not translations of each other.
    i18nRouting: false,
    search: {
      provider: 'local',
      options: {
        locales: { root: { translations: FRENCH } },
        miniSearch: { options: { processTerm: withoutAccents } },
      },
    },
  },
  markdown: {
    anchor: { slugify: anchorOf },
    config: (markdown) => void markdown.use(siteLinks).use(plainBraces).use(relativePictures),
  },
  // Every broken link is an error of `tools/docs/links.mjs`, with the file that holds it.
  ignoreDeadLinks: false,
});
