interface FormRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

/**
 * The key that the form of a page names, in which `${filename}` is that of its file; undefined where there is no form.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
 */
export function keyOfForm({ headers, body }: FormRequest): string | undefined {
  if (!/multipart\/form-data/i.test(String(headers['content-type']))) return undefined;
  // Bytes that are no text are in the file, which comes last.
  const form = Buffer.isBuffer(body) ? body.toString('utf8') : String(body);
  const key = /name="key"(?:\r\n[^\r\n]+)*\r\n\r\n(.*?)\r\n--/s.exec(form)?.[1];
  const file = /name="file";\s*filename="([^"]*)"/.exec(form)?.[1] ?? '';
  return key?.replaceAll('${filename}', () => file);
}
