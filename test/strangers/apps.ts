import type { StrangerApp } from './app.ts';
import { eventRules } from './calls/event-rules.ts';
import { httpApi } from './calls/http-api.ts';
import { jwt } from './calls/jwt.ts';
import { layersZip } from './calls/layers-zip.ts';
import { plainTemplate } from './calls/plain-template.ts';
import { restApi } from './calls/rest-api.ts';
import { s3Thumbnail } from './calls/s3-thumbnail.ts';
import { snsFanOut } from './calls/sns-fan-out.ts';
import { sqsDlq } from './calls/sqs-dlq.ts';
import { streamFilter } from './calls/stream-filter.ts';
import { streaming } from './calls/streaming.ts';
import { twoStacks } from './calls/two-stacks.ts';

export const APPS: readonly StrangerApp[] = [
  ...[restApi, httpApi, sqsDlq, snsFanOut, eventRules, s3Thumbnail],
  ...[twoStacks, plainTemplate, streaming, jwt, layersZip, streamFilter],
];
