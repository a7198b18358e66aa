/**
 * Stops the clock and chance of a program and its threads (`--import`), so that it writes the same bytes each time:
 * initdb takes its identifier from both. Only for images without secrets; an installation takes an identity of its own
 * at its first start.
 */
import crypto from 'node:crypto';

const RealDate = Date;
const start = RealDate.UTC(2026, 0, 1);
globalThis.Date = class extends RealDate {
  constructor(...args) {
    super(...(args.length === 0 ? [start] : args));
  }
  static now() {
    return start;
  }
};
Object.defineProperties(performance, { timeOrigin: { value: start }, now: { value: () => 0 } });
let count = 0;
const fill = (bytes) => {
  const view = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < view.length; at += 32) {
    const block = crypto.createHash('sha256').update(String(count++)).digest();
    view.set(block.subarray(0, Math.min(32, view.length - at)), at);
  }
  return bytes;
};
crypto.randomFillSync = fill;
crypto.webcrypto.getRandomValues = fill;
// Upkeep would come earlier or later, as the machine is busy or not.
globalThis.setInterval = () => ({ unref() {}, ref() {} });
