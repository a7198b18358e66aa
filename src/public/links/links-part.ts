/** The links of appointments as a part of the public pages: their addresses, and the end of links that are over. */
import { parseResource } from '../../fhir/json.ts';
import type { RuleServices } from '../../agenda/rules/services.ts';
import { linkEnd } from '../../scheduling/link-end.ts';
import { LimitCounters } from '../../store/records/limit-counters.ts';
import { ManageLinks } from '../../store/records/manage-links.ts';
import type { PublicPart, PublicSiteParts } from '../site/public-site.ts';
import { LinkPages } from './links.ts';

const HOUR_MS = 3_600_000;
/** Appointments whose links are ended in one go. */
const MAX_ENDED = 500;

export function linksPart({ services, parts: { database, log, now } }: PublicSiteParts): PublicPart {
  const links = new ManageLinks(database);
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<unknown> = Promise.resolve();
  return {
    open(routes, backend) {
      const pages = new LinkPages({ services, links, backend, counters: new LimitCounters(database) });
      routes.add('/r/:token', pages.page);
      routes.add('/r/:token/rendez-vous.ics', pages.calendar);
    },
    start() {
      const work = (): void => {
        running = endLinks(services, links, now()).catch((error) =>
          log.warn({ error: (error as Error).message }, 'links of appointments could not be ended'),
        );
      };
      timer = setInterval(work, HOUR_MS);
      timer.unref();
      work();
    },
    async close() {
      clearInterval(timer);
      await running;
    },
  };
}

/** Those of an appointment that somebody has moved last as long as it needs. */
export async function endLinks({ reader }: Pick<RuleServices, 'reader'>, links: ManageLinks, now: number) {
  const ended = await links.ended(now, MAX_ENDED);
  const over: string[] = [];
  for (const id of ended) {
    const stored = await reader.read('Appointment', id);
    const until = stored?.body === undefined ? now : linkEnd(parseResource('Appointment', stored.body));
    if (until > now) await links.keep(id, until);
    else over.push(id);
  }
  if (over.length > 0) await links.drop(over);
}
