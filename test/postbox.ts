/** A mail server that keeps what it receives, decoded as far as tests read it. */
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

export interface Letter {
  to: string;
  subject: string;
  text: string;
  calendar: string;
  /** Every address in it, headers too. */
  links: string[];
}

export interface Postbox {
  url: string;
  letters: Letter[];
  /** Waits until a person has received so many. */
  until(count: number, to?: string): Promise<Letter[]>;
  close(): Promise<void>;
}

export async function openPostbox(): Promise<Postbox> {
  const letters: Letter[] = [];
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const [recipient] = session.envelope.rcptTo as { address: string }[];
        letters.push(read(Buffer.concat(chunks).toString(), recipient!.address));
        done();
      });
    },
  });
  await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve));
  return {
    url: `smtp://127.0.0.1:${(smtp.server.address() as AddressInfo).port}`,
    letters,
    async until(count, to) {
      const own = (): Letter[] => letters.filter((letter) => to === undefined || letter.to === to);
      for (let i = 0; i < 2000 && own().length < count; i++) await new Promise((resolve) => setTimeout(resolve, 25));
      return own();
    },
    close: () => new Promise<void>((resolve) => smtp.close(() => resolve())),
  };
}

function read(raw: string, to: string): Letter {
  const head = raw.slice(0, raw.indexOf('\r\n\r\n')).replace(/\r\n\s+/g, ' ');
  const subject = /^Subject: (.*)$/m
    .exec(head)![1]!
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?UTF-8\?Q\?(.*?)\?=/gi, (_all, text: string) => quoted(text.replaceAll('_', ' ')))
    .replace(/=\?UTF-8\?B\?(.*?)\?=/gi, (_all, text: string) => Buffer.from(text, 'base64').toString());
  const parts = raw.split(/\r\n--[^\r\n]+/).map((part) => part.split(/\r\n\r\n(.*)/s));
  const bodyOf = (kind: RegExp): string => {
    const [partHead = '', body = ''] = parts.find(([partHead = '']) => kind.test(partHead)) ?? [];
    if (/base64/i.test(partHead)) return Buffer.from(body, 'base64').toString();
    return /quoted-printable/i.test(partHead) ? quoted(body.replace(/=\r\n/g, '')) : body;
  };
  const text = bodyOf(/text\/plain/i);
  const links = `${head}\n${text}`.match(/https?:\/\/[^\s<>]+/g) ?? [];
  return { to, subject, text, calendar: bodyOf(/text\/calendar/i), links: [...new Set(links)] };
}

function quoted(text: string): string {
  const octets = text.replace(/=([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(octets, 'latin1').toString();
}
