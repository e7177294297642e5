# What /cancel stops.

command-cancel = stop what you asked for

stopped = Stopped: { $what }.
stopped-writing =
    { $count ->
        [one] one text that was being written
       *[other] { $count } texts that were being written
    }
stopped-waiting =
    { $count ->
        [one] one scene that waited
       *[other] { $count } scenes that waited
    }
stopped-measuring =
    { $count ->
        [one] one measurement
       *[other] { $count } measurements
    }
stopped-nothing = Nothing of yours is going on here.

measuring-elsewhere = A measurement of yours is under way in another chat: wait for it, or /cancel it there.
measuring-full =
    { $count ->
        [one] One measurement waits
       *[other] { $count } measurements wait
    } already, and each takes minutes: try again later.
limit-chat-heavy =
    { $limit ->
        [one] One export, import, map or measurement
       *[other] { $limit } exports, imports, maps and measurements
    } an hour is what I can do for one group: try again later.
