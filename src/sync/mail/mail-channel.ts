/** Notices by mail, to people who agreed to it on an e-mail address. Without SMTP_URL there is no such channel. */
import { createHash } from 'node:crypto';
import type { Config } from '../../runtime/config.ts';
import { agreedTelecom } from '../notice/agreement.ts';
import type { NoticeChannel, NoticeContent } from '../notice/notice.ts';
import { type Mail, MailTransport } from './transport.ts';

export function mailChannel({ smtpUrl, mailFrom }: Pick<Config, 'smtpUrl' | 'mailFrom'>): NoticeChannel | undefined {
  if (smtpUrl === undefined) return undefined;
  const transport = new MailTransport(smtpUrl);
  return {
    name: 'mail',
    addressOf(person) {
      const address = agreedTelecom(person, 'email') ?? '';
      // Anything else could become a second header or a second recipient.
      return /^[^\s<>",;:@]+@[^\s<>",;:@]+$/.test(address) ? address : undefined;
    },
    send: (content) => transport.send(mailOf(content, mailFrom)),
  };
}

function mailOf(
  { key, to, subject, opening, facts, leave, manage = [], invitation }: NoticeContent,
  from: string,
): Mail {
  return {
    ...{ from, to, subject: oneLine(subject), leave },
    text: [
      `Bonjour,\n\n${oneLine(opening)}`,
      '',
      ...facts.map(oneLine),
      '',
      ...manage.flatMap(({ words, address }, i) => [`${words} : ${address}`, ...(i + 1 < manage.length ? [] : [''])]),
      'Ce message est envoyé automatiquement : ne répondez pas.',
      `Ne plus recevoir ces messages : ${leave}`,
      '',
    ].join('\n'),
    ...(invitation === undefined
      ? {}
      : { calendar: { method: invitation.method, text: invitation.text(addressIn(from)) } }),
    messageId: `<${createHash('sha256').update(key).digest('hex').slice(0, 32)}@creneau>`,
  };
}

/** Names and comments come from others: none of them begins a line of its own. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
}

/** The address in `Name <address>`. */
function addressIn(from: string): string {
  return /<([^>]+)>/.exec(from)?.[1] ?? from;
}
