/**
 * The process in which a model is measured, so that the planner's own never holds one. It is given its request as its one
 * argument, answers with one message, and ends; when whoever started it is gone, it ends as well.
 */
import { isMirustError } from '@mirust/core';
import { measureModel } from './child/measure-model.ts';
import type { ChildAnswer, ChildFailure, ChildRequest } from './child/messages.ts';
import { measureProcess } from './child/process-memory.ts';

process.on('disconnect', () => process.exit());
// Ctrl-C reaches all processes of a terminal; the planner is the one that answers it, and ends this one.
process.on('SIGINT', () => {});
const answer = await answerTo(JSON.parse(process.argv[2] ?? '') as ChildRequest);
process.send?.(answer, () => process.disconnect());

async function answerTo(request: ChildRequest): Promise<ChildAnswer> {
  try {
    if (request.kind === 'host') return { kind: 'host', host: measureProcess() };
    return { kind: 'model', model: await measureModel(request.path, request.options) };
  } catch (error) {
    return { kind: 'failure', failure: failureOf(error) };
  }
}

function failureOf(error: unknown): ChildFailure {
  if (isMirustError(error)) {
    const { name, message, code, remedy, context } = error;
    return { name, message, code, class: error.class, remedy, context };
  }
  return error instanceof Error
    ? { name: error.name, message: error.message }
    : { name: 'Error', message: String(error) };
}
