/** Notices of appointments: the channels that are configured, and the links that stop notices. */
import type { Context } from '../../fhir/interaction.ts';
import type { Backend } from '../../rest/backend.ts';
import { mountUnsubscribe, type Unsubscribing } from '../../rest/files/unsubscribe-route.ts';
import type { Config } from '../../runtime/config.ts';
import { HOUR } from '../../scheduling/zone.ts';
import type { Feature, ServerParts } from '../../server/feature.ts';
import { Outbox } from '../../store/delivery/outbox.ts';
import { type Relay, startRelay } from '../../store/delivery/relay.ts';
import { ClosureWatches } from '../../store/records/closure-watch.ts';
import { LeaveLinks } from '../../store/records/notice-log.ts';
import { mailChannel } from '../mail/mail-channel.ts';
import { withoutAgreement } from './agreement.ts';
import { closureMailOperation } from './closure-mail-operation.ts';
import { agreeing, ClosureWatchers, type OwnAgendas, WATCHER_TYPE } from './closure-watchers.ts';
import { ClosureNotices } from './closure-notices.ts';
import type { Notice, NoticeChannel } from './notice.ts';
import type { NextTimes } from './notice-content.ts';
import { NoticeDelivery } from './notice-delivery.ts';
import { NoticeFollower } from './notice-follower.ts';
import { manageAddress } from './manage-address.ts';
import { withdrawnNotice } from './notice-rights.ts';

/** Each gives its channel, or `undefined` if the settings leave it out. */
const CHANNELS: readonly ((config: Config) => NoticeChannel | undefined)[] = [mailChannel];

export interface NoticesFeature extends Feature {
  /** For calendars that close an agenda over appointments. */
  closures: ClosureNotices;
}

export function noticesFeature(
  { config, database, authorContext, log, now }: ServerParts,
  ownAgendas: OwnAgendas,
  nextTimes?: NextTimes,
): NoticesFeature {
  const reminderMs = config.reminderHours * HOUR;
  const channels = CHANNELS.map((open) => open(config)).filter((channel) => channel !== undefined);
  const watches = new ClosureWatches(database);
  const watchers = new ClosureWatchers(database, authorContext, ownAgendas);
  const isAddress = (email: string): boolean =>
    channels.some((channel) => channel.addressOf(agreeing(email)) !== undefined);
  const relays: Relay[] = [];
  return {
    name: 'notices',
    closures: new ClosureNotices(database, channels),
    operations: () => [closureMailOperation(watches, isAddress)],
    followers: [new NoticeFollower(channels, { hours: config.reminderHours, isFarToo: config.publicPages })],
    mount: (app, { backend }) =>
      mountUnsubscribe(app, unsubscribing({ backend, links: new LeaveLinks(database), watches, now })),
    start({ backend, url }) {
      const withdrawn = (notice: Notice) => withdrawnNotice(authorContext, backend, notice);
      for (const channel of channels) {
        const origin = () => url;
        const manage = manageAddress(config, database);
        const delivery = new NoticeDelivery({
          ...{ database, channel, origin, reminderMs, now, watchers, withdrawn, manage },
          ...(nextTimes === undefined ? {} : { nextTimes }),
        });
        const relay = startRelay({
          outbox: new Outbox(database),
          destination: channel.name,
          deliver: (item) => delivery.deliver(item),
          log,
        });
        relays.push(relay);
      }
    },
    async close() {
      for (const relay of relays) await relay.close();
    },
  };
}

interface UnsubscribingParts {
  backend: Pick<Backend, 'patch'>;
  links: LeaveLinks;
  watches: ClosureWatches;
  now: () => number;
}

/** The person behind a link withdraws the agreement to notices. */
function unsubscribing({ backend, links, watches, now }: UnsubscribingParts): Unsubscribing {
  return {
    knows: async (token) => (await links.find(token)) !== undefined,
    async unsubscribe(token) {
      const person = await links.find(token);
      if (person === undefined) return;
      if (person.type === WATCHER_TYPE) {
        await watches.stop(person.id);
        return;
      }
      const context: Context = {
        ...{ now: now(), requestId: 'notices', caller: 'désinscription', roles: ['*'], strict: false, base: '' },
      };
      await backend.patch(context, person.type, person.id, withoutAgreement, {});
    },
  };
}
