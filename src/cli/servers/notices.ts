/** Wires the notices of the agenda server: the channels that are configured, and the links that stop notices. */
import type { FastifyInstance } from 'fastify';
import type { AgendaBackend } from '../../agenda/agenda-backend.ts';
import { mountLeaving } from '../../rest/files/leave-route.ts';
import type { Config } from '../../runtime/config.ts';
import type { Log } from '../../runtime/log.ts';
import { HOUR } from '../../scheduling/zone.ts';
import { Outbox } from '../../store/delivery/outbox.ts';
import { startRelay } from '../../store/delivery/relay.ts';
import type { Database } from '../../store/engine/database.ts';
import { LeaveLinks } from '../../store/records/notice-log.ts';
import { mailChannel } from '../../sync/mail/mail-channel.ts';
import { withoutAgreement } from '../../sync/notice/agreement.ts';
import type { NoticeChannel } from '../../sync/notice/notice.ts';
import { NoticeDelivery } from '../../sync/notice/notice-delivery.ts';
import { NoticeFollower } from '../../sync/notice/notice-follower.ts';

/** Each gives its channel, or `undefined` if the settings leave it out. */
const CHANNELS: readonly ((config: Config) => NoticeChannel | undefined)[] = [mailChannel];

export interface NoticeService {
  mount(app: FastifyInstance): void;
  /** Delivers from now on. `origin` is the public address of the server. */
  start(origin: string): void;
  close(): Promise<void>;
}

export function openNotices(
  config: Config,
  agenda: AgendaBackend,
  database: Database,
  log: Log,
  now: () => number,
): NoticeService {
  const reminderMs = config.reminderHours * HOUR;
  const channels = CHANNELS.map((open) => open(config)).filter((channel) => channel !== undefined);
  agenda.followers.push(new NoticeFollower(channels, reminderMs));
  const relays: { close(): Promise<void> }[] = [];
  return {
    mount: (app) => mountLeaving(app, leaving(agenda, new LeaveLinks(database), now)),
    start(origin) {
      for (const channel of channels) {
        const delivery = new NoticeDelivery({ database, channel, origin: () => origin, reminderMs, now });
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
function leaving(agenda: AgendaBackend, links: LeaveLinks, now: () => number) {
  return {
    knows: async (token: string) => (await links.find(token)) !== undefined,
    async leave(token: string) {
      const person = await links.find(token);
      if (person === undefined) return;
      const context = {
        ...{ now: now(), requestId: 'notices', caller: 'désinscription', roles: ['*'], strict: false, base: '' },
      };
      await agenda.patch(context, person.type, person.id, withoutAgreement, {});
    },
  };
}
