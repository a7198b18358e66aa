/** Runs a program of calendars beside the test server, which is in this process and must keep its turn. */
import { spawn } from 'node:child_process';

/** Returns the text of both outputs. Throws if the program fails. */
export function runProgram(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, LC_ALL: 'C.UTF-8' } });
    const said: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => said.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
    // Questions (make a folder?) are answered with yes.
    child.stdin.on('error', () => {});
    child.stdin.end('y\n'.repeat(10));
    child.on('error', reject);
    child.on('close', (code) => {
      const text = Buffer.concat(said).toString('utf8');
      if (code === 0) resolve(text);
      else reject(new Error(`${program} ${args.join(' ')} ended with ${code}: ${text.slice(-2000)}`));
    });
  });
}
