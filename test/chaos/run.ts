/** A run: clients at work, faults one after the other, and the proof after each of them. */
import { checkDatabase } from '../../src/store/check/check-database.ts';
import { openServer } from '../../src/store/engine/server.ts';
import { call } from '../harness.ts';
import { type Listener, listener, subscription } from '../listener.ts';
import { as } from './agendas.ts';
import { Client, type FoundSlot } from './clients.ts';
import type { Fault } from './faults.ts';
import { eventNumbers, FeedFollower, positionOf } from './follower.ts';
import { CallHistory, longestGapMs, tallyOf } from './history.ts';
import { faultsOf, nameOf, type WrittenVersion } from './verify.ts';
import { findSlots, type World } from './world.ts';

const CLIENTS = 6;
/** Everything is delivered and numbered within this time after the last fault. */
const RECOVERY_MS = 60_000;

/** One fault and its result, a row of the table. */
export interface Finding {
  name: string;
  french: string;
  times: number;
  acknowledged: number;
  refused: number;
  unknown: number;
  versions: number;
  events: number;
  /** The longest time without an acknowledged write, in ms: the fault and the recovery. */
  longestGapMs: number;
  /** From the end of the load until everything was numbered and delivered, in ms. */
  settledMs: number;
  faults: string[];
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Numbers that repeat with their seed. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

export class ChaosRun<Victims extends World> {
  private readonly random: () => number;
  private readonly openWorld: () => Promise<Victims>;
  private world!: Victims;
  private hook!: Listener;
  private follower!: FeedFollower;
  private slots: FoundSlot[] = [];
  private before: ReadonlySet<string> = new Set();
  private subscriptionId = '';
  private isOver = true;
  private client = 0;
  /** Of the whole run: what was sent during one fault may be done during the next. */
  private readonly history = new CallHistory();

  constructor(seed: number, openWorld: () => Promise<Victims>) {
    this.random = randomFrom(seed);
    this.openWorld = openWorld;
  }

  async open(days: number): Promise<void> {
    this.world = await this.openWorld();
    this.hook = await listener();
    const [base] = this.world.bases();
    this.slots = await findSlots(base!, days);
    const created = await call(
      ...([`${base}/Subscription`, 'POST', subscription(this.hook.url, 'appointment'), as('preuve')] as const),
    );
    this.subscriptionId = created.json.id;
    for (let status = ''; status !== 'active'; await pause(100))
      status = (await call(`${base}/Subscription/${this.subscriptionId}`, 'GET', undefined, as('preuve'))).json.status;
    const latest = await call(`${base}/_history?_after=latest`, 'GET', undefined, as('preuve'));
    const monitor = latest.json.link.find(({ relation }: { relation: string }) => relation === 'monitor').url;
    this.follower = new FeedFollower(positionOf(monitor));
    this.before = new Set((await this.versions()).map(nameOf));
  }

  async close(): Promise<void> {
    await this.world?.close();
    this.hook?.close();
  }

  /** Inflicts the fault so many times under load; then proves that nothing is wrong. */
  async inflict(fault: Fault<Victims>, times: number, betweenMs: number): Promise<Finding> {
    const first = this.history.calls.length;
    const known = (await this.versions()).length;
    this.isOver = false;
    const work = [...Array.from({ length: CLIENTS }, () => this.load()), this.follow()];
    await pause(betweenMs);
    for (let round = 0; round < times; round++) {
      await fault.run(this.world, this.random);
      await pause(betweenMs);
    }
    this.isOver = true;
    await Promise.all(work);
    const calls = this.history.calls.slice(first);
    const { ok, refused, unknown } = tallyOf(calls);
    const begun = performance.now();
    const faults = await this.settle();
    const settledMs = performance.now() - begun;
    const versions = await this.versions();
    const incarnations = await this.world.sql('SELECT floor FROM incarnation');
    const floors = new Set(incarnations.map(({ floor }) => floor as number));
    faults.push(
      ...faultsOf({
        ...{ versions, history: this.history, slots: this.slots, before: this.before, floors },
        followed: this.follower.names,
      }),
      ...this.follower.faults,
      ...(await this.consistency()),
    );
    const { name, french } = fault;
    return {
      ...{ name, french, times, acknowledged: ok, refused, unknown, versions: versions.length - known },
      ...{ events: eventNumbers(this.hook).length, longestGapMs: longestGapMs(calls), settledMs, faults },
    };
  }

  /** The kinds of calls that were acknowledged. */
  acknowledgedKinds(): string[] {
    return [...new Set(this.history.calls.filter(({ outcome }) => outcome === 'ok').map(({ kind }) => kind))].sort();
  }

  private load(): Promise<void> {
    return new Client(this.client++, {
      ...{ history: this.history, slots: this.slots, random: this.random },
      bases: () => this.world.bases(),
      isOver: () => this.isOver,
    }).run();
  }

  private async follow(): Promise<void> {
    while (!this.isOver) {
      const bases = this.world.bases();
      if (!(await this.follower.read(bases[Math.floor(this.random() * bases.length)]!))) await pause(100);
    }
  }

  /** Waits until everything is numbered, read and delivered; says what is not. */
  private async settle(): Promise<string[]> {
    const until = performance.now() + RECOVERY_MS;
    for (;;) {
      const open = await this.unsettled();
      if (open.length === 0 || performance.now() > until) return open;
      await pause(200);
    }
  }

  private async unsettled(): Promise<string[]> {
    for (const base of this.world.bases()) while (await this.follower.read(base));
    const read = new Set(this.follower.names);
    const unread = (await this.versions()).filter((row) => !this.before.has(nameOf(row)) && !read.has(nameOf(row)));
    const [{ waiting, failed }] = await this.world.sql(
      `SELECT count(*) FILTER (WHERE failed_at IS NULL)::int AS waiting,
         count(*) FILTER (WHERE failed_at IS NOT NULL)::int AS failed FROM outbox WHERE delivered_at IS NULL`,
    );
    const [{ events }] = await this.world.sql(
      `SELECT events::int FROM subscription_state WHERE id = '${this.subscriptionId}'`,
    );
    const numbers = eventNumbers(this.hook);
    const isInOrder = numbers.every((number, i) => number === i + 1);
    return [
      ...(unread.length === 0 ? [] : [`feed: ${unread.length} versions are not numbered`]),
      ...(waiting === 0 ? [] : [`outbox: ${waiting} messages are not delivered`]),
      ...(failed === 0 ? [] : [`outbox: ${failed} messages failed`]),
      ...(events === numbers.length ? [] : [`subscription: ${numbers.length} of ${events} events arrived`]),
      ...(isInOrder ? [] : ['subscription: the events arrived out of order']),
    ];
  }

  /** Every version of the types that clients write, by resource and number. */
  private async versions(): Promise<WrittenVersion[]> {
    const rows = await this.world.sql(
      `SELECT type, id, version, body FROM history WHERE type IN ('Appointment', 'Patient', 'Schedule')
       ORDER BY type, id, version`,
    );
    return rows.map(({ type, id, version, body }) => {
      const resource = body === null ? undefined : JSON.parse(body);
      const marker = resource?.comment ?? resource?.name?.[0]?.family;
      return { type, id, version, body: resource, marker: /^m\d+x\d+$/.test(marker ?? '') ? marker : undefined };
    });
  }

  /** The findings of `creneau check`. */
  private async consistency(): Promise<string[]> {
    const database = openServer(this.world.url, { connections: 2 });
    try {
      const findings = await checkDatabase(database);
      return findings.map(({ check, found }) => `check: ${check.name}: ${JSON.stringify(found).slice(0, 300)}`);
    } finally {
      await database.close();
    }
  }
}
