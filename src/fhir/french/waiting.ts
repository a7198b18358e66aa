/**
 * The place of an appointment on the waiting list: the extension `urn:creneau:fhir:waiting` of an Appointment that
 * waits (`waitlist`), or that has an offer which is held for it (`pending`). ADR 0041
 */
import { extensionsOf, extensionUrl, isExtension, partValue, partValues } from '../extension.ts';
import { numberOf } from '../json.ts';
import { type Appointment, asType, isType } from '../resources.ts';
import type { Resource } from '../resource.ts';
import { withHold } from './fr-extensions.ts';

export interface Waiting {
  /** 0: Monday; none: any day. */
  days: number[];
  half: 'am' | 'pm' | undefined;
  /** Id of a later appointment that moves when an offer is accepted. */
  instead: string | undefined;
  /** Ids of slots that were offered and not taken: none is offered twice. */
  offered: string[];
  /** Ids of slots so near that nobody holds them: whoever of those told is first has them. */
  told: string[];
  /** Offers in a row that nobody answered. */
  silences: number;
  /** It gets no offers until its owner wakes it. */
  isAsleep: boolean;
}

/** So many offers without answer, and the entry sleeps. */
const MAX_SILENCES = 2;

export const NEW_WAITING: Waiting = {
  ...{ days: [], half: undefined, instead: undefined, offered: [], told: [], silences: 0, isAsleep: false },
};

export function readWaiting(appointment: Resource): Waiting | undefined {
  const [whole] = extensionsOf(appointment, 'waiting');
  if (whole === undefined || !isType(appointment, 'Appointment')) return undefined;
  const half = partValue(whole, 'half');
  const instead: unknown = partValue(whole, 'instead');
  return {
    days: partValues(whole, 'day').map(numberOf),
    half: half === 'am' || half === 'pm' ? half : undefined,
    instead: typeof instead === 'string' ? instead : undefined,
    offered: partValues(whole, 'offered').map(String),
    told: partValues(whole, 'told').map(String),
    silences: numberOf(partValue(whole, 'silences')) || 0,
    isAsleep: partValue(whole, 'asleep') === true,
  };
}

export function withWaiting(appointment: Appointment, waiting: Waiting): Appointment {
  const others = (appointment.extension ?? []).filter((extension) => !isExtension(extension, 'waiting'));
  const { days, half, instead, offered, told, silences, isAsleep } = waiting;
  const own = {
    url: extensionUrl('waiting'),
    extension: [
      ...days.map((day) => ({ url: 'day', valueUnsignedInt: day })),
      ...(half === undefined ? [] : [{ url: 'half', valueCode: half }]),
      ...(instead === undefined ? [] : [{ url: 'instead', valueString: instead }]),
      ...offered.map((slot) => ({ url: 'offered', valueString: slot })),
      ...told.map((slot) => ({ url: 'told', valueString: slot })),
      { url: 'silences', valueUnsignedInt: silences },
      { url: 'asleep', valueBoolean: isAsleep },
    ],
  };
  return { ...appointment, extension: [...others, own] };
}

/** The entry without the time that was offered to it. `isSilent`: its owner did not answer. */
export function backInLine(appointment: Appointment, isSilent: boolean): Appointment {
  const waiting = readWaiting(appointment) ?? NEW_WAITING;
  const silences = isSilent ? waiting.silences + 1 : 0;
  const {
    start: _,
    end: __,
    slot: ___,
    minutesDuration: ____,
    ...rest
  } = asType(
    withHold(withWaiting(appointment, { ...waiting, silences, isAsleep: silences >= MAX_SILENCES }), undefined),
    'Appointment',
  )!;
  return { ...rest, status: 'waitlist' };
}
