import type { OptionRule } from '../core/rules.ts';
import { kindOf } from './kind.ts';

/** What can be sent: text, bytes of any kind, or a form. */
export type FetchBody = string | ArrayBuffer | ArrayBufferView | URLSearchParams | null;

/** What else `fetch` takes, or users hand in, and what to hand in instead. */
const INSTEAD: Readonly<Record<string, string>> = {
  Blob: 'await blob.arrayBuffer()',
  File: 'await file.arrayBuffer()',
  FormData: 'await new Response(form).arrayBuffer() with the content-type of that Response',
  ReadableStream: 'the bytes of the stream, read to its end',
  SharedArrayBuffer: 'new Uint8Array(body).slice()',
  String: 'String(body)',
  Promise: 'await body',
};

const isBytes = (body: object): body is ArrayBuffer | ArrayBufferView =>
  ArrayBuffer.isView(body) || kindOf(body) === 'ArrayBuffer';

const bufferOf = (body: ArrayBuffer | ArrayBufferView): ArrayBufferLike =>
  ArrayBuffer.isView(body) ? body.buffer : body;

function insteadOf(body: unknown): string {
  if (typeof body !== 'object' || body === null) return 'String(body)';
  if (Symbol.asyncIterator in body) return INSTEAD['ReadableStream'] as string;
  return INSTEAD[kindOf(body)] ?? 'JSON.stringify(body)';
}

/** Names the kind of what cannot be sent and what to hand in instead, and never shows the value. */
export const bodyRule = (): OptionRule => (body) => {
  if (typeof body === 'string' || body === null) return undefined;
  if (typeof body === 'object' && (isBytes(body) || kindOf(body) === 'URLSearchParams')) {
    const isDetached = isBytes(body) && (bufferOf(body) as Partial<ArrayBuffer>).detached === true;
    return isDetached ? 'bytes, got a buffer that was transferred' : undefined;
  }
  return `text, bytes or URLSearchParams, got ${kindOf(body)}; hand in ${insteadOf(body)}`;
};

export interface ReadBody {
  readonly body: string | Uint8Array | undefined;
  /** What the kind of the body says of its content. */
  readonly contentType?: string;
}

/** The body as Node sends it. */
export function readBody(body: FetchBody | undefined): ReadBody {
  if (body === undefined || body === null) return { body: undefined };
  if (typeof body === 'string') return { body };
  if (!isBytes(body)) {
    return { body: body.toString(), contentType: 'application/x-www-form-urlencoded;charset=UTF-8' };
  }
  if (!ArrayBuffer.isView(body)) return { body: new Uint8Array(body) };
  return { body: new Uint8Array(body.buffer, body.byteOffset, body.byteLength) };
}
