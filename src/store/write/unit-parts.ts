/** The parts of a unit of work, and the ends of its commit (sql/commit.sql). */
/** Time to occupy on an agenda, for every resource that the agenda occupies. */
export interface Take {
  appointment: string;
  schedule: string;
  /** Epoch milliseconds, half-open. */
  start: number;
  end: number;
  /** How many appointments the time holds at once (1 unless the offer says more). */
  capacity: number;
  /** Recorded beside the places where none is free: a deliberate overbooking, or the agenda of a patient. */
  overbook: boolean;
  tentative: boolean;
  /** A hold ends by itself, epoch milliseconds. */
  expires?: number;
  /** References of those it names in person; absent: those in its text. Members of a team among them are taken. */
  named?: readonly string[];
  /** Kept free after the end, seconds. */
  buffer?: number;
  /** Key of its kind of visit, which quotas count. */
  kind?: string;
  /** How many its kind lets come at one time. */
  places?: number;
  /** Where only kept-free time is in the way, it is given up. */
  squeeze?: boolean;
}

/** The octets of an attachment, and the id of its Appointment. */
export interface BinaryContent {
  appointment: string;
  /** Base64. */
  data: string;
}

/** The patients of an appointment on an agenda. */
export interface Present {
  appointment: string;
  schedule: string;
  /** Epoch milliseconds, half-open. */
  start: number;
  end: number;
  /** `Patient/x` */
  patients: readonly string[];
  /** Not refused for another appointment of a patient. */
  overbook: boolean;
}

/** The row of an agenda, as a write leaves it. */
export interface AgendaEntry {
  schedule: string;
  code: string;
  /** Of the Schedule. */
  version: number;
  /** The resources that its appointments occupy, and the number of the rule that they follow. */
  keys: readonly string[];
  keyRule: number;
  /** The settings that its actors add. */
  context: object;
  deleted: boolean;
}

/** Time that was recorded beside the places of an agenda, because none was free. */
export interface Beside {
  appointment: string;
  schedule: string;
}

export interface OutboxMessage {
  destination: string;
  /** Messages of one key are delivered in order. */
  orderingKey: string;
  payload: string;
  /** Not before this instant, epoch milliseconds. */
  notBefore?: number;
}

export type CommitResult =
  | { ok: true }
  | { ok: true; beside: Beside[] }
  | { stale: { type?: string; id?: string } }
  /** `members`: those of a team whom the appointment names and somebody else has. */
  | { taken: Take; members?: string[] }
  | { duplicate: { type: string; id: string; values: [string, string][] } }
  | { occupied: { schedule: string } | { patient: string } }
  | { twice: { appointment: string; schedule: string; first: string } }
  | { clash: { schedule: string; appointments: string[] } };
