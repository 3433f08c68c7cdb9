exports.handler = async () => `${process.env.GREETING}${process.env.MARK}`;
