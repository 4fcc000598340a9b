/** From samples to rows: ours, the peer's, their ratio and the target. */
import { COUNTERPART, memberId } from './members.mjs';
import { scaledDecode } from './references.mjs';
import { groupSamples, medianOf, rateOf } from './samples.mjs';
import { browserTarget, FAR_POSITION_TARGET, nativeTarget, olderNodeTarget } from './targets.mjs';

/** The release of wllama that counts is its fastest; the other one is shown. */
const BROWSER_RELEASES = [
  { engine: 'wllama-2', label: 'wllama 2.2.1', counts: true },
  { engine: 'wllama-3', label: 'wllama 3.8.1', counts: false },
];

const METRIC_LABELS = { decode: 'decode', prefill: 'prefill 512' };

/**
 * Rows of every figure that the samples hold, `{ name, node, threads, ours, peer, ratio, target }` and `unit`. `target`
 * and, where there is no peer, `ratio` are null. How near a figure is to what bounds it: `readShare`, of the memory's
 * pure read rate, for decoding; `gops`, billions of multiplications and additions a second, for prefill.
 */
export function rowsOf({ samples, shapes, nodes }) {
  const groups = groupSamples(samples);
  const find = (member) => groups.get(memberId(member));
  const newest = nodes.at(-1);
  const rows = [];
  for (const metric of ['decode', 'prefill']) {
    for (const shape of shapes) {
      for (const encoding of Object.keys(COUNTERPART)) {
        for (const node of [...nodes].reverse()) {
          for (const threads of [2, 1]) {
            const figure = figureOf({ metric, shape, encoding, node, threads }, find);
            if (figure === undefined) continue;
            if (node === newest) rows.push(...peerRows(figure, find));
            else rows.push(...olderNodeRows(figure, find, newest));
          }
        }
      }
    }
  }
  for (const shape of shapes) {
    for (const encoding of ['q8', 'q4']) {
      rows.push(...farPositionRows({ shape, encoding, node: newest, threads: 2 }, find));
    }
  }
  return rows;
}

/** One of our figures, with what belongs to it; undefined where it was not measured. */
function figureOf({ metric, shape, encoding, node, threads }, find) {
  const group = find({ engine: 'mirust', node, shape, encoding, threads });
  const ours = medianOf(group, metric);
  if (ours === undefined) return undefined;
  const readGigabytes = medianOf(group, (sample) => sample.readGigabytes);
  // Of each process with its own minute: the memory does not keep still.
  const readShare = (sample) => (rateOf(sample, metric) * sample.answer.bytesPerToken) / 1e9 / sample.readGigabytes;
  const gops = (sample) => (2 * rateOf(sample, metric) * sample.answer.macsPerToken) / 1e9;
  const measured = group.filter((sample) => rateOf(sample, metric) !== undefined);
  const work = metric === 'decode' ? { readShare: medianOf(measured, readShare) } : { gops: medianOf(measured, gops) };
  return { metric, shape, encoding, node, threads, ours, readGigabytes, work };
}

function peerRows(figure, find) {
  const { metric, shape, encoding, threads, readGigabytes } = figure;
  const theirs = COUNTERPART[encoding];
  const target = nativeTarget(metric, shape, encoding);
  const rows = [row(figure, `llama.cpp ${theirs}`, bestOf('llama.cpp', figure, find), target)];
  if (metric === 'decode') {
    const scaled = scaledDecode(shape, theirs, threads, readGigabytes);
    rows.push(row(figure, `llama-bench ${theirs}, scaled by memory`, scaled, target));
  }
  for (const { engine, label, counts } of BROWSER_RELEASES) {
    const peer = bestOf(engine, figure, find);
    rows.push(row(figure, `${label} ${theirs}`, peer, counts ? browserTarget(metric, encoding) : undefined));
  }
  return rows.filter(({ peer }) => peer !== null);
}

/**
 * The best of a peer's settings with up to as many threads as ours: two threads can be slower than one, and a row with
 * one thread is held against one. Undefined unless the peer was measured with as many as ours.
 */
function bestOf(engine, { metric, shape, encoding, threads }, find) {
  const value = (count) => medianOf(find({ engine, shape, encoding: COUNTERPART[encoding], threads: count }), metric);
  if (value(threads) === undefined) return undefined;
  const counts = Array.from({ length: threads }, (_, index) => index + 1);
  return Math.max(...counts.map(value).filter((one) => one !== undefined));
}

function olderNodeRows(figure, find, newest) {
  const { metric, threads } = figure;
  const group = find({ engine: 'mirust', ...figure, node: newest });
  const peer = medianOf(group, metric);
  return peer === undefined ? [] : [row(figure, `our own on Node ${newest}`, peer, olderNodeTarget(metric, threads))];
}

/** What is left of the rate at 2,048 positions, of the rate at 16; ours beside llama.cpp's. */
function farPositionRows({ shape, encoding, node, threads }, find) {
  // In one process each: what was measured in another minute is no part of the comparison.
  const share = (sample) => {
    const far = rateOf(sample, 'decodeFar');
    return far === undefined ? undefined : far / rateOf(sample, 'decode');
  };
  const theirs = COUNTERPART[encoding];
  const ours = medianOf(find({ engine: 'mirust', node, shape, encoding, threads }), share);
  const peer = medianOf(find({ engine: 'llama.cpp', shape, encoding: theirs, threads }), share);
  if (ours === undefined || peer === undefined) return [];
  const name = `decode at 2,048 of decode at 16, ${shape} ${encoding} / llama.cpp ${theirs}`;
  return [finish({ name, node, threads, ours, peer, target: FAR_POSITION_TARGET, unit: 'share' })];
}

function row({ metric, shape, encoding, node, threads, ours, work }, peerLabel, peer, target) {
  const name = `${METRIC_LABELS[metric]} ${shape} ${encoding} / ${peerLabel}`;
  return finish({ name, node, threads, ours, peer, target, unit: 'tokens/s', work });
}

/**
 * A row with its ratio, in the order of its fields. `better: 'lower'` marks those whose ratio must not pass the target.
 */
export function finish({ name, node, threads, ours, peer, target, unit, better, work }) {
  const ratio = peer === undefined ? null : ours / peer;
  return {
    name,
    node,
    threads,
    ours,
    peer: peer ?? null,
    ratio,
    target: target ?? null,
    unit,
    ...(better === undefined ? {} : { better }),
    ...work,
  };
}
