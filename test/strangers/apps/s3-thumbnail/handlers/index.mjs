import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';

const s3 = new S3Client({ forcePathStyle: true });
const Bucket = process.env.BUCKET;

const read = async (Key) => (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body.transformToString();
const write = (Key, Body, ContentType) => s3.send(new PutObjectCommand({ Bucket, Key, Body, ContentType }));

/** Every second pixel of every second row of a portable graymap in text form (P2): no library is needed to read that. */
function half(text) {
  const [magic, width, height, max, ...pixels] = text.trim().split(/\s+/);
  if (magic !== 'P2') throw new Error('this is no portable graymap');
  const rows = Array.from({ length: height }, (_, y) => pixels.slice(y * width, (y + 1) * width));
  const kept = rows.filter((_, y) => y % 2 === 0).map((row) => row.filter((_, x) => x % 2 === 0));
  return `P2\n${kept[0].length} ${kept.length}\n${max}\n${kept.map((row) => row.join(' ')).join('\n')}\n`;
}

export const thumbnail = async ({ Records }) => {
  for (const { s3: told } of Records) {
    const key = decodeURIComponent(told.object.key.replaceAll('+', ' '));
    const small = half(await read(key));
    await write(key.replace('photos/', 'thumbnails/'), small, 'image/x-portable-graymap');
  }
};

export const files = async ({ requestContext, pathParameters: { key }, body, isBase64Encoded }) => {
  if (requestContext.http.method === 'PUT') {
    await write(key, Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'), 'image/x-portable-graymap');
    return { statusCode: 201 };
  }
  try {
    return { statusCode: 200, headers: { 'content-type': 'text/plain' }, body: await read(key) };
  } catch (error) {
    if (error.name !== 'NoSuchKey') throw error;
    return { statusCode: 404, body: `no ${key}` };
  }
};
