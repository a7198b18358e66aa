/** The table that a patient gets of the accesses to his or her data. */
import { expect, it } from 'vitest';
import { lineOf, tableText } from './access-lines.ts';

it('has no cell that a spreadsheet would compute, and keeps every character', () => {
  const rows = [['=HYPERLINK("x")', '+1', '-1', '@a', 'a;b', 'a"b', 'é'], ['\ta']];
  expect(tableText(rows)).toBe(`\uFEFF"'=HYPERLINK(""x"")";'+1;'-1;'@a;"a;b";"a""b";é\r\n'\ta\r\n`);
});

it('says who, what and whether it was refused', () => {
  const line = lineOf({
    ...{ resourceType: 'AuditEvent', id: 'a', type: { code: 'rest' }, recorded: '2026-11-24T09:00:00Z' },
    subtype: [{ code: 'read' }],
    agent: [{ requestor: true, who: { display: 'Dr A' }, role: [{ text: 'practitioner' }] }, { requestor: false }],
    ...{ outcome: '4', source: { observer: {} } },
  });
  expect(line).toEqual({
    ...{ id: 'a', at: '2026-11-24T09:00:00Z', who: 'Dr A', roles: ['practitioner'], act: 'read', isRefused: true },
  });
});
