export const hello = (event, _context, callback) =>
  callback(null, `hello ${event.pathParameters.name}${event.queryStringParameters?.mark ?? ''}`);

export const sum = async ({ body, isBase64Encoded }) => {
  const text = isBase64Encoded ? Buffer.from(body, 'base64').toString() : body;
  return { sum: JSON.parse(text).reduce((all, one) => all + one, 0) };
};

export const broken = async () => {
  throw new Error('broken on purpose');
};
