/**
 * What a reader must know beside the rows: the memory's rate, which engines ran, whether they agree, what was left out.
 */
import { median } from './median.mjs';
import { memberId } from './members.mjs';
import { groupSamples } from './samples.mjs';
import { formatNumber } from './table.mjs';

const SAME_FILES = ['Q8_0', 'Q4_0'];

/** Lines for people. `skipped` is what was left out from the start. */
export function notesOf({ samples, commands, nodes, shapes }, skipped) {
  const failed = [...samples, ...commands].filter(({ answer }) => answer.error !== undefined);
  return [
    ...memoryNotes(samples),
    ...engineNotes(samples),
    ...agreementNotes(samples, nodes.at(-1), shapes),
    ...othersNotes(samples),
    ...new Set([...skipped, ...failed.map(describeFailure)].map((line) => `left out: ${line}`)),
  ];
}

/** How steady the memory was: decoding goes with it. */
function memoryNotes(samples) {
  return [1, 2].flatMap((threads) => {
    const rates = samples
      .filter(({ member }) => member.threads === threads)
      .flatMap(({ readGigabytes }) => readGigabytes ?? []);
    if (rates.length === 0) return [];
    const [middle, least, most] = [median(rates), Math.min(...rates), Math.max(...rates)].map(formatNumber);
    return [`pure reads of the memory, threads: ${threads}: ${middle} GB/s (${least} to ${most})`];
  });
}

function engineNotes(samples) {
  const engines = new Map();
  for (const { member, answer } of samples) {
    if (answer.engine === undefined) continue;
    const name = member.node === undefined ? member.engine : `${member.engine} on Node ${member.node}`;
    engines.set(name, answer.engine);
  }
  return [...engines].map(([name, engine]) => `${name}: ${engine}`);
}

/** On the same file both engines name the same likeliest ids, but for near ties: the weights are really the same. */
function agreementNotes(samples, node, shapes) {
  const groups = groupSamples(samples);
  return shapes.flatMap((shape) =>
    SAME_FILES.flatMap((encoding) => {
      const first = (member) => groups.get(memberId({ ...member, shape, encoding, threads: 2 }))?.[0].answer.tops;
      const ours = first({ engine: 'mirust', node });
      const theirs = first({ engine: 'llama.cpp' });
      if (ours === undefined || theirs === undefined) return [];
      const same = ours.filter((id, index) => id === theirs[index]).length;
      return [`${shape} ${encoding}: ${same} of ${ours.length} likeliest ids are llama.cpp's`];
    }),
  );
}

/** Whether the machine was ours. */
function othersNotes(samples) {
  const shares = samples.flatMap(({ answer }) => answer.othersShare ?? []);
  if (shares.length === 0) return [];
  const [middle, most] = [median(shares), Math.max(...shares)].map((share) => `${(100 * share).toFixed(0)} %`);
  return [`others had ${middle} of the processor (median over the processes), at most ${most}`];
}

function describeFailure({ member, kind, encoding, threads, answer }) {
  const [reason] = answer.error.split('\n');
  const what =
    member === undefined
      ? [kind, encoding, `${threads} threads`]
      : [member.engine, member.shape, member.encoding, `${member.threads} threads`];
  return `${what.filter((part) => part !== undefined).join(' ')}: ${reason}`;
}
