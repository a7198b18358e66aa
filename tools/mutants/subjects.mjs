/** The code that decides who gets which time, and who sees what, and the tests that must notice a change of it. */
export const SUBJECTS = {
  slots: {
    files: ['src/scheduling/slots.ts', 'src/scheduling/interval.ts', 'src/scheduling/slot-id.ts'],
    tests: [
      'src/scheduling/interval.test.ts',
      'src/scheduling/slot-id.test.ts',
      'src/scheduling/slots.test.ts',
      'src/scheduling/slots-random.test.ts',
    ],
  },
  availability: {
    files: ['src/scheduling/availability.ts', 'src/scheduling/open-time.ts'],
    tests: [
      'src/scheduling/availability.test.ts',
      'src/scheduling/open-time.test.ts',
      'src/scheduling/openings.test.ts',
      'src/scheduling/slots.test.ts',
      'src/scheduling/slots-random.test.ts',
    ],
  },
  'life-cycle': { files: ['src/scheduling/life-cycle.ts'], tests: ['src/scheduling/life-cycle.test.ts'] },
  recurrence: {
    files: ['src/scheduling/recurrence.ts', 'src/scheduling/rule-days.ts', 'src/scheduling/rule-starts.ts'],
    tests: [
      'src/scheduling/rule-starts.test.ts',
      'src/scheduling/recurrence-cases.test.ts',
      'src/scheduling/recurrence-edges.test.ts',
      'src/scheduling/recurrence.test.ts',
    ],
  },
  booking: {
    files: ['src/agenda/rules/appointment-rules.ts', 'src/agenda/rules/booking-time.ts'],
    tests: [
      'src/agenda/rules/appointment-rules.test.ts',
      'src/agenda/rules/booking-time.test.ts',
      'test/booking-rule.test.ts',
    ],
  },
  occupation: {
    files: ['src/agenda/rules/occupation.ts', 'src/agenda/rules/appointment-actors.ts', 'src/agenda/occupied.ts'],
    tests: [
      'src/agenda/occupied.test.ts',
      'src/agenda/rules/occupation.test.ts',
      'src/agenda/rules/occupied-agendas.test.ts',
      'src/agenda/rules/booking-time.test.ts',
      'test/occupation.test.ts',
    ],
  },
  holds: {
    files: ['src/agenda/operations/hold-and-book.ts', 'src/agenda/operations/holds-feature.ts'],
    tests: ['src/agenda/operations/hold-and-book.test.ts'],
  },
  access: {
    files: [
      'src/rest/access/decision.ts',
      'src/agenda/rules/read-scope.ts',
      'src/store/resources/scope-sql.ts',
      'src/store/resources/read-rights.ts',
    ],
    tests: [
      'src/rest/access/decision.test.ts',
      'src/agenda/rules/read-scope.test.ts',
      'src/store/resources/scope-sql.test.ts',
      'test/people-reads.test.ts',
    ],
  },
  visibility: {
    files: ['src/sas/editor/search/leaving.ts', 'src/sas/editor/search/sas-slots.ts'],
    tests: ['src/sas/editor/search/leaving.test.ts', 'src/sas/editor/search/sas-slots.test.ts'],
  },
};
