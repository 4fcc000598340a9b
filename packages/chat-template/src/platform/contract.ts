/**
 * What a platform provides: a place apart, where a script may use up its memory or never end without harm to the caller.
 * `#platform` picks one.
 */

/** A run of the sandbox's script. */
export interface SandboxRun {
  /** Defines a global `runSandbox`, from JSON text to JSON text. */
  readonly script: string;
  /** JSON text. */
  readonly job: string;
  readonly milliseconds: number;
  readonly heapMebibytes: number;
  /** Longest answer that is taken. */
  readonly answerCharacters: number;
  readonly signal?: AbortSignal | undefined;
}

/** The answer, or why there is none. */
export type SandboxEnd =
  | { readonly answer: string }
  /** `time`: stopped. `size`: the answer is too long. `crash`: it went down. `absent`: it could not be started. */
  | { readonly ended: 'time' | 'size' | 'crash' | 'absent' };

/** Runs the script apart; nothing of it is left when the promise is settled. Rejects with the signal's reason alone. */
export declare function runApart(run: SandboxRun): Promise<SandboxEnd>;
