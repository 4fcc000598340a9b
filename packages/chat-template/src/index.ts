/** @packageDocumentation Chat templates: rendered within bounds, and inspected. */
export type { TemplateBudgets } from './budgets.ts';
export type { ChatInput, ChatMessage } from './chat-input.ts';
export * from './errors.ts';
export {
  examineChatTemplate,
  inspectChatTemplate,
  renderChatTemplate,
  type TemplateExamination,
  type TemplateOptions,
} from './examine.ts';
export type { RenderOutcome, TemplateInspection, TemplateRemark } from './job.ts';
