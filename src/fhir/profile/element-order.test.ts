/** The order of differentials. */
import { expect, test } from 'vitest';
import { elementsOf } from '../definitions.ts';
import { profilesWith } from './definitions/all.ts';
import { inOrder, typeOf } from './element-order.ts';

const ids = (type: string, ...list: string[]): string[] =>
  inOrder(
    type,
    list.map((id) => ({ id: `${type}.${id}` })),
  ).map(({ id }) => id.slice(type.length + 1));

test('elements come in the order of the standard, each slice with all that is below it', () => {
  expect(
    ids('Slot', 'start', 'serviceType:b', 'schedule', 'serviceType:a', 'serviceType', 'serviceType:b.coding'),
  ).toEqual(['serviceType', 'serviceType:b', 'serviceType:b.coding', 'serviceType:a', 'schedule', 'start']);
  expect(ids('Extension', 'url', 'extension:a.url', 'extension:a.extension', 'extension:a', 'extension')).toEqual([
    'extension',
    'extension:a',
    'extension:a.extension',
    'extension:a.url',
    'url',
  ]);
});

test('below a choice, elements stay with their parents', () => {
  expect(
    ids('Extension', 'value[x].identifier.type', 'value[x].identifier.system', 'value[x].identifier.type.coding'),
  ).toEqual(['value[x].identifier.type', 'value[x].identifier.type.coding', 'value[x].identifier.system']);
});

test('the type of an element', () => {
  expect([typeOf('Bundle', 'Bundle.entry:x.search.mode'), typeOf('Slot', 'Slot.serviceType.coding.system')]).toEqual([
    'code',
    'uri',
  ]);
  expect([typeOf('Extension', 'Extension.value[x]'), typeOf('Slot', 'Slot.nothing')]).toEqual([undefined, undefined]);
  const below = 'Appointment.extension:operator.value[x]';
  expect([`${below}.identifier.system`, `${below}.system`].map((id) => typeOf('Appointment', id))).toEqual([
    'uri',
    undefined,
  ]);
});

test('no profile of ours names an element that R4 does not have', () => {
  for (const { url, type, elements } of profilesWith('1.2.0'))
    for (const { id } of elements) {
      const [, first] = id.split('.');
      const [name] = (first ?? '').replace('[x]', '').split(':');
      const isKnown =
        first === undefined ||
        [...elementsOf(type).values()].some((each) => each.name === name || each.property === name);
      expect([url, id, isKnown]).toEqual([url, id, true]);
    }
});
