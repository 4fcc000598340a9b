/**
 * The Jinja library, with the types that are used of it. Read before it was trusted (0.5.11): values are kept in Maps and
 * own classes, so a template reaches no prototype and no function of JavaScript; regular expressions are fixed and linear,
 * or escaped; what it does not bound is memory, time and depth, which is what this folder is for.
 */
import {
  Environment as LibraryEnvironment,
  Interpreter as LibraryInterpreter,
  parse,
  tokenize,
} from '@huggingface/jinja';

/** A node of the tree: its kind, and children by name. */
export interface TemplateNode {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** A token. Tokens carry no position. */
export interface TemplateToken {
  readonly type: string;
  readonly value: string;
}

/** A value at run time. */
export interface RuntimeValue {
  readonly type: string;
  readonly value: unknown;
}

/** Variables in scope. Functions that are set get plain values, and an object of named ones last where there are any. */
export interface Environment {
  set(name: string, value: unknown): unknown;
}

/** The library's interpreter; `evaluate` is what it calls for every node. */
export interface Interpreter {
  run(program: TemplateNode): RuntimeValue;
  evaluate(node: TemplateNode | undefined, environment: Environment): RuntimeValue;
}

export const createEnvironment = (): Environment => new LibraryEnvironment() as unknown as Environment;

/** For subclassing. */
export const InterpreterBase: new (environment: Environment) => Interpreter = LibraryInterpreter as never;

/** Cuts a template into tokens, with the white-space rules of chat templates. Throws SyntaxError. */
export const tokenizeTemplate: (source: string) => TemplateToken[] = (source) =>
  tokenize(source, { lstrip_blocks: true, trim_blocks: true }) as unknown as TemplateToken[];

/** Makes the tree. Throws Error, TypeError and SyntaxError. */
export const parseTokens: (tokens: TemplateToken[]) => TemplateNode = parse as never;
