// Starts telegram-test-api, a Bot API emulator by other people, on the port given; says so; runs until killed.
const TelegramServer = require('telegram-test-api');

const server = new TelegramServer({host: '127.0.0.1', port: Number(process.argv[2])});
server.start().then(() => console.log('listening'));
