/**
 * Marks of patients on an appointment, as extensions of it: until when a request is answered, a cancellation that came
 * too late, and that somebody said to come. ADR 0037
 */
import { extensionsOf, extensionUrl, extensionValue, isExtension } from '../extension.ts';
import type { Extension, Resource, Value } from '../resource.ts';

/** Epoch ms: when a request of a patient ends if nobody has answered it. */
export function readAnswerBy(appointment: Resource): number | undefined {
  return instantOf(appointment, 'answerBy');
}

export function withAnswerBy<T extends Resource>(appointment: T, until: number): T {
  return marked(appointment, 'answerBy', { valueInstant: new Date(until).toISOString() });
}

/** The patient cancelled after the limit of the kind. */
export function isLate(appointment: Resource): boolean {
  return extensionValue(extensionsOf(appointment, 'late')[0]?.extension) === true;
}

export function withLate<T extends Resource>(appointment: T): T {
  return marked(appointment, 'late', { valueBoolean: true });
}

/** Epoch ms: when the patient said to come. */
export function readComing(appointment: Resource): number | undefined {
  return instantOf(appointment, 'coming');
}

export function withComing<T extends Resource>(appointment: T, at: number): T {
  return marked(appointment, 'coming', { valueInstant: new Date(at).toISOString() });
}

/** The appointment at another time: what was said of the time before does not hold. */
export function withoutMarks<T extends Resource>(appointment: T): T {
  const names = ['late', 'coming', 'overbooking'];
  return withExtensions(
    appointment,
    (appointment.extension ?? []).filter((extension) => !names.some((name) => isExtension(extension, name))),
  );
}

type Mark = 'answerBy' | 'late' | 'coming';

function instantOf(appointment: Resource, name: Mark): number | undefined {
  const value = extensionValue(extensionsOf(appointment, name)[0]?.extension);
  const instant = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(instant) ? undefined : instant;
}

function marked<T extends Resource>(appointment: T, name: Mark, value: Value): T {
  const others = (appointment.extension ?? []).filter((extension) => !isExtension(extension, name));
  return withExtensions(appointment, [...others, { url: extensionUrl(name), ...value }]);
}

function withExtensions<T extends Resource>(appointment: T, extension: Extension[]): T {
  const { extension: _, ...rest } = appointment;
  return { ...rest, ...(extension.length > 0 ? { extension } : {}) } as T;
}
