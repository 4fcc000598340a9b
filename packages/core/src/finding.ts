/** What a reader noticed in a file that it nevertheless accepts. */

/**
 * One thing that breaks a strict rule of the format in a way that real, harmless files do. The reader goes on; the
 * gate decides. A reader gives at most one warning per code (the first place and how often), so that a hostile file
 * cannot make it produce a million of them.
 */
export interface Warning {
  /** Stable code, in the reader's table of warnings. */
  readonly code: string;
  /** For people; text that came from the file is already sanitized. */
  readonly message: string;
  /** Absolute byte offset in the file. */
  readonly offset?: number;
  /** Name of the tensor, sanitized. */
  readonly tensor?: string;
}
