import type { Input } from './platform-seconds.ts';

/** Why SQS refuses a request or one entry of it. */
export interface SqsRefusal {
  readonly code: string;
  readonly message: string;
}

const MAX_ID_CHARACTERS = 128;
const MAX_DELAY_SECONDS = 900;
const MAX_VISIBILITY_SECONDS = 43_200;
/** The only form that there is on this machine. */
const RECEIPT_HANDLE = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

const invalid = (name: string, value: unknown, reason: string): SqsRefusal => ({
  code: 'InvalidParameterValue',
  message: `Value ${value} for parameter ${name} is invalid. Reason: ${reason}`,
});

function outOfRange(input: Input, name: string, max: number): SqsRefusal | undefined {
  const value = input[name];
  if (typeof value !== 'number' || (value >= 0 && value <= max)) return undefined;
  return invalid(name, value, `Must be between 0 and ${max}.`);
}

function tooLong(input: Input, name: string): SqsRefusal | undefined {
  const value = input[name];
  if (typeof value !== 'string' || (value.length > 0 && value.length <= MAX_ID_CHARACTERS)) return undefined;
  return invalid(name, value, `It must have 1 to ${MAX_ID_CHARACTERS} characters.`);
}

function badHandle({ ReceiptHandle: handle }: Input): SqsRefusal | undefined {
  if (typeof handle !== 'string' || RECEIPT_HANDLE.test(handle)) return undefined;
  return {
    code: 'ReceiptHandleIsInvalid',
    message: `The input receipt handle "${handle}" is not a valid receipt handle.`,
  };
}

/**
 * What SQS refuses and the engine takes, by the operation without `Batch`. Times are those of the caller.
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
export function refusalOf(operation: string, input: Input): SqsRefusal | undefined {
  switch (operation) {
    case 'SendMessage':
      return (
        outOfRange(input, 'DelaySeconds', MAX_DELAY_SECONDS) ??
        tooLong(input, 'MessageGroupId') ??
        tooLong(input, 'MessageDeduplicationId')
      );
    case 'DeleteMessage':
      return badHandle(input);
    case 'ChangeMessageVisibility':
      return badHandle(input) ?? outOfRange(input, 'VisibilityTimeout', MAX_VISIBILITY_SECONDS);
    default:
      return undefined;
  }
}
