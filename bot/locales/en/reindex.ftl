# Signatures that are missing, and making them anew.

archive-unsigned =
    { $count ->
        [one] One scene has no signature by the embedder in use and can't be found by meaning: run “hyperbridge archive reindex”.
       *[other] { $count } scenes have no signature by the embedder in use and can't be found by meaning: run “hyperbridge archive reindex”.
    }
recall-unsigned =
    { $count ->
        [one] One more scene here can be found by its words and code only, until the owner of the bot reindexes the archive.
       *[other] { $count } scenes here can be found by their words and codes only, until the owner of the bot reindexes the archive.
    }
reindex-done =
    { $count ->
        [0] Every scene has its signature by { $embedder }.
        [one] One scene was signed by { $embedder }.
       *[other] { $count } scenes were signed by { $embedder }.
    }{ $left ->
        [0] {""}
       *[other] { "" } Scenes that came meanwhile: { $left }; run it again.
    }
reindex-stopped = Stopped: { $count } scenes were signed by { $embedder }, { $left } are left; run it again to go on.
