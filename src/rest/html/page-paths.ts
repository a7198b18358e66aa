/**
 * The addresses of the application's pages: the same as `PAGES` in web/app/pages.ts (a test compares the two), and what
 * they are made of.
 */
export const PAGE_PATHS = [
  '/',
  '/agenda',
  '/visibilite',
  '/reservation',
  '/recherche',
  '/rendez-vous-declares',
  '/supervision',
  '/validateur',
] as const;

export const PAGE_FILES = ['/assets', '/icon.svg'] as const;
