/** An attribute of a message, as SNS and SQS have it. */
export interface MessageAttribute {
  readonly DataType: string;
  readonly StringValue?: string;
  /** Base64. */
  readonly BinaryValue?: string;
}

/** Something that is sent to a resource of the template. */
export interface Message {
  readonly body: string;
  /** Attributes, for a queue; a text is one of the type `String`. Other targets ignore them. */
  readonly attributes?: Readonly<Record<string, string | MessageAttribute>>;
  /** For an event bus: what the event is whose detail the body is. Without it the body is an event itself. */
  readonly event?: {
    readonly source: string;
    readonly detailType: string;
    readonly resources: readonly string[];
  };
  /** For a FIFO queue. */
  readonly messageGroupId?: string;
  readonly messageDeduplicationId?: string;
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

/** Hands a message to a function (as an asynchronous invocation), a queue, a topic or an event bus, by its ARN. Never rejects. */
export type Dispatch = (arn: string, message: Message) => Promise<Handover>;
