/** Sends mail with nodemailer: the only file that imports it. */
import { createTransport, type Transporter } from 'nodemailer';
import type { SendResult } from '../notice/notice.ts';

export interface Mail {
  from: string;
  to: string;
  subject: string;
  text: string;
  /** The iCalendar object and its method, if the mail carries one. */
  calendar?: { method: 'REQUEST' | 'CANCEL'; text: string };
  /** Mail programs show a mail with the same id once, even if it arrives twice. */
  messageId: string;
  /** Address where one click ends the agreement. */
  leave: string;
}

const TIMEOUT_MS = 20_000;

export class MailTransport {
  private readonly transporter: Transporter;

  /** `smtp://user:password@host:587`, `smtps://host`. */
  constructor(url: string) {
    this.transporter = createTransport(url, {
      connectionTimeout: TIMEOUT_MS,
      greetingTimeout: TIMEOUT_MS,
      socketTimeout: TIMEOUT_MS,
    } as never);
  }

  /** Never throws. The reason holds the SMTP code only: servers repeat addresses in their refusals. */
  async send({ from, to, subject, text, calendar, messageId, leave }: Mail): Promise<SendResult> {
    try {
      await this.transporter.sendMail({
        ...{ from, to, subject, text, messageId },
        headers: {
          'List-Unsubscribe': `<${leave}>`,
          'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
          'Auto-Submitted': 'auto-generated',
        },
        ...(calendar === undefined
          ? {}
          : { icalEvent: { method: calendar.method, filename: 'rendez-vous.ics', content: calendar.text } }),
        disableFileAccess: true,
        disableUrlAccess: true,
      });
      return { sent: true };
    } catch (error) {
      const { code = 'error', responseCode } = error as { code?: string; responseCode?: number };
      return {
        sent: false,
        isFinal: responseCode !== undefined && responseCode >= 500,
        reason: `SMTP ${responseCode ?? code}`,
      };
    }
  }

  close(): void {
    this.transporter.close();
  }
}
