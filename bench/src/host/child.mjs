/** Runs the child of mirust-plan, which measures itself: see `apps/plan/src/child.ts`. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const CHILD =
  process.env.MIRUST_PLAN_CHILD ?? fileURLToPath(new URL('../../../apps/plan/dist/child.js', import.meta.url));

/** Gives the child's answer. Throws what it failed with. `node` is the path of another Node than the running one. */
export function askChild(request, node = process.execPath) {
  return new Promise((resolve, reject) => {
    const child = fork(CHILD, [JSON.stringify(request)], {
      execPath: node,
      execArgv: ['--expose-gc'],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    let answer;
    child.on('message', (message) => {
      answer = message;
    });
    child.on('close', (code, signal) => {
      if (answer?.kind === 'failure') reject(new Error(`${answer.failure.code ?? ''} ${answer.failure.message}`));
      else if (answer === undefined) reject(new Error(`the child ended with ${signal ?? code}`));
      else resolve(answer);
    });
  });
}
