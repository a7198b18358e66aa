/** The events that devices wrote, as one calendar. The agenda shows that its owner is busy, and not with what. */
import { type Component, readCalendar } from '../text/read-calendar.ts';
import { component, property, writeCalendar } from '../text/write-calendar.ts';

const PRIVATE = /^(summary|class|x-creneau-.*)$/;

export function deviceCalendar(texts: readonly string[]): string {
  const calendars = texts.flatMap((text) => readCalendar(Buffer.from(text)).calendars.map(withoutWords));
  return (calendars.length === 0 ? [component('vcalendar', [property('version', '2.0')])] : calendars)
    .map(writeCalendar)
    .join('');
}

/** A calendar as people see it who did not write it. */
export function withoutWords(calendar: Component): Component {
  return {
    ...calendar,
    properties: calendar.properties.filter(({ name }) => !PRIVATE.test(name)),
    components: calendar.components.map(withoutWords),
  };
}
