/**
 * The proof after a run, from the database and over HTTP, by rules of its own: it knows what each call was told, who
 * works where, and nothing of how the servers decide.
 */
import type { Json } from '../../src/fhir/resource.ts';
import { AGENDAS, type ChaosAgenda, DECLARED, mayDeclare, MEMBERS } from './agendas.ts';
import type { FoundSlot } from './clients.ts';
import type { Call, CallHistory } from './history.ts';

/** A version in the database. */
export interface WrittenVersion {
  type: string;
  id: string;
  version: number;
  /** Absent: written before the run, or by the server itself. */
  marker: string | undefined;
  body: Json;
}

export interface Evidence {
  history: CallHistory;
  /** Every version, by resource and number. */
  versions: readonly WrittenVersion[];
  /** `Type/id/version` read by the follower of the feed from the beginning of the run. */
  followed: readonly string[];
  /** Versions that were there before the run. */
  before: ReadonlySet<string>;
  slots: readonly FoundSlot[];
  /** Floors of the database's incarnations: the first version of one comes after a gap. */
  floors?: ReadonlySet<number>;
}

const ACTIVE = new Set(['pending', 'booked', 'arrived', 'fulfilled', 'checked-in']);

export const nameOf = ({ type, id, version }: { type: string; id: string; version: number }): string =>
  `${type}/${id}/${version}`;

/** Everything that is wrong, as sentences; empty: nothing is. */
export function faultsOf(evidence: Evidence): string[] {
  return [
    ...lostWrites(evidence),
    ...liesAndPhantoms(evidence),
    ...doubleWrites(evidence),
    ...sharedVersions(evidence.history),
    ...gaps(evidence),
    ...overlaps(evidence),
    ...forbiddenTimes(evidence),
    ...repeatedKeys(evidence.versions),
    ...feedFaults(evidence),
  ];
}

/** An acknowledged version is in the history, with what the caller wrote. */
function lostWrites({ history, versions }: Evidence): string[] {
  const markers = new Map(versions.map((version) => [nameOf(version), version.marker]));
  return history.calls.flatMap(({ outcome, written, marker, kind }) =>
    outcome !== 'ok'
      ? []
      : written
          .map(({ reference, version }) => `${reference}/${version}`)
          .filter((name) => markers.get(name) !== marker)
          .map((name) => `lost: ${kind} ${marker} was acknowledged as ${name}, which holds ${markers.get(name)}`),
  );
}

/** Each version was asked for, and by a call that was not told that nothing was written. */
function liesAndPhantoms({ history, versions, before }: Evidence): string[] {
  const calls = new Map<string, Call[]>();
  for (const call of history.calls) calls.set(call.marker, [...(calls.get(call.marker) ?? []), call]);
  return versions.flatMap((version) => {
    if (before.has(nameOf(version)) || version.marker === undefined) return [];
    const own = calls.get(version.marker);
    if (own === undefined) return [`phantom: ${nameOf(version)} holds ${version.marker}, which nobody sent`];
    // A call that is sent again has several outcomes, of which one is enough.
    if (own.some(({ outcome }) => outcome !== 'refused')) return [];
    return [`lie: ${own[0]!.kind} ${version.marker} was refused (${own[0]!.status}) and wrote ${nameOf(version)}`];
  });
}

/** A request that was sent once, or with a key or a condition, was done once. */
function doubleWrites({ versions, before }: Evidence): string[] {
  const seen = new Map<string, string>();
  return versions.flatMap((version) => {
    if (version.marker === undefined || before.has(nameOf(version))) return [];
    const key = `${version.type} ${version.marker}`;
    const first = seen.get(key);
    seen.set(key, nameOf(version));
    return first === undefined ? [] : [`twice: ${version.marker} is in ${first} and in ${nameOf(version)}`];
  });
}

/** No version was acknowledged to two callers for two writes. */
function sharedVersions({ calls }: CallHistory): string[] {
  const owners = new Map<string, string>();
  return calls.flatMap(({ outcome, written, marker }) =>
    (outcome === 'ok' ? written : []).flatMap(({ reference, version }) => {
      const name = `${reference}/${version}`;
      const owner = owners.get(name);
      owners.set(name, marker);
      return owner === undefined || owner === marker ? [] : [`${name} was acknowledged for ${owner} and for ${marker}`];
    }),
  );
}

function gaps({ versions, floors }: Evidence): string[] {
  const next = new Map<string, number>();
  return versions.flatMap(({ type, id, version }) => {
    const expected = next.get(`${type}/${id}`) ?? 1;
    next.set(`${type}/${id}`, version + 1);
    const isFirst = version > expected && floors?.has(version - 1);
    return version === expected || isFirst
      ? []
      : [`gap: ${type}/${id} has version ${version} in the place of ${expected}`];
  });
}

/** An appointment that takes time at the end of the run. */
interface Taken {
  version: WrittenVersion;
  agenda: ChaosAgenda;
  /** The people of the agenda, and the members of the team whom it names. */
  people: readonly string[];
  start: number;
  end: number;
  isOverbooked: boolean;
}

const meet = (a: { start: number; end: number }, b: { start: number; end: number }): boolean =>
  a.start < b.end && b.start < a.end;

function takenTimes({ versions, slots }: Evidence): Taken[] {
  const scheduleOf = new Map(slots.map(({ id, schedule }) => [id, schedule]));
  const current = new Map(versions.map((version) => [`${version.type}/${version.id}`, version]));
  return [...current.values()].flatMap((version) => {
    const { body } = version;
    if (body?.resourceType !== 'Appointment' || !ACTIVE.has(body.status)) return [];
    const isDeclared = body.slot === undefined && body.participant[0].actor.reference === DECLARED.role;
    const schedule = isDeclared ? DECLARED.agenda : scheduleOf.get(body.slot?.[0]?.reference?.slice('Slot/'.length));
    const agenda = AGENDAS.find(({ id }) => id === schedule);
    if (agenda === undefined) throw new Error(`Appointment/${version.id} is on no agenda of the run`);
    const isOverbooked = body.extension?.some(({ url }: Json) => url === 'urn:creneau:fhir:overbooking') === true;
    const people = [...agenda.people, ...namedIn(body)];
    return [{ version, agenda, people, isOverbooked, start: Date.parse(body.start), end: Date.parse(body.end) }];
  });
}

function namedIn({ participant }: Json): string[] {
  const references: string[] = (participant ?? []).map(({ actor }: Json) => actor?.reference ?? '');
  return references.filter((name) => MEMBERS.includes(name)).map((name) => name.slice('Practitioner/'.length));
}

/** Nobody is in two places, and no group is larger than its capacity, but for overbookings. */
function overlaps(evidence: Evidence): string[] {
  const ordinary = takenTimes(evidence).filter(({ isOverbooked }) => !isOverbooked);
  return ordinary.flatMap((taken) =>
    taken.people.flatMap((person) => {
      const together = ordinary.filter(
        ({ people, start, end }) => people.includes(person) && start <= taken.start && taken.start < end,
      );
      if (together.length <= (taken.agenda.people.includes(person) ? taken.agenda.capacity : 1)) return [];
      const names = together.map(({ version }) => version.id).join(' and ');
      return [`overlap: ${person} has ${names} at ${new Date(taken.start).toJSON()}`];
    }),
  );
}

/**
 * No time was taken after it was certainly gone: an ordinary appointment over an overbooking or on an agenda that was
 * closed then (an overbooking may lie outside of the hours), any by a program to which the agenda is not open.
 */
function forbiddenTimes(evidence: Evidence): string[] {
  const { calls } = evidence.history;
  const callsOf = new Map<string, Call[]>();
  for (const call of calls) callsOf.set(call.marker, [...(callsOf.get(call.marker) ?? []), call]);
  const closures = calls.flatMap(({ closes, outcome, to }) => (closes && outcome === 'ok' ? [{ ...closes, to }] : []));
  const before = new Map(evidence.versions.map((version) => [nameOf(version), version.body]));
  const all = takenTimes(evidence);
  const overbooked = all.flatMap((taken) => {
    const told = callsOf.get(taken.version.marker ?? '')?.find(({ outcome }) => outcome === 'ok');
    return taken.isOverbooked && told !== undefined ? [{ ...taken, to: told.to }] : [];
  });
  return all.flatMap(({ version, agenda, people, start, end, isOverbooked }) => {
    const own = callsOf.get(version.marker ?? '') ?? [];
    const [first] = own;
    if (first === undefined) return [];
    const name = `${first.kind} ${version.marker} (${nameOf(version)})`;
    const intruder = own.find(
      ({ program, kind }) =>
        (agenda.only !== undefined && program !== agenda.only) ||
        (kind === 'declare' && !mayDeclare(program, agenda.id)),
    );
    const found = intruder === undefined ? [] : [`intruder: ${name} of ${intruder.program} is on ${agenda.id}`];
    // A change that leaves the time as it is takes none.
    if (before.get(nameOf({ ...version, version: version.version - 1 }))?.start === version.body.start) return found;
    const closed = closures.find(
      (closure) => closure.schedule === agenda.id && closure.to < first.from && meet(closure, { start, end }),
    );
    if (!isOverbooked && closed !== undefined && !mayDeclare(first.program, agenda.id))
      found.push(`closed: ${name} is on ${agenda.id}, which was closed before it was sent`);
    const below = overbooked.find(
      (other) =>
        other.to < first.from &&
        meet(other, { start, end }) &&
        other.people.some(
          (person) => people.includes(person) && !(agenda.capacity > 1 && agenda.people.includes(person)),
        ),
    );
    if (!isOverbooked && below !== undefined)
      found.push(`over an overbooking: ${name} was taken over ${nameOf(below.version)}`);
    return found;
  });
}

/** One `If-None-Exist` or conditional PUT, one resource. */
function repeatedKeys(versions: readonly WrittenVersion[]): string[] {
  const owners = new Map<string, Set<string>>();
  for (const { type, id, body } of versions)
    for (const { system, value } of body?.identifier ?? [])
      if (system === 'urn:x-chaos') {
        const key = `${type} ${value}`;
        owners.set(key, (owners.get(key) ?? new Set()).add(id));
      }
  return [...owners]
    .filter(([, ids]) => ids.size > 1)
    .map(([key, ids]) => `one condition, several resources: ${key} is ${[...ids].join(', ')}`);
}

/** The follower has read every version of the run, each once. */
function feedFaults({ versions, followed, before }: Evidence): string[] {
  const seen = new Set(followed);
  const missed = versions.map(nameOf).filter((name) => !before.has(name) && !seen.has(name));
  return [
    ...missed.map((name) => `feed: ${name} was missed`),
    ...(seen.size === followed.length ? [] : [`feed: ${followed.length - seen.size} versions were read twice`]),
  ];
}
