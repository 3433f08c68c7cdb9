import { dynamoStore } from '../../../lib/store/index.ts';
import { wholeStack } from './whole-stack.ts';

export const handler = wholeStack(dynamoStore());
