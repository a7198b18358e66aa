/**
 * `$events`: the change feed as server-sent events, for pages and programs that keep a connection open. An event names
 * the changed resource and the agendas concerned, never the content. `Last-Event-ID` (or `_after`) resumes after a
 * change number, so that no change is missed.
 */
import { localId } from '../../fhir/local-reference.ts';
import { notAcceptable } from '../../fhir/refusals.ts';
import { parseQuery } from '../../fhir/search/parse.ts';
import type { Operation, OperationCall } from '../../rest/backend.ts';
import type { ServerEvent } from '../../rest/event-stream.ts';
import type { Feed, FeedItem } from '../../store/delivery/feed.ts';

const PAGE = 500;

/** Types whose changes may change the free time of their agendas. */
export const TAKES_TIME: ReadonlySet<string> = new Set(['Schedule', 'Slot', 'Appointment']);

export function eventsOperation(feed: Feed): Operation {
  return {
    name: 'events',
    on: 'system',
    level: 'system',
    safe: true,
    description: 'Les changements au fil de l’eau (text/event-stream) ; Last-Event-ID ou _after, schedule',
    async run() {
      throw notAcceptable(
        '$events needs Accept: text/event-stream; or read _history?_after=',
        'Demandez $events avec Accept: text/event-stream, ou lisez _history?_after=.',
      );
    },
    async events({ base }, call) {
      const { after, schedule } = await readCall(feed, call, base);
      return (signal) => follow(feed, after, schedule, signal);
    },
  };
}

async function readCall(
  feed: Feed,
  { query, lastEventId }: OperationCall,
  base: string,
): Promise<{ after: number; schedule: string | undefined }> {
  let from = lastEventId;
  let schedule: string | undefined;
  for (const { name, value } of parseQuery(query)) {
    if (name === '_after') from ??= value;
    else if (name === 'schedule') schedule = localId({ reference: value }, 'Schedule', base) ?? value;
  }
  if (from === undefined || from === 'latest') return { after: await feed.number(), schedule };
  return { after: await feed.resume(from, 'http.Last-Event-ID'), schedule };
}

async function* follow(
  feed: Feed,
  after: number,
  schedule: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent> {
  let wake = (): void => {};
  let head = Number.POSITIVE_INFINITY;
  const forget = feed.onChange((seq) => {
    head = seq;
    wake();
  });
  signal.addEventListener('abort', () => wake(), { once: true });
  try {
    while (!signal.aborted) {
      const seen = head;
      const items = await feed.read({ after, count: PAGE, ...(schedule === undefined ? {} : { schedule }) });
      const sharing = await sharingOf(feed, items);
      for (const item of items) yield toEvent(item, feed.positionOf(item.seq), sharing);
      after = items.at(-1)?.seq ?? after;
      if (items.length === PAGE || head !== seen) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (signal.aborted || head !== seen) resolve();
      });
    }
  } finally {
    forget();
  }
}

/** For each agenda of these changes, the agendas whose free time changes with it. */
async function sharingOf(feed: Feed, items: readonly FeedItem[]): Promise<ReadonlyMap<string, string[]>> {
  const schedules = new Set(items.filter((item) => TAKES_TIME.has(item.type)).flatMap((item) => item.schedules));
  return schedules.size === 0 ? new Map() : feed.sharing([...schedules]);
}

function toEvent(
  { seq, type, id, version, method, schedules }: FeedItem,
  position: string,
  sharing: ReadonlyMap<string, string[]>,
): ServerEvent {
  const freeTime = TAKES_TIME.has(type)
    ? [...new Set(schedules.flatMap((schedule) => sharing.get(schedule) ?? [schedule]))].sort()
    : [];
  const references = (list: readonly string[]): string[] => list.map((id) => `Schedule/${id}`);
  return {
    event: 'change',
    id: position,
    data: JSON.stringify({
      seq,
      type,
      id,
      version,
      method,
      schedule: references(schedules),
      availability: references(freeTime),
    }),
  };
}
