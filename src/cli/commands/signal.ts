/** The signals that a command obeys. */

/** Lets a command run until a signal stops it. */
export function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}

/**
 * Calls back at each SIGHUP, which then no longer ends the process. A terminal that closes sends the same signal:
 * a server that was started by hand ends with its terminal.
 */
export function onHangup(listener: () => void): void {
  if (!process.stdin.isTTY) process.on('SIGHUP', listener);
}
