/** Followers of a run: one reads the feed through any server, one receives the events of a Subscription. */
import { request as http } from 'undici';
import type { Json } from '../../src/fhir/resource.ts';
import type { Listener } from '../listener.ts';
import { as } from './agendas.ts';

/** A correct reader of the feed: it stores the last number, and asks again from there, whoever answers. */
export class FeedFollower {
  /** `Type/id/version`, in the order of the numbers. */
  readonly names: string[] = [];
  readonly faults: string[] = [];
  /** As the server names it: the number, after the name of its incarnation. */
  after: string;
  private lastSeq: number;

  constructor(after: string) {
    this.after = after;
    this.lastSeq = numberOf(after);
  }

  /** Reads a page; false: there was nothing new, or no answer. */
  async read(base: string): Promise<boolean> {
    let json: Json;
    try {
      const reply = await http(`${base}/_history?_after=${this.after}&_count=500`, {
        ...{ signal: AbortSignal.timeout(10_000), headers: as('preuve') },
      });
      json = await reply.body.json();
      if (reply.statusCode === 410) this.faults.push(`410 after ${this.after}`);
      if (reply.statusCode !== 200) return false;
    } catch {
      return false;
    }
    const entries: Json[] = json.entry ?? [];
    for (const entry of entries) this.take(entry);
    const monitor = json.link.find(({ relation }: Json) => relation === 'monitor').url;
    this.after = positionOf(monitor);
    return entries.length > 0;
  }

  private take(entry: Json): void {
    const seq = numberOf(entry.extension.find(({ url }: Json) => url === 'urn:creneau:fhir:seq').valueString);
    if (seq <= this.lastSeq) this.faults.push(`number ${seq} after ${this.lastSeq}`);
    this.lastSeq = seq;
    const version = /\d+/.exec(entry.response.etag)![0];
    this.names.push(`${entry.fullUrl.split('/').slice(-2).join('/')}/${version}`);
  }
}

/** The position in the address of a page: `73`, `4f1c09ab.73`. */
export const positionOf = (url: string): string => /_after=([^&]+)/.exec(url)![1]!;

const numberOf = (position: string): number => Number(position.split('.').at(-1));

/** Numbers of the events of a Subscription in the order of their first arrival. */
export function eventNumbers(hook: Listener): number[] {
  const seen = new Set<number>();
  for (const { body } of hook.got)
    for (const { name, part } of body.entry[0].resource.parameter as Json[])
      if (name === 'notification-event') seen.add(Number(part[0].valueString));
  return [...seen];
}
