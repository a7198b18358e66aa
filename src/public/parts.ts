/** The parts of the public pages: a part is listed here to be on line with `--public`. */
import { embedPart } from './site/embed.ts';
import { enginesPart } from './site/engines.ts';
import { infoPages } from './site/info-pages.ts';
import { publicationOperations } from './site/publication-operations.ts';
import { bookingPart } from './booking/booking-part.ts';
import { linksPart } from './links/links-part.ts';
import type { PublicPart, PublicSiteParts } from './site/public-site.ts';
import { refusalPages } from './site/refusal-pages.ts';
import { searchPart } from './site/search/search-part.ts';
import { sitePages } from './site/site-pages.ts';
import { waitingPart } from './waiting/waiting-part.ts';

export const PUBLIC_PARTS: readonly ((site: PublicSiteParts) => PublicPart)[] = [
  sitePages,
  bookingPart,
  infoPages,
  refusalPages,
  searchPart,
  enginesPart,
  embedPart,
  linksPart,
  waitingPart,
  (site) => ({ operations: () => publicationOperations(site) }),
];
