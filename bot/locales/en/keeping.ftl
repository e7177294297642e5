# What a chat does with its own archive: sharing, forgetting, taking out and in.

shared =
    { $code } ({ $mnemonic }) can now be copied by whoever has this link, with all its texts:
    { $link }
    /unshare { $code } closes its links; copies that were taken by then stay.
shares-found = Open links lead to:
shares-line = { $code } · { $mnemonic } · links: { $count } · since { $since }
shares-none = No scene of this chat is shared. To share one: /share SCN-1.
unshared =
    { $count ->
        [0] There was no link to { $code }.
        [one] The link to { $code } is closed.
       *[other] { $count } links to { $code } are closed.
    }
share-unknown = There is no such link, or it was closed: ask for a new one.
share-taken =
    A scene from a link is now yours: { $mnemonic }, here { $code }{ $count ->
        [0] , without texts yet.
        [one] , with one text.
       *[other] , with { $count } texts.
    }
share-added = You have this scene already, as { $code } ({ $mnemonic }); new to it: { $count }.
share-known = You have this scene already, with all its texts: { $code } ({ $mnemonic }).
keeping-needs-code = Write the scene's code after the command, for example SCN-1, or answer one of my texts with it.
keeping-not-here = The scene { $mnemonic } is not in this chat's archive.
forget-scene = Forget { $code } ({ $mnemonic }) for good? Its texts ({ $count }), its signature and its links go too. It can't be undone; /export saves everything first.
forget-everything = Forget this chat's whole archive for good? Scenes: { $scenes }, texts: { $texts }, words of your own: { $words }, and all links. It can't be undone; /export saves everything first.
forget-changed = Something has been kept or forgotten since you were asked, so nothing was done: send /forget all again.
forget-not-yours = Only the one who asked can answer.
forget-kept = Nothing was forgotten.
forgotten-scene = { $code } is forgotten and wiped from the archive. Messages in this chat and copies that others took by a link are not mine to delete.
forgotten-everything = Everything is forgotten and wiped from the archive (scenes: { $count }). Messages in this chat and copies that others took by a link are not mine to delete.
forget-unwiped = It is forgotten and nobody can find it, but its bytes could not be wiped from { $path } yet ({ $reason }): that is done when the archive is opened the next time, or with the next /forget.
export-caption = Everything that this chat has kept: the .jsonl for machines (send it to me, and I take it in again), the .html to be read.
import-too-large = I can fetch no file above { $limit } MB: send it in parts, or use “hyperbridge archive import”.
import-line-too-long = the line is longer than { $limit } MiB.
import-more = Other lines that were not taken in: { $count }.
page-title = Scenes and their texts
page-empty = Nothing has been kept yet.
button-forget = Forget for good
button-keep = Keep
command-share = let others copy a scene
command-shares = which scenes are shared
command-unshare = close a scene's links
command-forget = forget a scene for good
command-export = everything of this chat as files
