/** Wires the mails of the agenda server; without SMTP_URL nothing is written and nothing is sent. */
import type { FastifyInstance } from 'fastify';
import type { AgendaBackend } from '../../agenda/agenda-backend.ts';
import { mountLeaving } from '../../rest/files/leave-route.ts';
import type { Config } from '../../runtime/config.ts';
import type { Log } from '../../runtime/log.ts';
import type { Database } from '../../store/engine/database.ts';
import { MailLog } from '../../store/records/mail-log.ts';
import { Outbox } from '../../store/delivery/outbox.ts';
import { startRelay } from '../../store/delivery/relay.ts';
import { withoutAgreement } from '../../sync/mail/agreement.ts';
import { MAIL, MailFollower } from '../../sync/mail/mail-follower.ts';
import { Mailer } from '../../sync/mail/mailer.ts';
import { MailTransport } from '../../sync/mail/transport.ts';

export interface MailService {
  mount(app: FastifyInstance): void;
  /** From now on; `origin`: where the links lead. */
  start(origin: string): void;
  close(): Promise<void>;
}

export function openMail(
  config: Config,
  agenda: AgendaBackend,
  database: Database,
  log: Log,
  now: () => number,
): MailService {
  const known = new MailLog(database);
  const reminderMs = config.reminderHours * 3_600_000;
  if (config.smtpUrl !== undefined) agenda.followers.push(new MailFollower(reminderMs));
  let close = async (): Promise<void> => {};
  return {
    mount: (app) =>
      mountLeaving(app, {
        knows: async (token) => (await known.whoLeaves(token)) !== undefined,
        async leave(token) {
          const person = await known.whoLeaves(token);
          if (person === undefined) return;
          const context = {
            now: now(),
            requestId: 'mail',
            caller: 'désinscription',
            roles: ['*'],
            strict: false,
            base: '',
          };
          await agenda.patch(context, person.type, person.id, withoutAgreement, {});
        },
      }),
    start(origin) {
      if (config.smtpUrl === undefined) return;
      const transport = new MailTransport(config.smtpUrl);
      const mailer = new Mailer({ database, transport, from: config.mailFrom, origin: () => origin, reminderMs, now });
      const relay = startRelay({
        outbox: new Outbox(database),
        destination: MAIL,
        deliver: (item) => mailer.deliver(item),
        log,
      });
      close = async () => {
        await relay.close();
        transport.close();
      };
    },
    close: () => close(),
  };
}
