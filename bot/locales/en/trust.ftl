# Who may use the bot, how much of it, and how it is run.

invited = You are in: somebody invited you to this bot.
invited-already = You are in already; the invitation is still good for somebody else.
invite-unknown = This invitation is used up or was closed: ask whoever gave it to you for a new one.
invite =
    { $count ->
        [one] This link lets one person in
       *[other] This link lets { $count } people in
    }: { $link }
    /revoke #{ NUMBER($number, useGrouping: 0) } closes it.
invite-how-many = Say how many people the link may let in, 1 to { $limit }, for example: /invite 5.
invite-open =
    Invitation #{ NUMBER($number, useGrouping: 0) } of { $since }: { $count ->
        [one] one more person
       *[other] { $count } more people
    }.
invite-closed = Invitation #{ NUMBER($number, useGrouping: 0) } is closed; who came by it stays.
invite-not-open = There is no open invitation #{ NUMBER($number, useGrouping: 0) }.
guest = { $name } · { $id } · since { $since }
people-none = Nobody has come by an invitation yet, and none is open. /invite makes one.
revoke-whom = Say whom to send off by their id, or which invitation to close, for example: /revoke 123456 or /revoke #1. /people lists both.
guest-gone = { $id } may not use the bot any more.
guest-unknown = There is no guest { $id }: /people lists them; who stands in HYPERBRIDGE_ALLOWED_USERS is taken out there.
admins-only = Only the bot's admins can do this.
admins-in-private = Ask me this in our private chat, where nobody else sees the answer.

limit-flood = Too much at once: I answer again in a few seconds.
limit-too-long = This is too long for me: send at most { $limit } characters.
limit-queue =
    { $limit ->
        [one] One scene of yours is being written
       *[other] { $limit } scenes of yours wait already
    }: send the next one when an answer has come.
limit-minute =
    { $limit ->
        [one] One scene
       *[other] { $limit } scenes
    } a minute is what I can do for one person: wait a moment.
limit-day =
    { $limit ->
        [one] One scene
       *[other] { $limit } scenes
    } a day is what I can do for one person: come again tomorrow.
limit-chat-day =
    { $limit ->
        [one] One scene
       *[other] { $limit } scenes
    } a day is what I can do for one group: come again tomorrow.
limit-heavy =
    { $limit ->
        [one] One export, import, map or measurement
       *[other] { $limit } exports, imports, maps and measurements
    } an hour is what I can do for one person: try again later.
job-aside = I tried three times to answer one of your messages and failed each time, so I have set it aside; please send it in another way.

env-exposed = { $path } can be read by others on this machine, and it holds secrets: chmod 600 { $path }
webhook-no-secret = A webhook needs a secret: set HYPERBRIDGE_WEBHOOK_SECRET to 16 or more random letters and digits.
port-taken = Port { $port } is taken by another program: choose another in the settings.
bot-left =
    { $count ->
        [one] One message is not answered yet
       *[other] { $count } messages are not answered yet
    }: the next start does it.

backup-done = { $path }: the whole archive, { $size }. It holds what people wrote: keep it as safe as the archive itself.
backup-failed = { $path } can't be written ({ $reason }): choose another place, or free some space.
backup-no-file = There is no file { $path }: say where the archive, or its copy, is.
restore-done = { $path } is as it was when the copy was made.
restore-old = What was there until now is in { $path }.
restore-damaged = { $path } is damaged, so the archive was left as it is: take another copy.
restore-in-use = { $path } is in use: stop the bot first.

doctor-env-exposed = Others on this machine can read it: chmod 600 { $path }
doctor-jobs = { $waiting } waiting, { $aside } set aside
doctor-jobs-aside = Jobs that failed three times are kept for a week: the log says why.
