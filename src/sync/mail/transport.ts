/** Mail out, by nodemailer: this is its only door. */
import { createTransport, type Transporter } from 'nodemailer';

export interface Mail {
  from: string;
  to: string;
  subject: string;
  text: string;
  /** The iCalendar object and its method; none for a mere reminder. */
  calendar?: { method: 'REQUEST' | 'CANCEL'; text: string };
  /** Stable: a mail that is sent again replaces itself. */
  messageId: string;
  /** Where one click ends the agreement. */
  leave: string;
}

export type Sent = { sent: true } | { sent: false; isFinal: boolean; reason: string };

const DEADLINE = 20_000;

export class MailTransport {
  private readonly transporter: Transporter;

  /** `smtp://user:password@host:587`, `smtps://host`. */
  constructor(url: string) {
    this.transporter = createTransport(url, {
      connectionTimeout: DEADLINE,
      greetingTimeout: DEADLINE,
      socketTimeout: DEADLINE,
    } as never);
  }

  /** Never throws. The reason names no address: servers repeat them in their refusals. */
  async send({ from, to, subject, text, calendar, messageId, leave }: Mail): Promise<Sent> {
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
