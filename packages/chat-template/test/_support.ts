/** How a render ends, as one word or the text. */
import { isMirustError } from '@mirust/core';
import { type ChatInput, renderChatTemplate, type TemplateOptions } from '../src/index.ts';

export const HELLO: ChatInput = {
  messages: [{ role: 'user', content: 'Hello' }],
  addGenerationPrompt: true,
  now: new Date('2024-07-26T09:05:03Z'),
};

/** The text, or the code and message of the MirustError. Anything else that is thrown is a fault of ours. */
export async function ending(template: string, options?: TemplateOptions, input: ChatInput = HELLO): Promise<string> {
  try {
    return await renderChatTemplate(template, input, options);
  } catch (error) {
    if (!isMirustError(error)) throw error;
    return `${error.code}: ${error.message}`;
  }
}
