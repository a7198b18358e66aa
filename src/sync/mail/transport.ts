/** Sends mail with nodemailer: the only file that imports it. */
import { connect, type Socket } from 'node:net';
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
  /** Address where one click ends the agreement; absent: the person has asked for this mail alone. */
  leave?: string;
}

/** Silence of the server after which a mail is given up, and how long sending one may take in all, in ms. */
const SILENCE_MS = 20_000;
const SEND_MS = 40_000;

/** The parts of the URL, as nodemailer reads them. */
interface Server {
  host: string;
  port?: number;
  secure?: boolean;
}

export class MailTransport {
  private readonly url: string;
  private readonly sendMs: number;

  /** `smtp://user:password@host:587`, `smtps://host`. */
  constructor(url: string, sendMs: number = SEND_MS) {
    this.url = url;
    this.sendMs = sendMs;
  }

  /** Never throws. The reason holds the SMTP code only: servers repeat addresses in their refusals. */
  async send({ from, to, subject, text, calendar, messageId, leave }: Mail): Promise<SendResult> {
    const { transporter, cut } = this.open();
    const limit = setTimeout(cut, this.sendMs);
    try {
      await transporter.sendMail({
        ...{ from, to, subject, text, messageId },
        headers: {
          ...(leave === undefined
            ? {}
            : { 'List-Unsubscribe': `<${leave}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' }),
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
    } finally {
      clearTimeout(limit);
      transporter.close();
    }
  }

  /** Connects and logs in, and sends nothing. Throws the error of the mail server. */
  async verify(): Promise<void> {
    const { transporter, cut } = this.open();
    const limit = setTimeout(cut, this.sendMs);
    try {
      await transporter.verify();
    } finally {
      clearTimeout(limit);
      transporter.close();
    }
  }

  /** A connection of its own for each mail: a server that answers a letter at a time never falls silent, and is cut. */
  private open(): { transporter: Transporter; cut(): void } {
    let socket: Socket | undefined;
    const timeouts = { connectionTimeout: SILENCE_MS, greetingTimeout: SILENCE_MS, socketTimeout: SILENCE_MS };
    const transporter = createTransport({
      ...{ url: this.url, ...timeouts },
      getSocket({ host, port, secure }: Server, done: (error: Error | null, way?: { connection: Socket }) => void) {
        const opened = connect({ host, port: port ?? (secure ? 465 : 587) });
        socket = opened.once('error', done).once('connect', () => {
          opened.off('error', done);
          done(null, { connection: opened });
        });
      },
    } as never);
    return { transporter, cut: () => socket?.destroy(new Error('it took too long')) };
  }
}
