/** `/trouver`, a part of the public pages. */
import { Towns } from '../../../store/records/towns.ts';
import type { PublicPart, PublicSiteParts } from '../public-site.ts';
import { PublicSearch } from './public-search.ts';
import { searchPage } from './search-page.ts';
import { readSearch } from './search-query.ts';

export function searchPart({ site, services, parts }: PublicSiteParts): PublicPart {
  const search = new PublicSearch(site, services, new Towns(parts.database));
  return {
    open(routes) {
      routes.add('/trouver', async ({ context, query: asked }) => {
        const query = readSearch(asked);
        const isAsked = ['quoi', 'lieu', 'avant', 'mode', 'page'].some((name) => asked.has(name));
        const outcome = isAsked ? await search.find(query, context.visitor!, context.now) : undefined;
        return searchPage(site, parts.config.publicName, query, asked, outcome);
      });
    },
  };
}
