/** What is asked of the sandbox, and what it answers: JSON both ways. */

/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** One text to render: the variables that the template sees. */
export interface RenderTask {
  readonly variables: { readonly [name: string]: Json };
  /** What `strftime_now` tells: milliseconds since 1970 whose UTC fields are the wall clock. */
  readonly nowMilliseconds: number;
}

/** What one run of the interpreter may use up. */
export interface SandboxLimits {
  /** Steps of all tasks together. */
  readonly steps: number;
  /** Of one text: a result, or any value on the way to it. */
  readonly textCharacters: number;
}

/** Everything that the sandbox gets. */
export interface SandboxJob {
  readonly template: string;
  readonly tasks: readonly RenderTask[];
  readonly limits: SandboxLimits;
}

/** Something in a template that no template needs; what its text says comes from the template. */
export interface TemplateRemark {
  readonly code:
    | 'TEMPLATE_ATTRIBUTE'
    | 'TEMPLATE_LARGE_LITERAL'
    | 'TEMPLATE_ACTIVE_TEXT'
    | 'TEMPLATE_INVISIBLE_TEXT'
    | 'TEMPLATE_CONDITION'
    | 'TEMPLATE_NOT_DETERMINISTIC';
  readonly message: string;
}

/** What reading a template tells, before anything is rendered. */
export interface TemplateInspection {
  /** At most one per code. */
  readonly remarks: readonly TemplateRemark[];
  /** Texts such as `<|im_start|>` that the template may write: tokens of the tokenizer that it was written for. */
  readonly markers: readonly string[];
}

/** How one task ended. */
export type RenderOutcome =
  | { readonly kind: 'text'; readonly text: string }
  /** The template itself refused, by `raise_exception`. */
  | { readonly kind: 'raised'; readonly message: string }
  /** An error of the template: an operation on what is undefined, for instance. */
  | { readonly kind: 'failed'; readonly message: string }
  /** Something that Jinja has and the interpreter does not. */
  | { readonly kind: 'unsupported'; readonly message: string }
  | { readonly kind: 'limit'; readonly message: string };

/** Why a template cannot be read. */
export interface TemplateFault {
  readonly code: 'TEMPLATE_SYNTAX' | 'TEMPLATE_INCLUDE' | 'TEMPLATE_UNSUPPORTED' | 'TEMPLATE_LIMIT';
  readonly message: string;
  /** Counted from 1; absent where no line can be named. */
  readonly line?: number;
}

/** The sandbox's answer. */
export type SandboxAnswer =
  | { readonly fault: TemplateFault }
  | { readonly inspection: TemplateInspection; readonly outcomes: readonly RenderOutcome[] };
