/** Notices of appointments: the channels that are configured, and the links that stop notices. */
import type { Context } from '../../fhir/interaction.ts';
import type { Backend } from '../../rest/backend.ts';
import { mountUnsubscribe, type Unsubscribing } from '../../rest/files/unsubscribe-route.ts';
import type { Config } from '../../runtime/config.ts';
import { HOUR } from '../../scheduling/zone.ts';
import type { Feature, ServerParts } from '../../server/feature.ts';
import { Outbox } from '../../store/delivery/outbox.ts';
import { type Relay, startRelay } from '../../store/delivery/relay.ts';
import { LeaveLinks } from '../../store/records/notice-log.ts';
import { fileChannel } from '../file/file-channel.ts';
import { mailChannel } from '../mail/mail-channel.ts';
import { withoutAgreement } from './agreement.ts';
import type { NoticeChannel } from './notice.ts';
import { NoticeDelivery } from './notice-delivery.ts';
import { NoticeFollower } from './notice-follower.ts';

/** Each gives its channel, or `undefined` if the settings leave it out. */
const CHANNELS: readonly ((config: Config) => NoticeChannel | undefined)[] = [mailChannel, fileChannel];

export function noticesFeature({ config, database, log, now }: ServerParts): Feature {
  const reminderMs = config.reminderHours * HOUR;
  const channels = CHANNELS.map((open) => open(config)).filter((channel) => channel !== undefined);
  const relays: Relay[] = [];
  return {
    name: 'notices',
    followers: [new NoticeFollower(channels, reminderMs)],
    mount: (app, { backend }) => mountUnsubscribe(app, unsubscribing(backend, new LeaveLinks(database), now)),
    start({ url }) {
      for (const channel of channels) {
        const delivery = new NoticeDelivery({ database, channel, origin: () => url, reminderMs, now });
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
      for (const channel of channels) channel.close();
    },
  };
}

/** The person behind a link withdraws the agreement to notices. */
function unsubscribing(backend: Pick<Backend, 'patch'>, links: LeaveLinks, now: () => number): Unsubscribing {
  return {
    knows: async (token) => (await links.find(token)) !== undefined,
    async unsubscribe(token) {
      const person = await links.find(token);
      if (person === undefined) return;
      const context: Context = {
        ...{ now: now(), requestId: 'notices', caller: 'désinscription', roles: ['*'], strict: false, base: '' },
      };
      await backend.patch(context, person.type, person.id, withoutAgreement, {});
    },
  };
}
