/** The pages that every server shows in a browser: the application, and the description of its interface at `/docs`. */
import { mountDocs } from '../rest/html/docs.ts';
import { mountPages } from '../rest/html/pages.ts';
import type { Feature } from './feature.ts';

/** `origins`: the dispatch centres whose software may open a search; none: any. */
export function webPages(serves: 'agenda' | 'platform', origins: readonly string[]): Feature {
  return {
    name: 'web pages',
    async mount(app, { service }) {
      await mountDocs(app, '/fhir', service);
      await mountPages(app, serves, origins);
    },
  };
}
