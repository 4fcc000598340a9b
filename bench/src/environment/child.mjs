/** Runs a probe in a process of its own: a fresh heap, fresh code, and no memory of the measurement before. */
import { spawn } from 'node:child_process';
import { watchOthers } from './processor.mjs';

/**
 * Gives what the probe printed as its last line, or `{ error }`: a probe that fails or is cut off must not end the run.
 * Where the probe says its `cpuSeconds`, `othersShare` is what other processes had of all cores. `node` is a path.
 */
export function runProbe(node, script, argument, { timeoutMs, flags = [] }) {
  return new Promise((resolve) => {
    const others = watchOthers();
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
      const answer = late ? { error: 'no time was left' } : parseAnswer(code, output);
      const othersShare = others(answer.cpuSeconds);
      resolve(othersShare === undefined ? answer : { ...answer, othersShare });
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
