/**
 * The interpreter with limits. What they do not catch, because it happens inside one operation of the library (`join` of a
 * long list with a long text, JSON of a list that holds itself many times over), ends at the clock or with the memory of the
 * place that the sandbox runs in.
 */
import type { SandboxLimits } from '../job.ts';
import { childOf, nodesOf } from './inspect/nodes.ts';
import { type Environment, InterpreterBase, type RuntimeValue, type TemplateNode } from './library.ts';
import { strip, stripCall } from './strip.ts';

/** Deepest evaluation: blocks, expressions and macros inside each other. A level takes about six frames of the stack. */
const MAX_DEPTH = 200;

/** Most items of a list. Long conversations have hundreds of messages. */
export const MAX_LIST_ITEMS = 65_536;

/** A text of so many characters costs a step more. */
const CHARACTERS_PER_STEP = 256;

/** What an item of a list costs that a loop runs over: scopes are made for it before the body is evaluated. */
const STEPS_PER_ITEM = 16;

/** Thrown where a limit is passed. */
export class LimitPassed extends Error {}

/** Counts steps; shared by the renders of one job. */
export class Fuel {
  #left: number;
  readonly steps: number;

  constructor(steps: number) {
    this.steps = steps;
    this.#left = steps;
  }

  use(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw new LimitPassed(`more than ${this.steps.toLocaleString('en-US')} steps`);
  }
}

/** One render. */
export class BoundedInterpreter extends InterpreterBase {
  readonly #fuel: Fuel;
  readonly #limits: SandboxLimits;
  readonly #iterables: ReadonlySet<TemplateNode>;
  #depth = 0;

  constructor(environment: Environment, fuel: Fuel, limits: SandboxLimits, iterables: ReadonlySet<TemplateNode>) {
    super(environment);
    this.#iterables = iterables;
    this.#fuel = fuel;
    this.#limits = limits;
  }

  override evaluate(node: TemplateNode | undefined, environment: Environment): RuntimeValue {
    if (this.#depth === MAX_DEPTH) throw new LimitPassed(`evaluation deeper than ${MAX_DEPTH}`);
    // Deep inside, names are looked for in many scopes.
    this.#fuel.use(1 + (this.#depth >> 3));
    this.#depth++;
    try {
      const value = this.#evaluateStrip(node, environment) ?? super.evaluate(node, environment);
      this.#checkSize(node, value);
      return value;
    } finally {
      this.#depth--;
    }
  }

  #evaluateStrip(node: TemplateNode | undefined, environment: Environment): RuntimeValue | undefined {
    const call = stripCall(node);
    if (call === undefined) return undefined;
    return strip(call.method, this.evaluate(call.object, environment), this.evaluate(call.characters, environment));
  }

  /** A text is paid for whenever it is looked up, a list when it is made and whenever a loop runs over it. */
  #checkSize(node: TemplateNode | undefined, { value }: RuntimeValue): void {
    if (typeof value === 'string') {
      const { textCharacters } = this.#limits;
      if (value.length > textCharacters) {
        throw new LimitPassed(`a text of more than ${textCharacters.toLocaleString('en-US')} characters`);
      }
      this.#fuel.use(Math.floor(value.length / CHARACTERS_PER_STEP));
      return;
    }
    const count = Array.isArray(value) ? value.length : value instanceof Map ? value.size : 0;
    if (count > MAX_LIST_ITEMS)
      throw new LimitPassed(`a list of more than ${MAX_LIST_ITEMS.toLocaleString('en-US')} items`);
    if (node !== undefined && this.#iterables.has(node)) this.#fuel.use(count * STEPS_PER_ITEM);
    else if (node?.type !== 'Identifier' && node?.type !== 'MemberExpression') this.#fuel.use(count);
  }
}

/** The expressions that loops of a tree run over. */
export function findIterables(program: TemplateNode): ReadonlySet<TemplateNode> {
  const iterables = new Set<TemplateNode>();
  for (const node of nodesOf(program)) {
    if (node.type !== 'For') continue;
    const iterable = childOf(node, 'iterable');
    const list = iterable?.type === 'SelectExpression' ? childOf(iterable, 'lhs') : iterable;
    if (list !== undefined) iterables.add(list);
  }
  return iterables;
}
