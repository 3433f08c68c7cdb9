/** Something that is sent to a resource of the template. */
export interface Message {
  readonly body: string;
  /** String attributes, for a queue. Other targets ignore them. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** For a FIFO queue. */
  readonly messageGroupId?: string;
}

/** What became of it. Accepted means that it is the target's from now on, not that it is done. */
export type Handover =
  | { readonly kind: 'accepted' }
  | {
      readonly kind: 'refused';
      readonly code: string;
      readonly message: string;
      readonly retryable: boolean;
    };

/** Hands a message to a function (as an asynchronous invocation), a queue or an event bus, by its ARN. Never rejects. */
export type HandOver = (arn: string, message: Message) => Promise<Handover>;
