/** Runs a probe in a process of its own: a fresh heap, fresh code, and no memory of the measurement before. */
import { spawn } from 'node:child_process';

/**
 * Gives what the probe printed as its last line, or `{ error }`: a probe that fails or is cut off must not end the run.
 * `node` is the path of the Node to use.
 */
export function runProbe(node, script, argument, { timeoutMs, flags = [] }) {
  return new Promise((resolve) => {
    const child = spawn(node, [...flags, script, JSON.stringify(argument)], { stdio: ['ignore', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr']) {
      child[stream].setEncoding('utf8');
      child[stream].on('data', (text) => {
        output[stream] += text;
      });
    }
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGTERM');
    }, timeoutMs);
    child.on('error', (error) => resolve({ error: error.message }));
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve(late ? { error: 'no time was left' } : parseAnswer(code, output));
    });
  });
}

function parseAnswer(code, { stdout, stderr }) {
  try {
    return JSON.parse(stdout.trim().split('\n').at(-1));
  } catch {
    const reason = stderr.split('\n').find((line) => /error/i.test(line)) ?? `exit status ${code}`;
    return { error: reason.trim() };
  }
}
