/**
 * Node: a process of its own. A worker thread would not do, whatever its `resourceLimits`: where one allocation is larger
 * than what is left (`range(1e9)`, `join` of long lists), V8 aborts the whole process, the gate with it.
 */
import { spawn } from 'node:child_process';
import type * as contract from './contract.ts';

/** Beyond the script's own clock: the start of a process, and what is too deep inside a built-in function to be stopped. */
const GRACE_MILLISECONDS = 3000;

/** First character of all output: from here on it is the template's doing if the process ends. */
const STARTED = '.';

/** Where a Node of its own making finds its libraries. */
const KEPT_VARIABLES = ['LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH'];

/**
 * What the process runs: the script in a context without any of Node's globals, against a clock that ends it even where
 * the caller is gone. The exit code 9 says that the clock did.
 */
const MAIN = `
const { runInContext, createContext } = require('node:vm');
const { script, job, milliseconds } = input;
require('node:fs').writeSync(1, '${STARTED}');
const context = createContext({ __proto__: null, job }, { codeGeneration: { strings: false, wasm: false } });
let answer;
try {
  runInContext(script, context);
  answer = runInContext('runSandbox(job)', context, { timeout: milliseconds });
} catch (error) {
  process.exitCode = error?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT' ? 9 : 1;
}
if (typeof answer === 'string') process.stdout.write(answer);
`;
const EXIT_TIME = 9;

/** See `contract.ts`. */
export const runApart: typeof contract.runApart = async (run) => {
  const { script, job, milliseconds, heapMebibytes, answerCharacters, signal } = run;
  signal?.throwIfAborted();
  const input = JSON.stringify(JSON.stringify({ script, job, milliseconds }));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [`--max-old-space-size=${heapMebibytes}`, '-'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      windowsHide: true,
      // Nothing of the caller's settings: no preloaded modules, no inspector. Electron is told to be Node.
      env: {
        ...Object.fromEntries(KEPT_VARIABLES.map((name) => [name, process.env[name]])),
        ELECTRON_RUN_AS_NODE: '1',
      },
    });
    let output = '';
    let ended: 'time' | 'size' | undefined;
    const stop = (why?: 'time' | 'size'): void => {
      ended ??= why;
      child.kill('SIGKILL');
    };
    const abort = (): void => stop();
    const timer = setTimeout(stop, milliseconds + GRACE_MILLISECONDS, 'time');
    signal?.addEventListener('abort', abort);
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (text: string) => {
      output += text;
      if (output.length > answerCharacters + STARTED.length) stop('size');
    });
    // A process that is gone reads no input; how it ended is told by its end.
    child.stdin.on('error', () => {});
    const settle = (end: contract.SandboxEnd): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      if (signal?.aborted) reject(signal.reason);
      else resolve(end);
    };
    child.on('error', () => {
      if (child.pid === undefined) settle({ ended: 'absent' });
    });
    child.on('close', (code) => {
      if (ended !== undefined) settle({ ended });
      else if (code === 0 && output.length > STARTED.length) settle({ answer: output.slice(STARTED.length) });
      else if (code === EXIT_TIME) settle({ ended: 'time' });
      else settle({ ended: output === '' ? 'absent' : 'crash' });
    });
    child.stdin.end(`const input = JSON.parse(${input});${MAIN}`);
  });
};
