/**
 * The clients of a run: they book, overbook, move, cancel, write under conditions, edit and close agendas and send
 * transactions, each through a server of its choice and as one of two programs, and want the same slots and the same
 * people.
 */
import type { Json } from '../../src/fhir/resource.ts';
import { OVERBOOKING } from '../shared-agendas.ts';
import { AGENDAS, DECLARED, MEMBERS, type Program, PROGRAMS } from './agendas.ts';
import type { Call, CallHistory, Request } from './history.ts';

/** A free slot as it was found before the run. */
export interface FoundSlot {
  id: string;
  schedule: string;
  start: string;
  end: string;
}

export interface ClientWorld {
  history: CallHistory;
  slots: readonly FoundSlot[];
  /** FHIR bases of the servers. */
  bases: () => readonly string[];
  isOver: () => boolean;
  random: () => number;
}

const AVAILABILITY = 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-schedule-availability-time';
const PATIENTS = ['alice', 'bruno'];
/** How often a caller sends a request again whose outcome is unknown, when it has a way to do so safely. */
const MAX_TRIES = 6;
const PAUSE_MS = 200;
const MINUTE = 60_000;
/** Declarations go back as far: two weeks, so that they meet each other. */
const MAX_PAST_MINUTES = 14 * 24 * 60;

export class Client {
  private readonly number: number;
  private readonly world: ClientWorld;
  private readonly program: Program;
  private sent = 0;
  /** Appointments that this client has, as it was told last. */
  private readonly own: Json[] = [];

  constructor(number: number, world: ClientWorld) {
    this.number = number;
    this.world = world;
    this.program = PROGRAMS[number % PROGRAMS.length]!;
  }

  async run(): Promise<void> {
    while (!this.world.isOver()) {
      const { outcome } = await this.step();
      // A client without an answer waits a moment.
      if (outcome === 'unknown') await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  private step(): Promise<Call> {
    const dice = this.world.random();
    const last = this.own.at(-1);
    if (dice < 0.05) return this.declare();
    if (dice < 0.35 || last === undefined) return this.book();
    if (dice < 0.5) return this.move(last);
    if (dice < 0.6) return this.cancel();
    if (dice < 0.7) return this.conditionalPut();
    if (dice < 0.8) return this.createOnce();
    if (dice < 0.86) return this.editAgenda();
    if (dice < 0.9) return this.closeTime();
    return this.transaction();
  }

  private async send(request: Omit<Request, 'marker'>, marker: string): Promise<Call> {
    const bases = this.world.bases();
    const base = bases[Math.floor(this.world.random() * bases.length)]!;
    return this.world.history.send(this.number, this.program, base, { ...request, marker });
  }

  private marker(): string {
    return `m${this.number}x${this.sent++}`;
  }

  private slot(): FoundSlot {
    const { slots, random } = this.world;
    return slots[Math.floor(random() * slots.length)]!;
  }

  private booking(marker: string): Json {
    const patient = PATIENTS[Math.floor(this.world.random() * PATIENTS.length)]!;
    const slot = this.slot();
    // Half of the appointments of the team name a member of it.
    const member = MEMBERS[Math.floor(this.world.random() * 2 * MEMBERS.length)];
    const named = slot.schedule === 'equipe' && member !== undefined ? [member] : [];
    return {
      ...{ resourceType: 'Appointment', status: 'booked', comment: marker },
      identifier: [{ system: 'urn:x-chaos', value: marker }],
      slot: [{ reference: `Slot/${slot.id}` }],
      participant: [`Patient/${patient}`, ...named].map((reference) => ({ actor: { reference }, status: 'accepted' })),
      ...(this.world.random() < 0.15 ? OVERBOOKING : {}),
    };
  }

  /** Half with a key, and then again until the outcome is known. */
  private async book(): Promise<Call> {
    const marker = this.marker();
    const body = this.booking(marker);
    const kind = body['extension'] === undefined ? 'book' : 'overbook';
    const request = { kind, method: 'POST' as const, path: 'Appointment', body };
    const isKeyed = this.world.random() < 0.5;
    const headers: Record<string, string> = isKeyed ? { 'Idempotency-Key': `"${marker}"` } : {};
    let call = await this.send({ ...request, headers }, marker);
    for (let tries = 1; isKeyed && call.outcome === 'unknown' && tries < MAX_TRIES; tries++) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      call = await this.send({ ...request, headers }, marker);
    }
    if (call.status === 201) this.own.push(call.json);
    return call;
  }

  /** Declares an appointment of the past, at any minute and of any length; only the delegate may. */
  private declare(): Promise<Call> {
    const marker = this.marker();
    const { random } = this.world;
    const start = Date.now() - Math.ceil(random() * MAX_PAST_MINUTES) * MINUTE;
    const body = {
      ...{ resourceType: 'Appointment', status: 'fulfilled', comment: marker },
      start: new Date(start).toISOString(),
      end: new Date(start + Math.ceil(random() * 60) * MINUTE).toISOString(),
      participant: [{ actor: { reference: DECLARED.role }, status: 'accepted' }],
    };
    return this.send({ kind: 'declare', method: 'POST', path: 'Appointment', body }, marker);
  }

  private async move(appointment: Json): Promise<Call> {
    const marker = this.marker();
    const { start: _s, end: _e, slot: _slot, participant, ...kept } = appointment;
    const patient = participant.filter(({ actor }: Json) => actor?.reference?.startsWith('Patient/'));
    const body = {
      ...{ ...kept, status: 'booked', comment: marker, participant: patient },
      slot: [{ reference: `Slot/${this.slot().id}` }],
    };
    return this.change('move', appointment, body, marker);
  }

  private async cancel(): Promise<Call> {
    const appointment = this.own.splice(Math.floor(this.world.random() * this.own.length), 1)[0];
    const marker = this.marker();
    return this.change('cancel', appointment, { ...appointment, status: 'cancelled', comment: marker }, marker);
  }

  /** With the version that the client knows: nobody's change is overwritten unseen. */
  private async change(kind: string, appointment: Json, body: Json, marker: string): Promise<Call> {
    const headers = { 'If-Match': `W/"${appointment.meta.versionId}"` };
    const path = `Appointment/${appointment.id}`;
    const call = await this.send({ kind, method: 'PUT', path, body, headers }, marker);
    const at = this.own.findIndex(({ id }) => id === appointment.id);
    if (at >= 0 && call.status === 200) this.own[at] = call.json;
    else if (at >= 0 && (call.outcome === 'unknown' || call.status === 412)) this.own.splice(at, 1);
    return call;
  }

  /** One of five patients, who are everybody's. */
  private conditionalPut(): Promise<Call> {
    const marker = this.marker();
    const value = `shared-${Math.floor(this.world.random() * 5)}`;
    const body = {
      ...{ resourceType: 'Patient', name: [{ family: marker }] },
      identifier: [{ system: 'urn:x-chaos', value }],
    };
    const path = `Patient?identifier=urn:x-chaos|${value}`;
    return this.send({ kind: 'conditional PUT', method: 'PUT', path, body }, marker);
  }

  /** A create that several clients send, and send again: one of them makes the resource. */
  private async createOnce(): Promise<Call> {
    const marker = this.marker();
    const value = `once-${Math.floor(this.world.random() * 40)}`;
    const request = {
      ...{ kind: 'If-None-Exist', method: 'POST' as const, path: 'Patient' },
      body: { resourceType: 'Patient', name: [{ family: marker }], identifier: [{ system: 'urn:x-chaos', value }] },
      headers: { 'If-None-Exist': `identifier=urn:x-chaos|${value}` },
    };
    let call = await this.send(request, marker);
    for (let tries = 1; call.outcome === 'unknown' && tries < MAX_TRIES; tries++)
      call = await this.send(request, marker);
    // Another one's patient was found: nothing of this call was written.
    if (call.status === 200) call.written = [];
    return call;
  }

  private editAgenda(): Promise<Call> {
    const marker = this.marker();
    const agenda = AGENDAS[Math.floor(this.world.random() * AGENDAS.length)]!.id;
    const part = [
      { name: 'type', valueCode: 'add' },
      { name: 'path', valueString: 'Schedule' },
      { name: 'name', valueString: 'comment' },
      { name: 'value', valueString: marker },
    ];
    const body = { resourceType: 'Parameters', parameter: [{ name: 'operation', part }] };
    return this.send({ kind: 'edit agenda', method: 'PATCH', path: `Schedule/${agenda}`, body }, marker);
  }

  /** Closes an agenda at the time of a slot, for good; appointments that are there stay. */
  private closeTime(): Promise<Call> {
    const marker = this.marker();
    const { schedule, start, end } = this.slot();
    const closure = {
      url: AVAILABILITY,
      extension: [
        { url: 'identifier', valueIdentifier: { value: marker } },
        { url: 'type', valueCode: 'busy-unavailable' },
        { url: 'start', valueDateTime: start },
        { url: 'end', valueDateTime: end },
      ],
    };
    const body = [
      { op: 'add', path: '/comment', value: marker },
      { op: 'add', path: '/extension/-', value: closure },
    ];
    const headers = { 'content-type': 'application/json-patch+json' };
    const closes = { schedule, start: Date.parse(start), end: Date.parse(end) };
    return this.send({ kind: 'close', method: 'PATCH', path: `Schedule/${schedule}`, body, headers, closes }, marker);
  }

  private transaction(): Promise<Call> {
    const marker = this.marker();
    const body = {
      ...{ resourceType: 'Bundle', type: 'transaction' },
      entry: [
        {
          resource: { resourceType: 'Patient', name: [{ family: marker }] },
          request: { method: 'POST', url: 'Patient' },
        },
        { resource: this.booking(marker), request: { method: 'POST', url: 'Appointment' } },
      ],
    };
    return this.send(
      { kind: 'transaction', method: 'POST', path: '', body, headers: { Prefer: 'return=representation' } },
      marker,
    );
  }
}
