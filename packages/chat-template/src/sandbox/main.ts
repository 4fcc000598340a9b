/**
 * What runs in the sandbox: bundled with the library into one script (`scripts/build.mjs`) that needs nothing but
 * ECMAScript, and defines one global.
 */
import type { SandboxAnswer, SandboxJob } from '../job.ts';
import { inspectProgram } from './inspect.ts';
import { Fuel } from './interpreter.ts';
import { parseTemplate } from './parse.ts';
import { renderTask } from './render.ts';

/** Does a job. */
export function runJob({ template, tasks, limits }: SandboxJob): SandboxAnswer {
  const parsed = parseTemplate(template);
  if ('fault' in parsed) return parsed;
  const { program } = parsed;
  const fuel = new Fuel(limits.steps);
  return {
    inspection: inspectProgram(program),
    outcomes: tasks.map((task) => renderTask(program, task, fuel, limits)),
  };
}

Object.assign(globalThis, { runSandbox: (job: string) => JSON.stringify(runJob(JSON.parse(job) as SandboxJob)) });
