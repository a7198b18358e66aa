/**
 * Short messages to mobile telephones. The gateway of the operator is an address: one with `{to}` and `{text}` in it is
 * asked with them, any other gets them as JSON. `file:` writes them into a file, for trials.
 */
import { appendFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Config } from '../../runtime/config.ts';
import type { LimitCounters } from '../../store/records/limit-counters.ts';
import { OutboundHttp } from '../../sync/outbound-http.ts';
import type { SendResult } from '../../sync/notice/notice.ts';

export interface SmsGateway {
  /** `key`: the same for the same message, so that a gateway sends it once. Never throws. */
  send(to: string, text: string, key: string): Promise<SendResult>;
  close(): Promise<void>;
}

const SEND_MS = 10_000;
const DAY_MS = 86_400_000;

/** `undefined`: the settings name no gateway. */
export function openSmsGateway(
  { smsUrl, smsSecret, smsDaily, smsPrefixes }: Pick<Config, 'smsUrl' | 'smsSecret' | 'smsDaily' | 'smsPrefixes'>,
  counters: LimitCounters,
  now: () => number,
): SmsGateway | undefined {
  if (smsUrl === undefined) return undefined;
  const inner = smsUrl.startsWith('file:') ? fileGateway(smsUrl) : httpGateway(smsUrl, smsSecret);
  const daily = { name: 'sms', most: smsDaily, windowMs: DAY_MS };
  return {
    async send(to, text, key) {
      if (!smsPrefixes.some((prefix) => to.startsWith(prefix)))
        return { sent: false, isFinal: true, reason: 'no messages go to this country' };
      if ((await counters.spend(daily, 'all', now())) !== undefined)
        return { sent: false, isFinal: true, reason: 'the messages of the day are used up' };
      return inner.send(to, plainText(text), key);
    },
    close: () => inner.close(),
  };
}

function fileGateway(url: string): SmsGateway {
  return {
    async send(to, text, key) {
      try {
        await appendFile(fileURLToPath(url), `${JSON.stringify({ to, text, key })}\n`, { mode: 0o600 });
        return { sent: true };
      } catch {
        return { sent: false, isFinal: false, reason: 'the file cannot be written' };
      }
    },
    close: async () => {},
  };
}

function httpGateway(template: string, secret: string | undefined): SmsGateway {
  // The operator names this address, not a caller: it may be in the own network.
  const http = new OutboundHttp(true);
  return {
    async send(to, text, key) {
      const values: Record<string, string> = { to, text, key };
      const url = template.replace(/\{(to|text|key)\}/g, (_whole, name: string) => encodeURIComponent(values[name]!));
      const headers: [string, string][] = [
        ['accept', 'application/json'],
        ...(secret === undefined ? [] : [['authorization', `Bearer ${secret}`] as [string, string]]),
      ];
      const failure = await http.post(url, JSON.stringify(values), headers, SEND_MS, 'application/json');
      return failure === undefined ? { sent: true } : { sent: false, isFinal: false, reason: 'the gateway refused it' };
    },
    close: () => http.close(),
  };
}

/** Letters that every telephone network has, 160 at most: others cost twice as much. */
export function plainText(text: string): string {
  const plain = text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/œ/g, 'oe')
    .replace(/Œ/g, 'Oe')
    .replace(/[’‘]/g, "'")
    .replace(/[“”«»]/g, '"')
    .replace(/[^\x20-\x7e]/g, ' ');
  return plain.replace(/ +/g, ' ').trim().slice(0, 160);
}
