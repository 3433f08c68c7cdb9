import { leanStore } from '../../../lib/store/lean/index.ts';
import { wholeStack } from './whole-stack.ts';

export const handler = wholeStack(leanStore());
