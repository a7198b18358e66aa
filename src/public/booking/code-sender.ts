/**
 * Sends the code by mail or by a short message, at once: the visitor waits for it. Neither the kind of visit nor the
 * specialty is in it, nor the name of the patient.
 */
import { createHash } from 'node:crypto';
import type { Config } from '../../runtime/config.ts';
import type { MailTransport } from '../../sync/mail/transport.ts';
import type { SendResult } from '../../sync/notice/notice.ts';
import type { SmsGateway } from './sms-gateway.ts';
import { shortTime, spokenTime } from './spoken-time.ts';

export interface CodeMessage {
  by: 'email' | 'sms';
  to: string;
  code: string;
  /** Address of a page with a button that does the same as the code. */
  link: string;
  practitioner: string;
  start: number;
  zone: string;
}

export class CodeSender {
  private readonly mail: MailTransport | undefined;
  private readonly sms: SmsGateway | undefined;
  private readonly from: string;

  constructor(mail: MailTransport | undefined, sms: SmsGateway | undefined, { mailFrom }: Pick<Config, 'mailFrom'>) {
    this.mail = mail;
    this.sms = sms;
    this.from = mailFrom;
  }

  /** The ways in which this server can send a code. */
  get ways(): ('email' | 'sms')[] {
    return [
      ...(this.mail === undefined ? [] : ['email' as const]),
      ...(this.sms === undefined ? [] : ['sms' as const]),
    ];
  }

  /** Never throws. */
  async send(message: CodeMessage): Promise<SendResult> {
    const { by, to, code, start, zone, practitioner } = message;
    const key = createHash('sha256').update(`${to} ${code} ${start}`).digest('hex').slice(0, 32);
    if (by === 'email')
      return this.mail === undefined
        ? NO_WAY
        : this.mail.send({
            ...{ from: this.from, to, subject: 'Votre code pour confirmer le rendez-vous' },
            ...{ text: mailText(message), messageId: `<${key}@creneau>` },
          });
    const text = `RDV ${shortTime(start, zone)} ${practitioner}. Code ${code} (10 min).`;
    return this.sms === undefined ? NO_WAY : this.sms.send(to, text, key);
  }
}

const NO_WAY: SendResult = { sent: false, isFinal: true, reason: 'the server has no such way' };

function mailText({ code, link, practitioner, start, zone }: CodeMessage): string {
  return [
    'Bonjour,',
    '',
    `votre rendez-vous n'est pas encore pris. Pour le confirmer, saisissez ce code : ${code}`,
    'Il est valable 10 minutes.',
    '',
    `Ou ouvrez cette page et confirmez : ${link}`,
    '',
    oneLine(`${spokenTime(start, zone)}, avec ${practitioner}`),
    '',
    "Si vous n'avez rien demandé, ne faites rien : aucun rendez-vous n'est pris.",
    'Ce message est envoyé automatiquement : ne répondez pas.',
    '',
  ].join('\n');
}

/** Names come from others: none of them begins a line of its own. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
}
