#!/usr/bin/env node
/** mirust-run: generates, evaluates and tokenizes with a model of any format that we read. */
import { packageVersion, runProgram } from '@mirust/cli';
import { createProgram } from './program.ts';

await runProgram(createProgram(packageVersion(import.meta.url)));
