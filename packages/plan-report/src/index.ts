/**
 * @packageDocumentation Memory plans for people: Markdown for a pull request, and the words that all forms share. The page
 * is `@mirust/plan-report/html`: it comes with a chart library, which nothing else has to load.
 */
export { markdownReport } from './markdown.ts';
export { sentence } from './words/bounds.ts';
export {
  answerFacts,
  cacheFacts,
  changeFacts,
  decodeFacts,
  type Fact,
  modelFacts,
  modelTitle,
  noteLines,
  optionFacts,
  parameterFacts,
} from './words/facts.ts';
export { groupByFamily } from './words/families.ts';
export { fitSign, tradeoffsView } from './words/tradeoffs.ts';
export { planVerdict, verdictLine } from './words/verdict.ts';
