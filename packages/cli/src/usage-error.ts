/** Wrong usage: the user's command line or a file that only steers it. Printed as one line with a pointer to --help. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Runs `work`; what it says about its arguments (a RangeError) is wrong usage. */
export function asUsage<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}
