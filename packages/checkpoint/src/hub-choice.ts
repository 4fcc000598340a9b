/** Which files of a model on the Hub are its weights. */
import { sanitizeText } from '@mirust/core';
import { hubError } from './hub-errors.ts';
import { formatHubName, type HubName } from './hub-name.ts';

/** What was chosen. */
interface Choice {
  /** Of the file; of a folder with a slash at its end, empty for the whole repository. */
  readonly path: string;
  /** Names of the files in its folder. */
  readonly names: readonly string[];
}

/** Characters of names that a message shows: what a terminal shows of a message. */
const MAX_LISTED_CHARACTERS = 240;

/** Chooses among all files of a model. Throws `HUB_CHOICE` or `HUB_NO_WEIGHTS`. */
export function chooseWeights(files: readonly string[], name: HubName): Choice {
  const root = namesIn(files, '');
  if (root.some((file) => file === 'model.safetensors' || file === 'model.safetensors.index.json')) {
    return { path: '', names: root };
  }
  const safetensors = root.filter((file) => /\.safetensors$/i.test(file));
  const candidates = safetensors.length > 0 ? safetensors : files.filter(isGguf);
  const [path] = candidates;
  if (path === undefined)
    throw hubError('HUB_NO_WEIGHTS', `${formatHubName(name)} has neither safetensors nor GGUF files`);
  if (candidates.length > 1) throw severalFiles(candidates, name);
  return { path, names: namesIn(files, path.slice(0, path.lastIndexOf('/') + 1)) };
}

/** Names of the files in a folder, without those below it. */
function namesIn(files: readonly string[], folder: string): string[] {
  return files.flatMap((file) => {
    const rest = file.slice(folder.length);
    return file.startsWith(folder) && !rest.includes('/') ? [rest] : [];
  });
}

/** A GGUF, or the first part of one. */
function isGguf(file: string): boolean {
  const part = /-(\d{5})-of-\d{5}\.gguf$/i.exec(file)?.[1];
  return part === undefined ? /\.gguf$/i.test(file) : part === '00001';
}

function severalFiles(candidates: readonly string[], name: HubName): Error {
  const shown: string[] = [];
  let characters = 0;
  for (const candidate of candidates) {
    const text = sanitizeText(candidate);
    characters += text.length + 2;
    if (characters > MAX_LISTED_CHARACTERS && shown.length > 0) break;
    shown.push(text);
  }
  const more = candidates.length - shown.length;
  const list = `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  const message = `${formatHubName(name)} has ${candidates.length} files to choose from: ${list}`;
  const remedy = `Name the file: ${formatHubName(name)}/${shown[0]}`;
  throw hubError('HUB_CHOICE', message, { actual: candidates.length, remedy });
}
