sandbox-instead = Токен Telegram не задан, поэтому бот работает на странице этой машины. Чтобы он был в Telegram, получите токен у @BotFather и запишите TELEGRAM_BOT_TOKEN=… в .env.
