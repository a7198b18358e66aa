/** The booking of patients as a part of the public pages: its addresses, its limits, its sweep. ADR 0039 */
import type { PublicRequest } from '../../rest/html/public-route.ts';
import { LimitCounters } from '../../store/records/limit-counters.ts';
import { ManageLinks } from '../../store/records/manage-links.ts';
import { PublicVisits } from '../../store/records/public-visits.ts';
import { MailTransport } from '../../sync/mail/transport.ts';
import type { PublicPart, PublicSiteParts } from '../site/public-site.ts';
import { BookingFollower } from './booking-limits.ts';
import { type AtPlace, BookingWorld, type Screen } from './booking-world.ts';
import { BookingWriter } from './booking-writer.ts';
import { Choosing } from './choosing.ts';
import { CodeSender } from './code-sender.ts';
import { Completing } from './completing.ts';
import { openSmsGateway } from './sms-gateway.ts';
import { TimeHolds } from './time-hold.ts';

const SWEEP_MS = 60_000;
/** Somebody waits for the code at the screen. */
const MAIL_MS = 15_000;
const BASE = '/p/:practice/:practitioner/rendez-vous';

export function bookingPart({ site, services, parts }: PublicSiteParts): PublicPart {
  const { config, database, secrets, log, now } = parts;
  const visits = new PublicVisits(database, secrets);
  const counters = new LimitCounters(database);
  const mail = config.smtpUrl === undefined ? undefined : new MailTransport(config.smtpUrl, MAIL_MS);
  const sms = openSmsGateway(config, counters, now);
  const sender = new CodeSender(mail, sms, config);
  const holds = new TimeHolds({ database, services, visits });
  const links = new ManageLinks(database);
  let timer: NodeJS.Timeout | undefined;
  let sweeping: Promise<unknown> = Promise.resolve();
  const sweep = (): void => {
    sweeping = Promise.all([visits.sweep(now()), counters.sweep(now())]).catch((error) =>
      log.warn({ error: (error as Error).message }, 'visits that are over could not be deleted'),
    );
  };
  return {
    followers: [new BookingFollower(visits)],
    bookingPath({ path }, kind) {
      if (sender.ways.length === 0) return undefined;
      return `${path}/rendez-vous${kind === undefined ? '' : `?${new URLSearchParams({ motif: kind })}`}`;
    },
    open(routes, backend) {
      const writer = new BookingWriter(services, backend);
      const world = new BookingWorld({
        site,
        services,
        visits,
        counters,
        holds,
        sender,
        writer,
        links,
        secrets,
        config,
      });
      const choosing = new Choosing(world);
      const completing = new Completing(world, choosing);
      const screens: [string, (at: AtPlace) => Promise<Screen>][] = [
        ['', (at) => choosing.show(at)],
        ['/creneau', (at) => choosing.choose(at)],
        ['/patient', (at) => completing.person(at)],
        ['/plus', (at) => completing.more(at)],
        ['/liberer', (at) => completing.release(at)],
        ['/code', (at) => completing.code(at)],
        ['/renvoyer', (at) => completing.again(at)],
        ['/confirme', (at) => completing.confirmed(at)],
        ['/lien/:token', (at) => completing.link(at)],
      ];
      for (const [path, show] of screens) routes.add(BASE + path, (request: PublicRequest) => world.at(request, show));
    },
    start() {
      timer = setInterval(sweep, SWEEP_MS);
      timer.unref();
      sweep();
    },
    async close() {
      clearInterval(timer);
      await sweeping;
      await sms?.close();
    },
  };
}
