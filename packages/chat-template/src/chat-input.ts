/** A conversation, as a template is given it. */
import type { Json, RenderTask } from './job.ts';

/** One message. Templates look at more fields where models know them: `tool_calls`, `name`, `reasoning_content`. */
export interface ChatMessage {
  readonly role: string;
  readonly content?: Json;
  readonly [field: string]: Json | undefined;
}

/** What a template is rendered with. */
export interface ChatInput {
  readonly messages: readonly ChatMessage[];
  /** Whether the text is to end where the model goes on. Default false. */
  readonly addGenerationPrompt?: boolean;
  /** Text of BOS and EOS, which many templates write themselves. Not defined where absent. */
  readonly bosToken?: string | undefined;
  readonly eosToken?: string | undefined;
  /** Functions that the model may call, as JSON Schema in the form that Hugging Face passes on. */
  readonly tools?: readonly Json[];
  /** Whatever else a template knows: `enable_thinking`. */
  readonly variables?: { readonly [name: string]: Json };
  /** What `strftime_now` tells, by its UTC fields. Default: the clock on the machine's wall. */
  readonly now?: Date;
}

/** The variables, as `apply_chat_template` of transformers names them. */
export function taskOf(input: ChatInput): RenderTask {
  const { messages, addGenerationPrompt = false, bosToken, eosToken, tools, variables, now = wallClock() } = input;
  return {
    variables: {
      ...variables,
      messages: messages as Json,
      tools: tools ?? null,
      documents: null,
      add_generation_prompt: addGenerationPrompt,
      ...(bosToken === undefined ? {} : { bos_token: bosToken }),
      ...(eosToken === undefined ? {} : { eos_token: eosToken }),
    },
    nowMilliseconds: now.getTime(),
  };
}

/** Now, as a date whose UTC fields are the local time. */
function wallClock(): Date {
  const now = new Date();
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000);
}
