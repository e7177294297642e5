# The archive: what happened, and what to do about it.

archive-is-folder = { $path } is a folder, not a file: name the archive's file itself (setting HYPERBRIDGE_DB, option --db).
archive-no-folder = The folder for the archive { $path } can't be made or entered ({ $reason }): check the path and your rights to it, or choose another with --db.
archive-cannot-open = The archive { $path } can't be opened: check that its folder exists and that you may write there, or choose another file with --db.
archive-not-a-database = { $path } is not an archive: it was left untouched; choose another file with --db, or restore this one from a copy.
archive-damaged = The archive { $path } is damaged ({ $reason }): stop HyperBridge, set the file aside together with any -wal and -shm files beside it, and restore a copy, or save what can be read with “sqlite3 FILE .recover”.
archive-foreign = { $path } is a database of another program and was left untouched: choose another file with --db.
archive-newer = The archive { $path } was made by a newer version of HyperBridge: update HyperBridge, or choose another file with --db.
archive-read-only = The archive { $path } can only be read, so nothing was changed: allow writing to the file and its folder, or copy it to a place where you may write.
archive-unmerged = The archive { $path } lies in a read-only place with its newest scenes still in the -wal file beside it: copy both files to a folder where you may write and open the copy.
archive-disk-full = The disk that holds the archive { $path } is full, so nothing new was kept and nothing was lost: free some space and try again.
archive-busy = Another program has held the archive { $path } for more than { $seconds } s: wait for it to finish, or close it, and try again.
archive-failed = The archive { $path } could not be used ({ $reason }): check the disk and the file, then try again.
archive-bad-text = The text has characters that can't be stored (broken Unicode), so nothing was kept: send it again as plain UTF-8.
archive-scene-gone = { $code } is no longer in the archive, so the text was not kept: send the scene again.
archive-words-full = “{ $word }” was not learnt: there are { $limit } words of your own already, as many as fit; unteach one that you don't need.
archive-line-not-json = This is no line of JSON.
archive-line-neither = The line has neither a scene ("source") nor a word ("word").
archive-line-wrong = The field “{ $name }” is not as “hyperbridge archive export” writes it.
archive-index-stuck = Codes of forgotten scenes in { $path } can't be removed ({ $reason }), so nothing was forgotten: allow writing to that file and its folder, or delete it (it is made again by itself), and try again.
