sandbox-instead = No Telegram token is set, so the bot runs on a chat page of this machine. To have it on Telegram, get a token from @BotFather and write TELEGRAM_BOT_TOKEN=… to .env.
