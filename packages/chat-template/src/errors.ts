/** The codes of this package: what can be wrong with a chat template. */
import { type ErrorContext, MirustError } from '@mirust/core';

/** Error table of `@mirust/chat-template`. */
export const TEMPLATE_ERRORS = {
  TEMPLATE_SYNTAX: {
    class: 'template',
    when: 'The chat template is no Jinja: a tag is not closed, not known, or not complete.',
    remedy: 'Use the chat template that the publisher of the model ships.',
  },
  TEMPLATE_INCLUDE: {
    class: 'template',
    when: 'The chat template asks for other files (include, import, from, extends).',
    remedy: 'Use the chat template that the publisher of the model ships.',
  },
  TEMPLATE_UNSUPPORTED: {
    class: 'template',
    when: 'The chat template uses a tag, filter, test or method that the interpreter does not have.',
    remedy: 'Rewrite the template without it; mirust-run cannot use this one.',
  },
  TEMPLATE_RENDER: {
    class: 'template',
    when: 'The chat template fails: it uses what is not defined, or a value as what it is not.',
    remedy: 'Use the chat template that the publisher of the model ships.',
  },
  TEMPLATE_RAISED: {
    class: 'template',
    when: 'The chat template refuses the conversation, by raise_exception.',
    remedy: 'Follow its message; many templates want turns that alternate, or know no system message.',
  },
  TEMPLATE_LIMIT: {
    class: 'template',
    when: 'The chat template takes more steps, nests deeper, or makes a longer text or list than any template needs.',
    remedy: 'Use the chat template that the publisher of the model ships.',
  },
  TEMPLATE_CRASH: {
    class: 'template',
    when: 'Rendering the chat template used up the memory that it may have; the process that did it has ended.',
    remedy: 'Use the chat template that the publisher of the model ships.',
  },
  TEMPLATE_TIME: {
    class: 'template',
    when: 'Rendering the chat template was stopped because it took too long.',
    remedy: 'Try again where the machine is less busy; if it happens again, do not use the template.',
  },
  TEMPLATE_SANDBOX: {
    class: 'template',
    when: 'No process (in a browser: no worker) could be started to render the chat template in.',
    remedy: 'Allow this program to start processes; templates are never rendered in its own.',
  },
  TEMPLATE_PROBE: {
    class: 'template',
    when: 'The chat template fails on some conversations of the probe set, without saying why by raise_exception.',
    remedy: 'Keep to the kinds of conversations that it takes.',
  },
  TEMPLATE_USER_DROPPED: {
    class: 'template',
    when: "The chat template leaves out the user's message.",
    remedy: 'Use the chat template that the publisher of the model ships.',
  },
  TEMPLATE_TURN_DROPPED: {
    class: 'template',
    when: 'The chat template leaves out earlier turns or the system message.',
    remedy: 'Do not expect the model to know what was said before.',
  },
  TEMPLATE_NOT_DETERMINISTIC: {
    class: 'template',
    when: 'What the chat template writes depends on the date or on chance: the same conversation gives other tokens another day.',
    remedy: 'Give the date yourself where the template takes it as a variable, or leave that part out.',
  },
  TEMPLATE_ATTRIBUTE: {
    class: 'template',
    when: 'The chat template reaches for internals of the language (names such as __class__), as attacks do.',
    remedy: 'Do not use the file: no template needs this.',
  },
  TEMPLATE_LARGE_LITERAL: {
    class: 'template',
    when: 'The chat template holds a text or a number that is larger than templates have.',
    remedy: 'Read this part of the template, and do not use it where you cannot tell what it is for.',
  },
  TEMPLATE_ACTIVE_TEXT: {
    class: 'template',
    when: 'The chat template writes addresses, scripts or markup that a viewer may act upon.',
    remedy: 'Read this part of the template, and do not use it where you cannot tell what it is for.',
  },
  TEMPLATE_INVISIBLE_TEXT: {
    class: 'template',
    when: 'The chat template writes characters that nobody sees: invisible, bidirectional or control characters.',
    remedy: 'Read this part of the template, and do not use it where you cannot tell what it is for.',
  },
  TEMPLATE_CONDITION: {
    class: 'template',
    when: 'The chat template looks for certain words in a message and writes something else where it finds them.',
    remedy: 'Read this part of the template, and do not use it where you cannot tell what it is for.',
  },
  TEMPLATE_MARKER: {
    class: 'template',
    when: 'The chat template writes a marker such as <|im_start|> for which the tokenizer has no token.',
    remedy: 'Check that the template and the tokenizer belong to the same model.',
  },
} as const;

/** A code of {@link TEMPLATE_ERRORS}. */
export type TemplateErrorCode = keyof typeof TEMPLATE_ERRORS;

/** Makes an error of this package's table. */
export function templateError(code: TemplateErrorCode, message: string, context?: ErrorContext): MirustError {
  return new MirustError(code, TEMPLATE_ERRORS[code], message, context);
}
