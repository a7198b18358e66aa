/** The real command as a process of its own, for tests that kill it, starve it or read what it prints. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..');

export interface CommandProcess {
  child: ChildProcess;
  /** Everything that it has printed. */
  printed(): string;
  kill(signal: NodeJS.Signals): Promise<void>;
}

export interface ServerProcess extends CommandProcess {
  /** `http://127.0.0.1:41234` */
  url: string;
}

/**
 * Starts `creneau COMMAND` on a free port and waits until it says where it serves. Throws with its output when it
 * ends first.
 */
export async function startProcess(
  args: readonly string[],
  environment: Record<string, string> = {},
  root = ROOT,
): Promise<ServerProcess> {
  const { said, ...started } = await startSaying(
    [...args, '--port', '0'],
    /(https?:\/\/127\.0\.0\.1:\d+)\/fhir /,
    environment,
    root,
  );
  return { ...started, url: said[1]! };
}

/** Starts a command that serves nothing, and waits until it says so. */
export async function startCommand(
  args: readonly string[],
  says: RegExp,
  environment: Record<string, string> = {},
): Promise<CommandProcess> {
  const { said: _, ...started } = await startSaying(args, says, environment);
  return started;
}

async function startSaying(
  args: readonly string[],
  says: RegExp,
  environment: Record<string, string>,
  root = ROOT,
): Promise<CommandProcess & { said: RegExpExecArray }> {
  const child = spawn(process.execPath, [join(root, 'bin/creneau'), ...args], {
    cwd: root,
    env: { ...withoutSettings(), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const said = await new Promise<RegExpExecArray>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk;
      const found = says.exec(output);
      if (found !== null) resolve(found);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('exit', (code, signal) => reject(new Error(`ended with ${code ?? signal}: ${output}`)));
  });
  return {
    child,
    said,
    printed: () => output,
    async kill(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    },
  };
}

/** Runs `creneau ...` to its end. `root`: of another version of the program. */
export async function run(
  args: readonly string[],
  environment: Record<string, string> = {},
  root = ROOT,
): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [join(root, 'bin/creneau'), ...args], {
    cwd: root,
    env: { ...withoutSettings(), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const parts = { out: '', err: '' };
  child.stdout.on('data', (chunk) => (parts.out += chunk));
  child.stderr.on('data', (chunk) => (parts.err += chunk));
  const [code] = await once(child, 'close');
  return { code, ...parts };
}

/** The tester's own settings of Créneau must not reach the process under test. */
function withoutSettings(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(CRENEAU_|OTEL_|DATABASE_URL$|AMQP_URL$|PORT$|HOST$)/.test(name)),
  );
}
