/** The closing stack: reverse order, every part, once. */
import { expect, it } from 'vitest';
import { openLog } from '../runtime/log.ts';
import { type Closing, openClosing } from './closing.ts';

function opened(): { closing: Closing; closed: string[] } {
  const closed: string[] = [];
  const closing = openClosing(openLog('silent'));
  for (const name of ['database', 'relay', 'http'])
    closing.add(name, async () => {
      await Promise.resolve();
      closed.push(name);
    });
  return { closing, closed };
}

it('closes the last part first, and each part once', async () => {
  const { closing, closed } = opened();
  await Promise.all([closing.close(), closing.close()]);
  await closing.close();
  expect(closed).toEqual(['http', 'relay', 'database']);
});

it('leaves a part behind that does not close, and closes the others', async () => {
  const { closing, closed } = opened();
  closing.add('stuck', () => new Promise(() => {}));
  await expect(closing.close(20)).rejects.toThrow('it did not close in time');
  expect(closed).toEqual(['http', 'relay', 'database']);
});

it('closes the other parts when one fails, and reports the first failure', async () => {
  const { closing, closed } = opened();
  closing.add('feature', () => Promise.reject(new Error('first')));
  closing.add('timer', () => {
    throw new Error('even before');
  });
  await expect(closing.close()).rejects.toThrow('even before');
  expect(closed).toEqual(['http', 'relay', 'database']);
});
