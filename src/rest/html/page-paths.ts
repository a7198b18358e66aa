/** Addresses of the pages, the same as `PAGES` in web/app/pages.ts (a test compares the two), and of their files. */
export const PAGE_PATHS = [
  '/',
  '/agenda',
  '/visibilite',
  '/calendriers',
  '/reservation',
  '/cabinet',
  '/mise-en-route',
  '/invitation',
  '/recherche',
  '/rendez-vous-declares',
  '/supervision',
  '/consultations',
  '/validateur',
] as const;

/** Addresses of pages for the public, on servers that have them. `/r` holds links to appointments. */
export const PUBLIC_PATHS = ['/p', '/r', '/trouver', '/robots.txt', '/sitemap.xml'] as const;

export const PAGE_FILES = ['/assets', '/icon.svg'] as const;
