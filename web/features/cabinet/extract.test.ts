/** Extracts of the national directory, as they come: other columns, encodings, lines without a number. */
import { expect, it } from 'vitest';
import { decodeExtract, peopleOf, readExtract } from './extract.ts';

const HEAD =
  "Type d'identifiant PP|Identifiant PP|Identification nationale PP|Code civilité d'exercice|Nom d'exercice|" +
  "Prénom d'exercice|Code savoir-faire|Libellé savoir-faire";
const line = (rpps: string, family = 'LÉVÊQUE', more = 'SM54|Médecine générale'): string =>
  `8|${rpps}|8${rpps}|DR|${family}|Zoé|${more}`;

it('finds columns by their names, whatever their order and apostrophes', () => {
  const { lines } = readExtract(`\uFEFF${HEAD.replaceAll("'", '’')}\r\n${line('10003456789')}\r\n`);
  expect(lines).toEqual([
    {
      line: 2,
      fault: undefined,
      person: {
        ...{ prefix: 'DR', family: 'LÉVÊQUE', given: 'Zoé', rpps: '10003456789' },
        specialty: { code: 'SM54', display: 'Médecine générale' },
      },
    },
  ]);
});

it('makes one person of several activities, and names the lines that it refuses', () => {
  const { lines } = readExtract(
    [HEAD, line('10003456789'), line('10003456789'), line('8,1E+11'), line('10003456780', '')].join('\n'),
  );
  expect(peopleOf(lines)).toHaveLength(1);
  expect(lines.filter(({ fault }) => fault !== undefined).map(({ line: at, fault }) => [at, fault])).toEqual([
    [4, 'rpps'],
    [5, 'name'],
  ]);
});

it('says which column is missing', () => {
  expect(readExtract('a;b;c\n1;2;3').missing).toBe('rpps');
  expect(readExtract("Identifiant PP|Nom d'exercice\n").missing).toBe('given');
});

it('reads both encodings of the file', () => {
  expect(decodeExtract(new TextEncoder().encode('Prénom').buffer)).toBe('Prénom');
  expect(decodeExtract(Uint8Array.from([0x50, 0x72, 0xe9]).buffer)).toBe('Pré');
});
