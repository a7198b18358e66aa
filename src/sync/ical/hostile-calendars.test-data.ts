/** Calendars that are made to take all time or memory. */
export const NOW = Date.UTC(2026, 11, 1);
const utc = (instant: number): string => `${new Date(instant).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
const times = (count: number, lines: (index: number) => string[]): string[] =>
  Array.from({ length: count }, (_, index) => lines(index)).flat();
const event = (uid: number | string, ...more: string[]): string[] => [
  ...['BEGIN:VEVENT', `UID:${uid}`, ...more, 'DURATION:PT20M', 'END:VEVENT'],
];
const START = 'DTSTART;TZID=Europe/Paris:20261201T080000';

/** Each with the lines of its components. */
export const HOSTILE: [string, string[]][] = [
  [
    'counted rules that are expanded whole',
    times(40, (i) => event(i, START, 'RRULE:FREQ=HOURLY;INTERVAL=23;COUNT=9999;BYDAY=MO')),
  ],
  ['every second, for ever', times(500, (i) => event(i, START, 'RRULE:FREQ=SECONDLY'))],
  [
    'a date that never comes, looked for second by second',
    times(200, (i) => event(i, START, 'RRULE:FREQ=SECONDLY;INTERVAL=7;BYMONTH=2;BYMONTHDAY=30')),
  ],
  [
    'since the year 1601, week by week',
    times(500, (i) => event(i, 'DTSTART:16010101T080000Z', 'RRULE:FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO;COUNT=9999')),
  ],
  ['ten thousand versions of one event', times(10_000, (i) => event('same', `DTSTART:${utc(NOW + i * 1_800_000)}`))],
  [
    'ten thousand overrides of one series',
    times(10_000, (i) => {
      const at = utc(NOW + i * 1_800_000);
      return event('series', `RECURRENCE-ID:${at}`, `DTSTART:${at}`);
    }),
  ],
  [
    'zones that change every hour',
    times(1000, (i) => [
      ...['BEGIN:VTIMEZONE', `TZID:Z${i}`, 'BEGIN:STANDARD', 'DTSTART:19700101T000000', 'RRULE:FREQ=HOURLY'],
      ...['TZOFFSETFROM:+0100', 'TZOFFSETTO:+0200', 'END:STANDARD', 'END:VTIMEZONE'],
      ...event(`z${i}`, `DTSTART;TZID=Z${i}:20261201T080000`),
    ]),
  ],
  [
    'availabilities that overlap each other',
    times(300, (i) => [
      ...['BEGIN:VAVAILABILITY', `UID:v${i}`, 'BEGIN:AVAILABLE', `UID:a${i}`, START, 'DURATION:PT1H'],
      ...['RRULE:FREQ=DAILY', 'END:AVAILABLE', 'END:VAVAILABILITY'],
    ]),
  ],
  [
    'thousands of endless series that no rule of an agenda can say',
    times(5000, (i) =>
      event(i, `DTSTART:${utc(NOW + i * 60_000)}`, 'RRULE:FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1'),
    ),
  ],
  ['components within components', times(20_000, () => ['BEGIN:VEVENT', 'BEGIN:X'])],
  ['one line without end', [`ATTENDEE;${'CN=a;'.repeat(1_000_000)}:mailto:x`]],
];

/** The fullest calendar that is read whole: as long as 12 years of consultations. */
export const FULL = times(50_000, (i) => [
  ...['BEGIN:VEVENT', `UID:${i}`, `DTSTART:${utc(NOW + i * 1_260_000)}`, 'DURATION:PT20M'],
  ...['SUMMARY:Consultation', `DESCRIPTION:${'texte '.repeat(20)}`, 'END:VEVENT'],
]);
