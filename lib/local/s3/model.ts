/** Where a bucket sends which of its events. */
export interface NotificationModel {
  readonly id: string;
  /** `s3:ObjectCreated:*` */
  readonly events: readonly string[];
  /** A function, a queue or a topic. */
  readonly targetArn: string;
  readonly prefix: string;
  readonly suffix: string;
}

/** Pages of which origins may do what with objects. The first rule that fits counts. */
export interface CorsRule {
  /** `https://app.example`; one `*` stands for any text. */
  readonly allowedOrigins: readonly string[];
  /** `PUT` */
  readonly allowedMethods: readonly string[];
  /** Of preflight requests; one `*` stands for any text. */
  readonly allowedHeaders: readonly string[];
  readonly exposedHeaders: readonly string[];
  readonly maxAgeSeconds: number | undefined;
}

export interface BucketModel {
  readonly logicalId: string;
  readonly name: string;
  readonly notifications: readonly NotificationModel[];
  /** Whether the default bus gets its events too. */
  readonly eventBridge: boolean;
  readonly cors: readonly CorsRule[];
}

/** What has become of an object. */
export interface ObjectChange {
  readonly bucket: string;
  readonly key: string;
  readonly name:
    | 'ObjectCreated:Put'
    | 'ObjectCreated:Copy'
    | 'ObjectCreated:Post'
    | 'ObjectCreated:CompleteMultipartUpload'
    | 'ObjectRemoved:Delete';
  /** Bytes; undefined for one that is gone. */
  readonly size?: number;
  /** Without quotes. */
  readonly eTag?: string;
}
