import { deepStrictEqual as equal } from 'node:assert/strict';
import { until } from '../../deploy/steps.ts';
import type { StrangerApp } from '../app.ts';

const PHOTO = 'P2\n4 4\n15\n0 1 2 3\n4 5 6 7\n8 9 10 11\n12 13 14 15\n';
const LIMIT_MS = 30_000;

export const s3Thumbnail: StrangerApp = {
  name: 's3-thumbnail',
  kind: 'Bucket whose photos get thumbnails',
  calls: {
    async 'a photo that is stored gets a thumbnail beside it'({ call }) {
      equal((await call('PUT', '/photos/my%20cat.pgm', { body: PHOTO })).status, 201);
      const thumbnail = () => call('GET', '/thumbnails/my%20cat.pgm');
      const { text } = await until('the thumbnail', LIMIT_MS, thumbnail, ({ status }) => status === 200);
      equal(text, 'P2\n2 2\n15\n0 2\n8 10\n');
    },
    async 'what has no thumbnail: 404'({ call }) {
      const { status, text } = await call('GET', '/thumbnails/dog.pgm');
      equal([status, text], [404, 'no thumbnails/dog.pgm']);
    },
    async 'what is no photo goes to the on-failure destination, with the reason'({ call, receives }) {
      await call('PUT', '/photos/notes.pgm', { body: 'milk, bread' });
      const [record = ''] = await receives('unreadable', 1);
      const { requestPayload, responsePayload } = JSON.parse(record);
      equal(requestPayload.Records[0].s3.object.key, 'photos/notes.pgm');
      equal(responsePayload.errorMessage, 'this is no portable graymap');
    },
  },
};
