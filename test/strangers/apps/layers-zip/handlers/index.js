const { greet } = require('greeting');

exports.handler = async () => greet('folder');
