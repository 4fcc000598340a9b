export * from './dtype-ids.ts';
export * from './errors.ts';
export * from './format.ts';
export { layoutSlm2, type Slm2Description, type Slm2Layout, type Slm2SectionPlace } from './layout.ts';
export { readSlm2 } from './read.ts';
export { type ReadDataOptions, readSlm2Data } from './read-data.ts';
export { formatStatistic, PENDING_SHA256, PENDING_STATISTIC, parseStatistic } from './statistic.ts';
export { openVerifiedData, verifySlm2Data } from './verified-data.ts';
export { createSlm2Writer, type Slm2Writer } from './write.ts';
