/** What can go wrong while a model is measured. */
import { type ErrorContext, MirustError } from '@mirust/core';

/** Error table of measurements. */
export const HOST_ERRORS = {
  HOST_CHILD_ENDED: {
    class: 'resource',
    when: 'The process in which a model is measured ended before it had answered: most often the system has no memory left.',
    remedy:
      'Look at the plan of the same model and options first; take a smaller context or cache, or a machine with more memory.',
  },
  HOST_CHILD_START: {
    class: 'io',
    when: 'The process in which a model is to be measured cannot be started.',
    remedy: 'Install mirust-plan again, or allow it to start processes.',
  },
} as const;

/** Makes an error of this table. */
export function hostError(code: keyof typeof HOST_ERRORS, message: string, context?: ErrorContext): MirustError {
  return new MirustError(code, HOST_ERRORS[code], message, context);
}
