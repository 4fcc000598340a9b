/** Renders one task, with what Hugging Face gives a chat template. */
import type { RenderOutcome, RenderTask, SandboxLimits } from '../job.ts';
import { BoundedInterpreter, type Fuel, findIterables, LimitPassed, MAX_LIST_ITEMS } from './interpreter.ts';
import { createEnvironment, type Environment, type TemplateNode } from './library.ts';
import { formatDate } from './strftime.ts';

/** Most characters of a message, which may hold text of the conversation. */
const MAX_MESSAGE_CHARACTERS = 200;

/** Thrown by `raise_exception`. */
class Raised extends Error {}

/** What the library says where it lacks something that Jinja has. */
const LACKING =
  /^Unknown (?:\w+ )?(?:filter|test)\b|not currently supported|^Cannot call something that is not a function/;

/** Renders. Never throws, but for what the engine throws where memory ends. */
export function renderTask(program: TemplateNode, task: RenderTask, fuel: Fuel, limits: SandboxLimits): RenderOutcome {
  try {
    const environment = createEnvironment();
    setGlobals(environment, task, fuel);
    for (const [name, value] of Object.entries(task.variables)) environment.set(name, value);
    const text = String(new BoundedInterpreter(environment, fuel, limits, findIterables(program)).run(program).value);
    return { kind: 'text', text: wellFormed(text) };
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const message = wellFormed(said.slice(0, MAX_MESSAGE_CHARACTERS));
    if (error instanceof Raised) return { kind: 'raised', message };
    if (error instanceof LimitPassed) return { kind: 'limit', message };
    // The stack, or the longest text that the engine can have.
    if (error instanceof RangeError) return { kind: 'limit', message: `the engine gave up: ${message}` };
    return { kind: LACKING.test(message) ? 'unsupported' : 'failed', message };
  }
}

/** An unpaired surrogate has no bytes: a tokenizer would see U+FFFD. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}

function setGlobals(environment: Environment, task: RenderTask, fuel: Fuel): void {
  for (const [name, value] of [
    ['true', true],
    ['false', false],
    ['none', null],
  ] as const) {
    environment.set(name, value);
    environment.set(
      name.replace(/^./, (letter) => letter.toUpperCase()),
      value,
    );
  }
  environment.set('raise_exception', (message: unknown) => {
    throw new Raised(typeof message === 'string' ? message : 'raise_exception without a text');
  });
  environment.set('strftime_now', (format: unknown) => formatDate(new Date(task.nowMilliseconds), String(format)));
  environment.set('range', (...bounds: unknown[]) => boundedRange(bounds, fuel));
}

/** Python's `range` as a list. The library's own has no bound, and the list that it fills aborts the engine at 2^27 items. */
function boundedRange(bounds: readonly unknown[], fuel: Fuel): number[] {
  if (bounds.length < 1 || bounds.length > 3 || !bounds.every((bound) => Number.isSafeInteger(bound))) {
    throw new TypeError('range() takes one to three integers');
  }
  const [first = 0, second, step = 1] = bounds as number[];
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  if (step === 0) throw new TypeError('range() step must not be zero');
  const count = Math.max(0, Math.ceil((stop - start) / step));
  if (count > MAX_LIST_ITEMS)
    throw new LimitPassed(`range() of more than ${MAX_LIST_ITEMS.toLocaleString('en-US')} items`);
  fuel.use(count);
  return Array.from({ length: count }, (_, index) => start + index * step);
}
